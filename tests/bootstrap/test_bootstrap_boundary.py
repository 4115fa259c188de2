"""The most that a role made by the program can do: all that the program has it do, and nothing of the bootstrap's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.aws import Arn
from domain.iam.access import Caller, Context, Identity, Outcome, Policy, Request
from domain.iam.actions import PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import CURRENT_VERSION, parse
from domain.iam.evaluate import evaluate
from domain.kms import GRANT_OPERATIONS, key_policy
from render.resource import Render
from resources.iam import ROLE, ROLE_POLICY
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped, Full
from tests.bootstrap.deployed import DEPLOY, DeployedAccount
from tests.cases import cases

KEY = "key/12345678-0000-4000-8000-000000000000"


def in_role(account: DeployedAccount, role: str, policy: Policy = ADMINISTRATOR) -> Caller:
    """A session in a role of the program's; an administrator, but for the boundary."""
    session = f"arn:aws:sts::{account.id}:assumed-role/{role.rpartition('/')[2]}/session"
    identity = Identity(arn=session, account=account.id, role_arn=f"arn:aws:iam::{account.id}:role/{role}")
    return Caller(identity=identity, policies=(policy,), boundary=account.boundary())


def of_stack(bootstrapped: Bootstrapped, name: str) -> Caller:
    stack = bootstrapped.stack
    return in_role(bootstrapped.account, f"container-registry/{stack}/{stack}.{name}")


def _policies(rendered: Render) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each role with its path, and the policy that it has."""
    paths = {each.inputs["name"]: each.inputs["path"] for each in rendered.resources if each.type == ROLE}
    for each in rendered.resources:
        if each.type == ROLE_POLICY:
            name = each.inputs["role"]
            yield f"{paths[name]}{name}".removeprefix("/"), json.loads(each.inputs["policy"])


def _asked(statement: dict[str, Any], account: str) -> Iterator[Request]:
    """Every action of a statement on each of its resources, where its conditions hold."""
    resources = statement["Resource"]
    conditions = [each for keys in statement.get("Condition", {}).values() for each in keys.items()]
    for resource in resources if isinstance(resources, list) else [resources]:
        arn = Arn.parse(resource.replace("*", "any"))
        region, owner = (arn.region, arn.account) if arn else ("us-east-1", account)
        for action in statement["Action"]:
            more = _grant(region, account) if action == "kms:CreateGrant" else {}
            given = {key: tuple(each for each in values if region in each) for key, values in conditions}
            context = {"aws:RequestedRegion": (region,), **given, **more}
            yield Request(action=action, resource=str(arn or "*"), account=owner, context=context)


def _grant(region: str, account: str) -> Context:
    return {
        "kms:ViaService": (f"ecr.{region}.amazonaws.com",),
        "kms:GrantIsForAWSResource": ("true",),
        "kms:GrantConstraintType": ("EncryptionContextSubset",),
        "kms:GrantOperations": GRANT_OPERATIONS,
        "kms:EncryptionContext:aws:ecr:arn": (f"arn:aws:ecr:{region}:{account}:repository/any",),
    }


def _allowing(name: str, principals: object, action: str) -> Policy:
    statement = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": action, "Resource": "*"}
    return Policy(name=name, document=parse({"Version": CURRENT_VERSION, "Statement": statement}))


def _let_in(request: Request, account: str) -> list[Policy]:
    """What the other side says: the key's own policy, or an upstream registry that allows the account."""
    arn = Arn.parse(request.resource)
    if arn is not None and arn.service == "kms":
        return [Policy(name="key", document=parse(key_policy(account=account, region=arn.region)))]
    return [] if request.account == account else [_allowing("upstream", account, "ecr:*")]


def _refused(account: DeployedAccount, rendered: Render) -> tuple[set[str], list[str]]:
    """The roles that were looked at, and what they have a policy for and may not do."""
    looked_at: set[str] = set()
    refused: list[str] = []
    for role, document in _policies(rendered):
        caller = in_role(account, role, Policy(name="registry", document=parse(document)))
        looked_at.add(role.rpartition("/")[2])
        for statement in (each for each in document["Statement"] if each["Effect"] == "Allow"):
            for request in _asked(statement, account.id):
                decision = evaluate(caller, request, _let_in(request, account.id))
                if not decision.allowed:
                    refused.append(f"{role}: {request.action} on {request.resource} by the {decision.source.value}")
    return looked_at, refused


def test_every_role_may_do_within_the_boundary_what_its_policy_says(bootstrapped: Bootstrapped, full: Full) -> None:
    looked_at, refused = _refused(bootstrapped.account, full.render)
    assert refused == []
    kinds = {each.removeprefix(f"{bootstrapped.stack}.") for each in looked_at}
    assert {"ecs-task-execution", "auditor", "creation-templates", "pull-through-cache"} < kinds


@pytest.fixture
def publisher(bootstrapped: Bootstrapped) -> Caller:
    return of_stack(bootstrapped, "acme.payments-api+branch-main")


