"""The bootstrap of an account that only holds replicas: one role there, for the home account's deployment alone."""

from typing import Any

import pytest

from domain.iam.access import Caller, Identity, Outcome, Request
from domain.iam.evaluate import evaluate
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped, Full, granted, refused
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, DeployedAccount, fill_in
from tests.bootstrap.world import World
from tests.cases import cases


@pytest.fixture
def there(template: dict[str, Any], bootstrapped: Bootstrapped, full: Full) -> DeployedAccount:
    (registry,) = full.settings.other_account_replicas
    return fill_in(
        template,
        registry.account,
        registry.region,
        Stack=bootstrapped.stack,
        GitHubOwner="acme",
        GitHubRepository="container-registry",
        Regions=registry.region,
        EnhancedScanning=str(full.settings.scanning.scan_type.value == "ENHANCED").lower(),
        HomeDeployRole=bootstrapped.account.role_arn(DEPLOY),
        HomeDestroyRole=bootstrapped.account.role_arn(DESTROY),
    )


def test_nothing_else_is_made(there: DeployedAccount) -> None:
    destroy = {"DestroyRole", "DestroyLimits"}
    assert set(there.resources) == {"DeployRole", "DeployLimits", "DeployMonitoring", "Reads", *destroy}
    assert there.outputs == {"DeployRoleArn": there.role_arn(DEPLOY), "DestroyRoleArn": there.role_arn(DESTROY)}
    assert set(there.attached(DEPLOY)) == {"limits", "monitoring", "reads"}
    assert set(there.attached(DESTROY)) == {"limits"}


def test_the_role_is_the_one_that_the_program_assumes(there: DeployedAccount, bootstrapped: Bootstrapped) -> None:
    assert bootstrapped.elsewhere == {there.id: there.role_arn(DEPLOY)}
    assert [each.request.resource for each in bootstrapped.deletions if each.request.action == "sts:AssumeRole"] == [
        there.role_arn(DESTROY)
    ]


def _takes(there: DeployedAccount, role: str, who: Identity, action: str = "sts:AssumeRole") -> bool:
    caller = Caller(identity=who, policies=(ADMINISTRATOR,))
    request = Request(action=action, resource=there.role_arn(role), account=there.id)
    return evaluate(caller, request, [there.trust(role)]).allowed


@pytest.mark.parametrize("role", [DEPLOY, DESTROY])
def test_only_the_same_role_from_home_takes_it(there: DeployedAccount, bootstrapped: Bootstrapped, role: str) -> None:
    home = bootstrapped.account
    taken_by = [each for each in (DEPLOY, DESTROY, PREVIEW) if _takes(there, role, home.session(each).identity)]
    assert taken_by == [role]
    assert not _takes(there, role, home.session(role).identity, "sts:TagSession")
    for account in (home.id, there.id):
        assert not _takes(there, role, Identity(arn=f"arn:aws:iam::{account}:user/admin", account=account))
        provider = f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
        assert not _takes(there, role, Identity(arn=provider, account=None), "sts:AssumeRoleWithWebIdentity")


def test_there_too_a_deletion_takes_the_destroy_role(there: DeployedAccount, full: Full) -> None:
    world, resources = World.of(full.settings, there.id), full.declared(there.id)
    asked = [each for one in resources for each in world.deletions(one)]
    assert {"ecr:DeleteRepository", "kms:ScheduleKeyDeletion"} < {each.request.action for each in asked}
    assert refused(there.session(DESTROY), asked) == []
    # The two have aliases and policies of what stays in common.
    of_deploy = {text.split()[3] for text in granted(there.session(DEPLOY), asked)}
    assert of_deploy.isdisjoint({"ecr:DeleteRepository", "kms:ScheduleKeyDeletion", "kms:RetireGrant"})


@cases(
    "parameters, roles",
    ({"HomeDestroyRole": ""}, {DEPLOY}),
    ({"Sandbox": "true"}, {DEPLOY}),
    ({}, {DEPLOY, DESTROY}),
)
def test_no_destroy_role_without_one_at_home(
    template: dict[str, Any], parameters: dict[str, str], roles: set[str]
) -> None:
    home = {f"Home{each}Role": f"arn:aws:iam::222233334444:role/{each}" for each in ("Deploy", "Destroy")}
    given = {"GitHubOwner": "acme", "GitHubRepository": "any", **home, **parameters}
    made = fill_in(template, "555566667777", "eu-west-1", **given).resources
    assert {name for name in made if name.endswith("Role")} == roles


def test_it_may_do_all_that_the_provider_does_there_and_nothing_beyond(there: DeployedAccount, full: Full) -> None:
    world, resources = World.of(full.settings, there.id), full.declared(there.id)
    asked = [each for one in resources for each in (*world.reads(one), *world.writes(one))]
    recorded = [each for call in full.called[there.id] for each in world.asked(call)]
    assert min(len(resources), len(recorded)) > 10
    assert refused(there.session(DEPLOY), [*recorded, *asked]) == []
    needed = {each.request.action for each in asked}
    documents = (*there.documents(DEPLOY).values(), *there.attached(DEPLOY).values())
    statements = [each for document in documents for each in document["Statement"]]
    for statement in (each for each in statements if each["Effect"] == "Allow"):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert set(actions) <= needed, statement["Sid"]


@cases(
    "action, resource",
    ("iam:CreateRole", "arn:aws:iam::{id}:role/container-registry/any"),
    ("iam:PutRolePolicy", "{deploy}"),
    ("iam:UpdateAssumeRolePolicy", "{deploy}"),
    ("iam:DetachRolePolicy", "{deploy}"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::{id}:policy/container-registry-{stack}-limits"),
    ("iam:PassRole", "arn:aws:iam::{id}:role/admin"),
    ("sts:AssumeRole", "arn:aws:iam::{id}:role/admin"),
    ("sts:AssumeRole", "{home}"),
    ("cloudformation:UpdateStack", "{cloudformation}"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:{id}:secret:any-a1b2c3"),
    ("ecr:PutImage", "arn:aws:ecr:eu-west-1:{id}:repository/payments/api"),
    ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:{id}:repository/payments/api"),
)
def test_its_limits_hold_too(there: DeployedAccount, bootstrapped: Bootstrapped, action: str, resource: str) -> None:
    names = {"id": there.id, "stack": bootstrapped.stack, "cloudformation": there.stack_id}
    arn = resource.format(**names, deploy=there.role_arn(DEPLOY), home=bootstrapped.account.role_arn(DEPLOY))
    here = {"aws:RequestedRegion": ("eu-west-1",)}
    request = Request(action=action, resource=arn, account=there.id, context=here)
    decision = evaluate(there.session(DEPLOY, ADMINISTRATOR), request)
    assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "limits")


def test_what_is_the_homes_alone_is_not_granted_there(there: DeployedAccount, full: Full) -> None:
    world = World.of(full.settings, there.id)
    of_home = ("iam/", "secretsmanager/", "replication", "CreationTemplate", "pullThroughCacheRule")
    resources = [each for each in full.declared() if any(word in each.type for word in of_home)]
    assert len({each.type for each in resources}) == 7
    asked = [each for one in resources for each in (*world.reads(one), *world.writes(one))]
    own = ("CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy")
    beyond = [each for each in asked if each.request.action.partition(":")[2] not in own]
    assert granted(there.session(DEPLOY), beyond) == []
