"""What a session by a GitHub token may do: push where its role lets it, and nothing beyond."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.iam.actions import LOGIN_ACTION, PUSH_ACTIONS
from localcloud.cloud import LocalCloud
from localcloud.tests.cases import cases
from localcloud.tests.clouds import REGION, Connect, logged_in
from localcloud.tests.github_roles import HOME, NAMES, Roles, by_token
from localcloud.tests.statements import allow, text
from oci.client import Refused
from oci.image import image

MINE, OTHERS = "web/mine", "web/others"
REFUSED = "refused"
REPOSITORY = f"arn:aws:ecr:{REGION}:{HOME}:repository"


@pytest.fixture(scope="session")
def roles(cloud: LocalCloud, connect: Connect) -> Roles:
    made = Roles(cloud, connect)
    made.vouch()
    for name in (MINE, OTHERS):
        connect(cloud, "ecr", HOME).create_repository(repositoryName=name)
    return made


def publisher(roles: Roles, **more: Any) -> str:
    """A role that may log in, and push to one repository."""
    role = roles.make(**more)
    let = text(allow(LOGIN_ACTION), allow(*PUSH_ACTIONS, resource=f"{REPOSITORY}/{MINE}"))
    roles.iam().put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="push", PolicyDocument=let)
    return role


def managed(roles: Roles, *actions: str) -> str:
    made = roles.iam().create_policy(PolicyName=next(NAMES), PolicyDocument=text(allow(*actions)))
    return str(made["Policy"]["Arn"])


def push(roles: Roles, given: Mapping[str, Any], repository: str = MINE) -> str:
    """The digest, or how it was refused."""
    with logged_in(roles.connect(roles.cloud, "ecr", credentials=given["Credentials"])) as client:
        try:
            return client.push(repository, image(next(NAMES)), "v1")
        except Refused as refusal:
            return REFUSED if refusal.status == HTTPStatus.FORBIDDEN else str(refusal)


def test_a_publisher_pushes_to_its_repository_and_to_no_other(roles: Roles) -> None:
    given = roles.assume(publisher(roles))
    digest = push(roles, given)
    (found,) = roles.connect(roles.cloud, "ecr", HOME).describe_images(repositoryName=MINE)["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (digest, ["v1"])
    assert push(roles, given, OTHERS) == REFUSED


def test_the_session_is_known_to_the_control_plane_and_to_itself(roles: Roles) -> None:
    given = roles.assume(publisher(roles))
    caller = roles.connect(roles.cloud, "sts", credentials=given["Credentials"]).get_caller_identity()
    assert (caller["Account"], caller["Arn"]) == (HOME, given["AssumedRoleUser"]["Arn"])
    assert caller["UserId"] == given["AssumedRoleUser"]["AssumedRoleId"]
    ecr = roles.connect(roles.cloud, "ecr", credentials=given["Credentials"])
    assert ecr.batch_get_image(repositoryName=MINE, imageIds=[{"imageTag": "nothing"}])["failures"]
    with pytest.raises(ClientError, match="AccessDeniedException") as refused:
        ecr.delete_repository(repositoryName=MINE)
    assert given["AssumedRoleUser"]["Arn"] in str(refused.value)


def test_the_boundary_holds(roles: Roles) -> None:
    bound = publisher(roles, PermissionsBoundary=managed(roles, LOGIN_ACTION, *(set(PUSH_ACTIONS) - {"ecr:PutImage"})))
    assert push(roles, roles.assume(bound)) == REFUSED
    free = publisher(roles, PermissionsBoundary=managed(roles, LOGIN_ACTION, *PUSH_ACTIONS))
    assert push(roles, roles.assume(free)).startswith("sha256:")


def test_session_policies_narrow_it(roles: Roles) -> None:
    role = publisher(roles)
    narrow = text(allow(LOGIN_ACTION, "ecr:BatchGetImage"))
    assert push(roles, roles.assume(role, Policy=narrow)) == REFUSED
    assert push(roles, roles.assume(role, PolicyArns=[{"arn": managed(roles, LOGIN_ACTION)}])) == REFUSED
    wide = managed(roles, LOGIN_ACTION, *PUSH_ACTIONS)
    assert push(roles, roles.assume(role, PolicyArns=[{"arn": wide}])).startswith("sha256:")
    assert push(roles, roles.assume(role, Policy=text(allow("*"))), OTHERS) == REFUSED


def test_session_policies_that_can_not_be_read_are_refused(roles: Roles) -> None:
    role = publisher(roles)
    assert roles.refused(role, Policy="{}")[:2] == ("MalformedPolicyDocument", 400)
    nowhere = f"arn:aws:iam::{HOME}:policy/nothing-of-the-kind"
    assert roles.refused(role, PolicyArns=[{"arn": nowhere}])[0] == "NoSuchEntity"


def test_a_session_ends(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    given = roles.assume(publisher(roles))["Credentials"]
    keys = roles.cloud._callers._keys
    assert keys[given["AccessKeyId"]].expires == given["Expiration"]
    ended = replace(keys[given["AccessKeyId"]], expires=datetime.now(UTC) - timedelta(seconds=1))
    monkeypatch.setitem(keys, given["AccessKeyId"], ended)
    for service, call in (("ecr", "get_authorization_token"), ("sts", "get_caller_identity")):
        with pytest.raises(ClientError, match="ExpiredTokenException"):
            getattr(roles.connect(roles.cloud, service, credentials=given), call)()


@cases("changed", "SecretAccessKey", "SessionToken")
def test_half_of_a_sessions_secrets_are_no_session(roles: Roles, changed: str) -> None:
    given = {**roles.assume(publisher(roles))["Credentials"], changed: "of-another"}
    for service, call in (("ecr", "get_authorization_token"), ("sts", "get_caller_identity")):
        with pytest.raises(ClientError, match=r"InvalidSignatureException|UnrecognizedClientException"):
            getattr(roles.connect(roles.cloud, service, credentials=given), call)()


def test_a_role_that_is_gone_leaves_a_session_that_may_nothing(roles: Roles) -> None:
    role = publisher(roles)
    given, name = roles.assume(role), role.rpartition("/")[2]
    roles.iam().delete_role_policy(RoleName=name, PolicyName="push")
    roles.iam().delete_role(RoleName=name)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        logged_in(roles.connect(roles.cloud, "ecr", credentials=given["Credentials"]))


@cases("service, call", ("iam", "list_roles"), ("kms", "list_keys"), ("s3", "list_buckets"))
def test_no_other_service_knows_the_session(roles: Roles, service: str, call: str) -> None:
    role, let = publisher(roles), text(allow("iam:*", "kms:*", "s3:*"))
    roles.iam().put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="all", PolicyDocument=let)
    client = roles.connect(roles.cloud, service, credentials=roles.assume(role)["Credentials"])
    with pytest.raises(ClientError, match=r"security token included in the request is invalid|InvalidAccessKeyId"):
        getattr(client, call)()


def test_the_emulator_still_answers_for_its_own(roles: Roles) -> None:
    assert roles.connect(roles.cloud, "sts", HOME).get_caller_identity()["Arn"] == f"arn:aws:iam::{HOME}:root"


def test_a_signed_call_is_answered_alike_and_names_its_region(roles: Roles, connect: Connect) -> None:
    like = {"token.actions.githubusercontent.com:sub": "repo:acme/payments-api:*"}
    role = roles.make(by_token({"StringLike": like, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    assert roles.refused(role)[0] == "AccessDenied"
    sts = connect(roles.cloud, "sts", HOME, "eu-west-1")
    sts.meta.events.register_first("choose-signer.sts.AssumeRoleWithWebIdentity", lambda **_: "v4")
    given = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="run-7", WebIdentityToken=roles.token())
    assert given["Credentials"]["AccessKeyId"].startswith("ASIA")
