"""Who calls ECR: identities learned from the answers that pass by, with the policies that the emulator knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.iam.access import Caller, Request
from domain.iam.document import parse
from domain.iam.evaluate import request_context
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, Connect, Door, fetch
from localcloud.tests.statements import allow, text, trusts

NAMES = iter(range(1000))
TRUST = text(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole", "sts:TagSession"))


def _policy(*actions: str, resource: str = "*") -> str:
    return text(allow(*actions, resource=resource))


@pytest.fixture
def name() -> str:
    return f"name-{next(NAMES)}"


@pytest.fixture
def iam(door: Door, connect: Connect) -> Any:
    return connect(door[0], "iam")


@pytest.fixture
def role(iam: Any, name: str) -> str:
    return str(iam.create_role(RoleName=name, Path="/delivery/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])


def _assumed(door: Door, connect: Connect, role: str, **more: Any) -> dict[str, Any]:
    """The credentials of a session."""
    answer = connect(door[0], "sts").assume_role(RoleArn=role, RoleSessionName="session", **more)
    return dict(answer["Credentials"])


def _seen(door: Door, connect: Connect, credentials: dict[str, Any]) -> Caller:
    cloud, recorder = door
    recorder.calls.clear()
    connect(cloud, "ecr", credentials=credentials).describe_repositories()
    return recorder.calls[-1][2].caller


def test_a_session_has_its_role_with_its_path_its_policies_and_its_boundary(
    door: Door, connect: Connect, iam: Any, role: str, name: str
) -> None:
    iam.put_role_policy(RoleName=name, PolicyName="push", PolicyDocument=_policy("ecr:PutImage"))
    managed = iam.create_policy(PolicyName=f"{name}-pull", Path="/teams/", PolicyDocument=_policy("ecr:BatchGetImage"))
    iam.attach_role_policy(RoleName=name, PolicyArn=managed["Policy"]["Arn"])
    boundary = iam.create_policy(PolicyName=f"{name}-boundary", PolicyDocument=_policy("ecr:*"))
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary["Policy"]["Arn"])
    narrowed = _policy("ecr:PutImage", resource="arn:aws:ecr:us-east-1:111122223333:repository/a")
    tags = [{"Key": "team", "Value": "payments"}, {"Key": "stage", "Value": "prod"}]

    assumed = _assumed(door, connect, role, Policy=narrowed, PolicyArns=[{"arn": managed["Policy"]["Arn"]}], Tags=tags)
    caller = _seen(door, connect, assumed)

    identity = caller.identity
    assert identity.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"
    assert (identity.role_arn, identity.account) == (f"arn:aws:iam::{ACCOUNT}:role/delivery/{name}", ACCOUNT)
    assert [each.name for each in identity.session_policies] == ["session policy", f"{name}-pull"]
    assert identity.session_policies[0].document == parse(narrowed)
    tagged = {"aws:PrincipalTag/team": ("payments",), "aws:PrincipalTag/stage": ("prod",)}
    assert tagged.items() <= identity.session_context.items()
    assert [each.name for each in caller.policies] == ["push", f"{name}-pull"]
    assert caller.policies[0].document == parse(_policy("ecr:PutImage"))
    assert caller.boundary is not None
    assert (caller.boundary.name, caller.boundary.document) == (f"{name}-boundary", parse(_policy("ecr:*")))


def test_managed_policies_alone_narrow_a_session_too(door: Door, connect: Connect, role: str) -> None:
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assumed = _assumed(door, connect, role, PolicyArns=[{"arn": administrator}])
    policies = _seen(door, connect, assumed).identity.session_policies
    assert [each.name for each in policies] == ["AdministratorAccess"]


def test_a_changed_policy_counts_at_the_next_call(door: Door, connect: Connect, iam: Any, role: str, name: str) -> None:
    credentials = _assumed(door, connect, role)
    assert _seen(door, connect, credentials).policies == ()
    for document in (_policy("ecr:PutImage"), _policy("ecr:ListImages")):
        iam.put_role_policy(RoleName=name, PolicyName="push", PolicyDocument=document)
        assert [each.document for each in _seen(door, connect, credentials).policies] == [parse(document)]
    iam.delete_role_policy(RoleName=name, PolicyName="push")
    assert _seen(door, connect, credentials).policies == ()
    iam.delete_role(RoleName=name)
    assert _seen(door, connect, credentials).policies == ()


def _issued(caller: Caller) -> datetime:
    (moment,) = caller.identity.session_context["aws:TokenIssueTime"]
    return datetime.fromisoformat(moment)


def test_a_session_knows_since_when_it_is_and_a_users_is_the_user(
    door: Door, connect: Connect, iam: Any, role: str, name: str
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    session = _assumed(door, connect, role)
    assert before <= _issued(_seen(door, connect, session)) <= datetime.now(UTC)
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=_policy("*"))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    known = _seen(door, connect, key).identity.session_context
    assert known == {"aws:userid": (iam.get_user(UserName=name)["User"]["UserId"],)}
    seen = _seen(door, connect, connect(door[0], "sts", credentials=key).get_session_token()["Credentials"])
    assert before <= _issued(seen) <= datetime.now(UTC)
    assert seen.identity.arn == arn


def test_a_role_and_a_user_bring_their_own_tags(door: Door, connect: Connect, iam: Any, role: str, name: str) -> None:
    iam.tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": "prod"}])
    session = _assumed(door, connect, role, Tags=[{"Key": "team", "Value": "payments"}])
    caller = _seen(door, connect, session)
    assert caller.tags == {"team": "web", "stage": "prod"}
    context = request_context(caller, Request(action="ecr:PutImage", resource="*", account=ACCOUNT))
    assert (context["aws:principaltag/team"], context["aws:principaltag/stage"]) == (("payments",), ("prod",))
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "payments"}])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert _seen(door, connect, key).tags == {"team": "payments"}
    iam.untag_user(UserName=name, TagKeys=["team"])
    assert _seen(door, connect, key).tags == {}


def test_an_incomplete_arn_is_completed_in_an_identity_policy_alone(
    door: Door, connect: Connect, iam: Any, role: str, name: str
) -> None:
    written, complete = (_policy("ecr:*", resource=each) for each in ("arn:aws:ecr", "arn:aws:ecr:*:*:*"))
    managed = iam.create_policy(PolicyName=f"{name}-managed", PolicyDocument=written)["Policy"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=written)
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=managed)
    caller = _seen(door, connect, _assumed(door, connect, role))
    assert caller.boundary is not None
    assert {each.document for each in (*caller.policies, caller.boundary)} == {parse(complete)}
    with pytest.raises(ClientError, match="the session policy can't be read"):
        _assumed(door, connect, role, Policy=written)


def test_a_key_that_has_ended_is_forgotten_with_the_next_one(door: Door, connect: Connect, role: str) -> None:
    keys = door[0]._callers._keys
    old, lasting = (_assumed(door, connect, role)["AccessKeyId"] for _ in range(2))
    keys[old] = replace(keys[old], expires=datetime.now(UTC) - timedelta(seconds=1))
    new = _assumed(door, connect, role)["AccessKeyId"]
    assert old not in keys
    assert {lasting, new} <= keys.keys()


def test_a_managed_policys_default_version_counts(door: Door, connect: Connect, iam: Any, role: str, name: str) -> None:
    arn = iam.create_policy(PolicyName=name, PolicyDocument=_policy("ecr:PutImage"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_policy("ecr:ListImages"), SetAsDefault=False)
    credentials = _assumed(door, connect, role)
    assert [each.document for each in _seen(door, connect, credentials).policies] == [parse(_policy("ecr:PutImage"))]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_policy("ecr:TagResource"), SetAsDefault=True)
    assert [each.document for each in _seen(door, connect, credentials).policies] == [parse(_policy("ecr:TagResource"))]


def test_a_user_has_its_own_policies_and_its_groups(door: Door, connect: Connect, iam: Any, name: str) -> None:
    arn = iam.create_user(UserName=name, Path="/people/")["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_policy("ecr:ListImages"))
    iam.create_group(GroupName=f"{name}-group")
    iam.put_group_policy(GroupName=f"{name}-group", PolicyName="of group", PolicyDocument=_policy("ecr:PutImage"))
    iam.attach_group_policy(GroupName=f"{name}-group", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    iam.add_user_to_group(GroupName=f"{name}-group", UserName=name)
    caller = _seen(door, connect, iam.create_access_key(UserName=name)["AccessKey"])
    assert caller.identity.arn == arn == f"arn:aws:iam::{ACCOUNT}:user/people/{name}"
    assert (caller.identity.role_arn, caller.boundary) == (None, None)
    assert [each.name for each in caller.policies] == ["own", "of group", "PowerUserAccess"]


def test_a_key_that_is_off_or_gone_opens_nothing(door: Door, connect: Connect, iam: Any, name: str) -> None:
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    about = {"UserName": name, "AccessKeyId": key["AccessKeyId"]}
    for off in (True, False):
        iam.update_access_key(**about, Status="Active")
        assert _seen(door, connect, key).identity.account == ACCOUNT
        iam.update_access_key(**about, Status="Inactive") if off else iam.delete_access_key(**about)
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            _seen(door, connect, key)


def test_a_role_of_another_account_belongs_there(door: Door, connect: Connect, name: str) -> None:
    other = connect(door[0], "iam", OTHER_ACCOUNT)
    arn = other.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    other.put_role_policy(RoleName=name, PolicyName="pull", PolicyDocument=_policy("ecr:BatchGetImage"))
    caller = _seen(door, connect, _assumed(door, connect, arn))
    assert caller.identity.account == OTHER_ACCOUNT
    assert [each.name for each in caller.policies] == ["pull"]


def test_an_accounts_organization_is_its_callers(door: Door, connect: Connect) -> None:
    door[0].join("999988887777", "o-a1b2c3d4e5")
    key = {"AccessKeyId": "999988887777", "SecretAccessKey": "anything"}
    assert _seen(door, connect, key).organization == "o-a1b2c3d4e5"
    assert _seen(door, connect, {**key, "AccessKeyId": ACCOUNT}).organization is None


def test_a_document_that_iam_would_refuse_is_named(
    door: Door, connect: Connect, iam: Any, role: str, name: str
) -> None:
    condition = {"StringMatches": {"aws:PrincipalTag/team": "payments"}}  # an operator that the emulator doesn't check
    credentials = _assumed(door, connect, role)
    broken = text(allow("ecr:*", Condition=condition))
    iam.put_role_policy(RoleName=name, PolicyName="broken", PolicyDocument=broken)
    with pytest.raises(ClientError, match=f"the policy broken of role {name} in {ACCOUNT} can't be read"):
        _seen(door, connect, credentials)


def test_urls_open_without_a_signature_only_where_the_emulator_describes_itself(door: Door) -> None:
    assert fetch(f"{door[0].endpoint}/_ministack/health").status == 200
    assert fetch(f"{door[0].endpoint}/_ministack/reset", method="POST").status == 400
