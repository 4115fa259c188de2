"""Who can delete what: each role, each action of Amazon ECR and AWS KMS, each state of the tags."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service

from domain.iam.access import Caller, Identity, Outcome, Policy, Request
from domain.iam.document import CURRENT_VERSION, parse
from domain.iam.evaluate import evaluate
from domain.kms import key_policy
from domain.resource_tags import RETIRE_UNTIL
from tests.bootstrap.conftest import ADMINISTRATOR
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, DeployedAccount, fill_in
from tests.cases import cases

HOME, REPLICAS = "222233334444", "555566667777"
REGION = "us-east-1"
OURS = {"project": "container-registry", "managed-by": "pulumi"}
THEIRS = {"project": "payments", "managed-by": "pulumi"}
RETIRED = {RETIRE_UNTIL: "2027-01-31"}
TAGS = {
    "none": {}, "ours": OURS, "retired": OURS | RETIRED, "retired by hand": RETIRED,
    "of another": THEIRS, "retired by another": THEIRS | RETIRED,
}  # fmt: skip
ANY, OWN, GOES = frozenset(TAGS), frozenset({"ours", "retired"}), frozenset({"retired"})

READ = {
    "ecr": "DescribeRepositories GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource GetAccountSetting "
    "GetRegistryPolicy GetRegistryScanningConfiguration ListPullTimeUpdateExclusions",
    "kms": "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
}
READ_AT_HOME = "DescribePullThroughCacheRules DescribeRegistry DescribeRepositoryCreationTemplates"
WRITTEN = {
    "ecr": "CreateRepository DeleteLifecyclePolicy DeleteRepositoryPolicy PutImageScanningConfiguration "
    "PutImageTagMutability PutLifecyclePolicy SetRepositoryPolicy TagResource UntagResource DeleteRegistryPolicy "
    "DeregisterPullTimeUpdateExclusion PutAccountSetting PutRegistryPolicy PutRegistryScanningConfiguration "
    "RegisterPullTimeUpdateExclusion",
    "kms": "CreateAlias DeleteAlias EnableKey EnableKeyRotation PutKeyPolicy TagResource UntagResource UpdateAlias "
    "UpdateKeyDescription",
}
WRITTEN_AT_HOME = (
    "CreatePullThroughCacheRule CreateRepositoryCreationTemplate DeletePullThroughCacheRule "
    "DeleteRepositoryCreationTemplate PutReplicationConfiguration UpdatePullThroughCacheRule "
    "UpdateRepositoryCreationTemplate"
)
DELETED = {
    "ecr": "DeleteRepository DeleteRepositoryPolicy DeleteLifecyclePolicy",
    "kms": "ScheduleKeyDeletion DeleteAlias",
}
SANDBOX = "sandbox"


def _table(role: str, *, home: bool) -> dict[str, frozenset[str]]:
    """By action, the states of the tags in which a role can do it; in none where it is left out."""
    if role == DESTROY:
        return {
            **{f"{service}:{each}": GOES for service, names in DELETED.items() for each in names.split()},
            "ecr:DescribeRepositories": ANY,
            "kms:DescribeKey": GOES,
        }
    named = {service: f"{names} {READ_AT_HOME if home and service == 'ecr' else ''}" for service, names in READ.items()}
    if role in (DEPLOY, SANDBOX):
        at_home = WRITTEN_AT_HOME if home else ""
        named["ecr"] += f" {WRITTEN['ecr']} {at_home}"
        named["kms"] += f" {WRITTEN['kms']}"
    if role == SANDBOX:
        named["ecr"] += " DeleteRepository"
        named["kms"] += " ScheduleKeyDeletion"
    states = {"ecr": ANY, "kms": OWN}
    found = {f"{service}:{each}": states[service] for service, names in named.items() for each in names.split()}
    return found | {"kms:ListAliases": ANY}


@pytest.fixture(scope="module")
def accounts(template: dict[str, Any]) -> dict[tuple[str, str], DeployedAccount]:
    """By account and whether it is a sandbox's."""
    github = {"GitHubOwner": "acme", "GitHubRepository": "container-registry"}
    made = {}
    for sandbox in ("false", "true"):
        roles = {f"Home{each}Role": f"arn:aws:iam::{HOME}:role/x-{each.lower()}" for each in ("Deploy", "Destroy")}
        taken = {
            f"Replica{each}": f"arn:aws:iam::{REPLICAS}:role/x-{name}"
            for each, name in (("Roles", "deploy"), ("DestroyRoles", "destroy"))
        }
        made[HOME, sandbox] = fill_in(template, HOME, REGION, Sandbox=sandbox, **github, **taken)
        made[REPLICAS, sandbox] = fill_in(template, REPLICAS, REGION, Sandbox=sandbox, **github, **roles)
    return made


