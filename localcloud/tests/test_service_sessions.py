"""A role that an AWS service assumes: which service gets it, and what its session may."""

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import OTHER_ACCOUNT, REGION, Connect
from localcloud.tests.github_roles import NAMES
from localcloud.tests.statements import allow, text, trusts

HOME, SERVICE = "771100004444", "ecs-tasks.amazonaws.com"


@pytest.fixture(scope="session")
def role(cloud: LocalCloud, connect: Connect) -> str:
    """One that Amazon ECS takes for tasks of its account, and that may describe repositories."""
    source = {"StringEquals": {"aws:SourceAccount": HOME}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:*:*"}}
    trust = text(trusts({"Service": SERVICE}, Condition=source))
    iam, name = connect(cloud, "iam", HOME), next(NAMES)
    made = iam.create_role(RoleName=name, Path="/own/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=text(allow("ecr:DescribeRepositories")))
    return str(made)


def source(account: str = HOME, service: str = "ecs") -> str:
    return f"arn:aws:{service}:{REGION}:{account}:cluster/any"


def test_the_service_has_what_the_role_has(cloud: LocalCloud, connect: Connect, role: str) -> None:
    given = cloud.service_session(SERVICE, role, source(), HOME)
    assert given is not None
    ecr = connect(cloud, "ecr", credentials=given)
    assert ecr.describe_repositories()["repositories"] == []
    with pytest.raises(ClientError, match=r"AccessDenied.*assumed-role/.*/rehearsal is not authorized"):
        ecr.get_authorization_token()
    caller = connect(cloud, "sts", credentials=given).get_caller_identity()
    assert caller["Arn"].startswith(f"arn:aws:sts::{HOME}:assumed-role/{role.rpartition('/')[2]}/")


def test_no_other_service_or_source_has_it(cloud: LocalCloud, role: str) -> None:
    assert cloud.service_session("lambda.amazonaws.com", role, source(), HOME) is None
    assert cloud.service_session(SERVICE, role, source(OTHER_ACCOUNT), OTHER_ACCOUNT) is None
    assert cloud.service_session(SERVICE, role, source(service="lambda"), HOME) is None
    assert cloud.service_session(SERVICE, role.replace("/own/", "/"), source(), HOME) is None