def test_the_boundary_holds_a_publisher_to_images(bootstrapped: Bootstrapped, publisher: Caller) -> None:
    account = bootstrapped.account
    repository = f"arn:aws:ecr:us-east-1:{account.id}:repository/payments/api"
    for action in (*PUSH_ACTIONS, *PULL_ACTIONS, "ecr:DescribeImages", "ecr:ListImages"):
        assert evaluate(publisher, bootstrapped.request(action, repository)).allowed
    assert evaluate(publisher, bootstrapped.request("ecr:GetAuthorizationToken", "*")).allowed
    secret = f"arn:aws:secretsmanager:us-east-1:{account.id}:secret:ecr-pullthroughcache/any"
    for action, resource in (
        *((f"ecr:{each}", repository) for each in ("DeleteRepository", "BatchDeleteImage", "SetRepositoryPolicy")),
        *((f"ecr:{each}", repository) for each in ("PutLifecyclePolicy", "ReplicateImage", "TagResource")),
        ("ecr:PutRegistryPolicy", "*"),
        ("ecr:PutReplicationConfiguration", "*"),
        ("ec2:RunInstances", "*"),
        ("sts:AssumeRole", account.role_arn(DEPLOY)),
        ("secretsmanager:GetSecretValue", secret),
    ):
        assert not evaluate(publisher, bootstrapped.request(action, resource)).allowed, action


@cases(
    "action, allowed",
    ("GetDownloadUrlForLayer", True), ("BatchGetImage", True), ("PutImage", False), ("CreateRepository", False),
)  # fmt: skip
def test_only_caches_read_other_registries(
    bootstrapped: Bootstrapped, publisher: Caller, action: str, allowed: bool
) -> None:
    there = "arn:aws:ecr:us-east-1:999900001111:repository/any"
    request = Request(action=f"ecr:{action}", resource=there, account="999900001111")
    upstream = _let_in(request, bootstrapped.account.id)
    assert evaluate(of_stack(bootstrapped, "pull-through-cache"), request, upstream).allowed == allowed
    for other in (publisher, of_stack(bootstrapped, "creation-templates")):
        assert not evaluate(other, request, upstream).allowed


KEYS = [
    ("CreateGrant", True), ("DescribeKey", True), ("RetireGrant", True), ("Decrypt", False), ("PutKeyPolicy", False),
]  # fmt: skip


@pytest.mark.parametrize(("action", "allowed"), KEYS)
def test_only_templates_use_keys_and_only_through_ecr(
    bootstrapped: Bootstrapped, publisher: Caller, action: str, allowed: bool
) -> None:
    """Also where the key's own policy names the session: a boundary holds against that by what it denies alone."""
    account = bootstrapped.account
    templates = of_stack(bootstrapped, "creation-templates")
    named = [templates.identity.arn, publisher.identity.role_arn, account.id]
    policies = [_allowing("key", named, "kms:*")]
    asked = f"kms:{action}", f"arn:aws:kms:us-east-1:{account.id}:{KEY}"
    through = bootstrapped.request(*asked, kms__ViaService="ecr.us-east-1.amazonaws.com")
    outcome = Outcome.ALLOWED if allowed else Outcome.EXPLICIT_DENY
    assert evaluate(templates, through, policies).outcome is outcome
    assert not evaluate(publisher, through, policies).allowed
    for other in ({}, {"kms__ViaService": "ec2.us-east-1.amazonaws.com"}):
        refused = evaluate(templates, bootstrapped.request(*asked, **other), policies)
        assert refused.outcome is Outcome.EXPLICIT_DENY


@pytest.mark.parametrize("role", ["acme.payments-api+branch-main", "creation-templates", "pull-through-cache", "chat"])
def test_the_boundary_says_outright_what_it_keeps(bootstrapped: Bootstrapped, role: str) -> None:
    account, caller = bootstrapped.account, of_stack(bootstrapped, role)
    via = {"kms__ViaService": "ecr.us-east-1.amazonaws.com"}
    for action, resource in (
        ("iam:CreateRole", f"arn:aws:iam::{account.id}:role/new"),
        ("iam:DeleteRolePermissionsBoundary", caller.identity.role_arn or ""),
        ("iam:PutRolePolicy", account.role_arn(DEPLOY)),
        ("s3:GetObject", f"{account.bucket}/.pulumi/stacks/container-registry/dev.json"),
        ("s3:DeleteBucket", account.bucket),
        ("kms:Decrypt", account.secrets_key),
        ("kms:CreateGrant", account.secrets_key),
        ("kms:DescribeKey", account.secrets_key),
        ("cloudformation:DeleteStack", account.stack_id),
        ("sns:Publish", f"arn:aws:sns:us-east-1:{account.id}:container-registry-prod-monitoring"),
        ("sqs:PurgeQueue", f"arn:aws:sqs:us-east-1:{account.id}:container-registry-prod-undelivered"),
        ("events:DisableRule", f"arn:aws:events:us-east-1:{account.id}:rule/container-registry-prod-calls-denied"),
        ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:us-east-1:{account.id}:alarm:container-registry-prod-any"),
        ("logs:DeleteLogGroup", f"arn:aws:logs:us-east-1:{account.id}:log-group:/aws/events/container-registry-prod:*"),
        ("chatbot:DescribeSlackChannelConfigurations", "*"),
    ):
        for context in ({}, via):
            decision = evaluate(caller, bootstrapped.request(action, resource, **context), [account.key_policy()])
            assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "boundary")