ROLES = [(DEPLOY, HOME), (DESTROY, HOME), (PREVIEW, HOME), (SANDBOX, HOME)]
ROLES += [(DEPLOY, REPLICAS), (DESTROY, REPLICAS), (SANDBOX, REPLICAS)]


def _session(accounts: Any, role: str, account: str, *more: Policy) -> Caller:
    found: DeployedAccount = accounts[account, str(role == SANDBOX).lower()]
    return found.session(DEPLOY if role == SANDBOX else role, *more)


def _requests(action: str, account: str, tags: dict[str, str]) -> Iterator[Request]:
    """It is asked about each kind of resource that it takes; a key of the stack has its alias."""
    service, _, name = action.partition(":")
    formats = {each["resource_arn_format"] for each in get_action_data(service, name)[service]}
    for form in formats - {"*"} or formats:
        if ":alias/" in form and formats != {form}:
            continue  # an action about aliases is decided for the key as well
        arn = form.replace("${Partition}", "aws").replace("${Region}", REGION).replace("${Account}", account)
        tagged = {f"{of}:ResourceTag/{key}": (value,) for of in ("aws", "ecr") for key, value in tags.items()}
        context = {"aws:RequestedRegion": (REGION,), "kms:ResourceAliases": ("alias/any",), **tagged}
        resource = arn.replace("${RepositoryName}", "payments/api").replace("${KeyId}", "1234abcd")
        yield Request(action=action, resource=resource, account=account, context=context)


def _key(account: str) -> Policy:
    """A key's own policy, which leaves it to the account."""
    return Policy(name="key", document=parse(key_policy(account=account, region=REGION)))


def _actions() -> list[str]:
    return [action for service in ("ecr", "kms") for action in get_actions_for_service(service)]


@pytest.mark.parametrize(("role", "account"), ROLES)
@pytest.mark.parametrize("state", TAGS)
def test_each_action_in_each_state(accounts: Any, role: str, account: str, state: str) -> None:
    caller, table = _session(accounts, role, account), _table(role, home=account == HOME)
    policies = [_key(account)]
    found = {
        action
        for action in _actions()
        for request in _requests(action, account, TAGS[state])
        if evaluate(caller, request, policies if action.startswith("kms:") else ()).allowed
    }
    # A key is made with the project's tags, which the request has not, and a grant only through Amazon ECR.
    assert found == {action for action, states in table.items() if state in states}


@pytest.mark.parametrize("state", TAGS)
def test_what_is_granted_says_it_as_well_as_the_limits(accounts: Any, state: str) -> None:
    account: DeployedAccount = accounts[HOME, "false"]
    granted = Policy(name="deletions", document=parse(account.documents(DESTROY)["deletions"]))
    caller = replace(account.session(DESTROY), policies=(granted,))
    for action in ("ecr:DeleteRepository", "ecr:DeleteLifecyclePolicy", "kms:ScheduleKeyDeletion"):
        (request,) = _requests(action, HOME, TAGS[state])
        policies = [_key(HOME)] if action.startswith("kms:") else []
        assert evaluate(caller, request, policies).allowed == (state in GOES)


def _everything_for(caller: Caller) -> Policy:
    """A policy of the resource that grants the caller all, as deploy could write one: session and role by name."""
    principals = [caller.identity.arn, str(caller.identity.role_arn)]
    statement = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "*", "Resource": "*"}
    return Policy(name="granted", document=parse({"Version": CURRENT_VERSION, "Statement": statement}))


NEVER_BY_DEPLOY = {
    "ecr:DeleteRepository", "ecr:BatchDeleteImage", "ecr:UpdateImageStorageClass", "ecr:PutImage",
    "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial", "kms:RevokeGrant", "kms:RetireGrant",
    "kms:DeleteCustomKeyStore", "kms:DisconnectCustomKeyStore",
}  # fmt: skip


@pytest.mark.parametrize(("role", "account"), [each for each in ROLES if each[0] in (DEPLOY, DESTROY)])
@pytest.mark.parametrize("state", TAGS)
def test_no_grant_joins_the_two(accounts: Any, role: str, account: str, state: str) -> None:
    """Given every right by a policy of its own and by the resource's: what then holds is an explicit Deny."""
    caller = _session(accounts, role, account, ADMINISTRATOR)
    granted = _everything_for(caller)
    outcomes = {
        action: evaluate(caller, request, [granted]).outcome
        for action in _actions()
        for request in _requests(action, account, TAGS[state])
    }
    allowed = {action for action, outcome in outcomes.items() if outcome is Outcome.ALLOWED}
    assert {*outcomes.values()} <= {Outcome.ALLOWED, Outcome.EXPLICIT_DENY}
    if role == DEPLOY:
        assert allowed.isdisjoint(NEVER_BY_DEPLOY)
        assert {"ecr:TagResource", "ecr:PutLifecyclePolicy", "kms:TagResource"} <= allowed
        return
    watches = {"ecr:DescribeRepositories", "kms:DescribeKey", "kms:RetireGrant", "kms:Encrypt", "kms:Decrypt"}
    deletes = {f"{service}:{each}" for service, names in DELETED.items() for each in names.split()}
    assert allowed == (watches | deletes if RETIRE_UNTIL in TAGS[state] else watches)


@cases(
    "role, action, resource",
    *(
        (role, action, resource)
        for role in (DEPLOY, DESTROY)
        for action, resource in (
            ("iam:UpdateAssumeRolePolicy", "role/container-registry-dev-destroy"),
            ("iam:PutRolePolicy", "role/container-registry-dev-destroy"),
            ("iam:DetachRolePolicy", "role/container-registry-dev-destroy"),
            ("iam:PassRole", "role/container-registry-dev-destroy"),
            ("iam:CreatePolicyVersion", "policy/container-registry-dev-destroy-limits"),
            ("iam:SetDefaultPolicyVersion", "policy/container-registry-dev-limits"),
            ("iam:CreatePolicyVersion", "policy/container-registry-dev-state"),
            ("iam:CreatePolicyVersion", "policy/container-registry-dev-reads"),
            ("iam:CreatePolicyVersion", "policy/container-registry-dev-boundary"),
            ("iam:CreateUser", "user/any"),
            ("sts:AssumeRole", "role/container-registry-dev-destroy"),
            ("sts:AssumeRole", "role/container-registry-dev-deploy"),
            ("sts:AssumeRole", "role/container-registry/dev/dev.any"),
        )
    ),
    *((DESTROY, action, "role/container-registry/dev/dev.any") for action in ("iam:CreateRole", "iam:PutRolePolicy")),
)
@pytest.mark.parametrize("account", [HOME, REPLICAS])
def test_neither_becomes_the_other(accounts: Any, account: str, role: str, action: str, resource: str) -> None:
    caller = _session(accounts, role, account, ADMINISTRATOR)
    context = {"aws:RequestedRegion": (REGION,)}
    request = Request(action=action, resource=f"arn:aws:iam::{account}:{resource}", account=account, context=context)
    assert evaluate(caller, request, [_everything_for(caller)]).outcome is Outcome.EXPLICIT_DENY


def test_each_takes_the_role_of_its_own_kind_elsewhere(accounts: Any) -> None:
    for role in (DEPLOY, DESTROY):
        for kind in (DEPLOY, DESTROY):
            there = f"arn:aws:iam::{REPLICAS}:role/x-{kind.removesuffix('Role').lower()}"
            request = Request(action="sts:AssumeRole", resource=there, account=REPLICAS)
            caller = _session(accounts, role, HOME, ADMINISTRATOR)
            assert evaluate(caller, request, [_everything_for(caller)]).allowed == (role == kind)


@pytest.mark.parametrize(
    "action", ["DeleteRepository", "BatchDeleteImage", "SetRepositoryPolicy", "PutLifecyclePolicy"]
)
def test_a_role_that_deploy_makes_deletes_nothing(accounts: Any, action: str) -> None:
    """It can be trusted by any workflow, and a repository's policy can name its session, which no boundary holds back
    but by a Deny."""
    account: DeployedAccount = accounts[HOME, "false"]
    role = f"arn:aws:iam::{HOME}:role/container-registry/dev/dev.any"
    session = Identity(arn=f"arn:aws:sts::{HOME}:assumed-role/dev.any/job", account=HOME, role_arn=role)
    caller = Caller(identity=session, policies=(ADMINISTRATOR,), boundary=account.boundary())
    for state in TAGS.values():
        (request,) = _requests(f"ecr:{action}", HOME, state)
        assert evaluate(caller, request, [_everything_for(caller)]).outcome is Outcome.EXPLICIT_DENY


def test_a_sandbox_has_one_role(accounts: Any) -> None:
    """Which is why `pulumi destroy` works there."""
    for account in (HOME, REPLICAS):
        made = accounts[account, "true"]
        assert not {"DestroyRole", "DestroyLimits"} & set(made.resources)
        assert "DestroyRoleArn" not in made.outputs
        assert DESTROY in accounts[account, "false"].resources
