"""The registry's own roles in a render: whom they let in, what they may do, and how a person reads them."""

import json

import pytest

from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.resource_tags import REQUIRED
from render import Render
from render.resource import Resource
from render.tree import to_text
from tests.stacks import TextEdit, rendered

HOME = "111122223333"
AUDITOR = "arn:aws:iam::444455556666:role/security/auditor"
TASKS = "dev.ecs-task-execution"


def of(stack: Render, kind: str) -> dict[str, Resource]:
    """By the role's name."""
    key = {"Role": "name", "RolePolicy": "role"}[kind]
    return {each.inputs[key]: each for each in stack.resources if each.type.endswith(f":{kind}")}


def of_dev(*lines: str) -> TextEdit:
    return ("Pulumi.dev.yaml", "config:\n", "\n  container-registry:".join(["config:", *lines]) + "\n")


@pytest.fixture
def all_kinds() -> Render:
    """The stack dev with a replica, an auditor, and tasks that pull one repository."""
    more = of_dev(f"roles: {{auditors: ['{AUDITOR}'], session_hours: 2}}", "replicas: [{region: eu-west-1}]")
    pull = "pull: [{account: data-platform}]"
    return rendered("dev", more, ("catalog.yaml", pull, pull.replace("[", "[{service: ecs}, ")))


def test_every_source_of_the_stack_has_a_role(dev: Render, prod: Render) -> None:
    for stack, source in ((dev, "branch-main"), (prod, "environment-production")):
        names = set(of(stack, "Role"))
        sources = {each.partition(".acme.")[2].partition("+tag")[0] for each in names if "+" in each}
        payments = {f"payments-api+{source}", f"payments-ledger+{source}"}
        assert sources == {*payments, "storefront+branch-main", "data-ingest+branch-main", "notebooks+branch-main"}
        assert names == set(of(stack, "RolePolicy")) == set(stack.outputs["roles"])


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_role_is_bounded_and_tagged(stack: str) -> None:
    account = {"dev": HOME, "prod": "222233334444"}[stack]
    arns = rendered(stack).outputs["roles"]
    for name, role in of(rendered(stack), "Role").items():
        assert role.inputs["path"] == f"/container-registry/{stack}/"
        assert (
            role.inputs["permissionsBoundary"] == f"arn:aws:iam::{account}:policy/container-registry-{stack}-boundary"
        )
        assert role.inputs["maxSessionDuration"] == 3_600
        assert set(REQUIRED) <= set(role.inputs["tags"])
        assert arns[name] == f"arn:aws:iam::{account}:role/container-registry/{stack}/{name}"
        assert role.region is None


def test_a_publisher_pushes_what_names_its_source(dev: Render) -> None:
    policies = of(dev, "RolePolicy")
    for role, repository in {
        "dev.acme.payments-api+branch-main": "payments/api",
        "dev.acme.payments-ledger+branch-main": "payments/ledger",
    }.items():
        login, push = json.loads(policies[role].inputs["policy"])["Statement"]
        assert (login["Action"], login["Resource"]) == (["ecr:GetAuthorizationToken"], "*")
        assert push["Resource"] == [f"arn:aws:ecr:us-east-1:{HOME}:repository/{repository}"]
        assert "ecr:PutImage" in push["Action"]


def test_what_is_not_asked_for_is_not_there(dev: Render, prod: Render) -> None:
    assert "dev.ecs-task-execution" in of(dev, "Role")
    assert not [name for name in of(prod, "Role") if "ecs" in name or "cache" in name]
    assert not [name for name in (*of(dev, "Role"), *of(prod, "Role")) if "auditor" in name]


def allowed(stack: Render, role: str, action: str, resource: str) -> bool:
    arn = stack.outputs["roles"][role]
    identity = Identity(arn=f"arn:aws:sts::{HOME}:assumed-role/{role}/s", account=HOME, role_arn=arn)
    document = parse(of(stack, "RolePolicy")[role].inputs["policy"])
    caller = Caller(identity=identity, policies=(Policy(name="registry", document=document),))
    return evaluate(caller, Request(action=action, resource=resource, account=HOME)).allowed


def assumes(stack: Render, role: str, who: Identity, **context: str) -> bool:
    trust = Policy(name="trust", document=parse(of(stack, "Role")[role].inputs["assumeRolePolicy"]))
    keys = {f"aws:{key}": (value,) for key, value in context.items()}
    request = Request(action="sts:AssumeRole", resource=stack.outputs["roles"][role], account=HOME, context=keys)
    own = Policy(name="own", document=parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}))
    return evaluate(Caller(identity=who, policies=(own,)), request, (trust,)).allowed


def test_tasks_pull_in_every_region(all_kinds: Render) -> None:
    for region in ("us-east-1", "eu-west-1"):
        notebooks = f"arn:aws:ecr:{region}:{HOME}:repository/data/notebooks"
        assert allowed(all_kinds, TASKS, "ecr:BatchGetImage", notebooks)
        assert not allowed(all_kinds, TASKS, "ecr:PutImage", notebooks)
        assert not allowed(all_kinds, TASKS, "ecr:BatchGetImage", notebooks.replace("notebooks", "ingest"))
    tasks = Identity(arn="ecs-tasks.amazonaws.com", account=None)
    assert assumes(all_kinds, TASKS, tasks, SourceAccount=HOME)
    assert not assumes(all_kinds, TASKS, tasks, SourceAccount="444455556666")
    assert not assumes(all_kinds, TASKS, Identity(arn="lambda.amazonaws.com", account=None), SourceAccount=HOME)


def test_tasks_are_no_grant_of_the_repository(all_kinds: Render) -> None:
    policies = [each for each in all_kinds.resources if each.type.endswith(":RepositoryPolicy")]
    assert not any("ecs" in each.inputs["policy"] for each in policies)


def test_an_auditor_is_whom_the_stack_names(all_kinds: Render) -> None:
    def session(role: str) -> Identity:
        name = role.rpartition("/")[2]
        return Identity(arn=f"arn:aws:sts::444455556666:assumed-role/{name}/s", account="444455556666", role_arn=role)

    assert assumes(all_kinds, "dev.auditor", session(AUDITOR))
    assert not assumes(all_kinds, "dev.auditor", session(AUDITOR.replace("auditor", "other")))
    repository = f"arn:aws:ecr:eu-west-1:{HOME}:repository/payments/api"
    assert allowed(all_kinds, "dev.auditor", "ecr:DescribeImageScanFindings", repository)
    assert not allowed(all_kinds, "dev.auditor", "ecr:BatchGetImage", repository)


def test_an_auditor_pulls_where_that_is_asked_for() -> None:
    layers = rendered("dev", of_dev(f"roles: {{auditors: ['{AUDITOR}'], audit_layers: true}}"))
    repository = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/api"
    assert allowed(layers, "dev.auditor", "ecr:GetDownloadUrlForLayer", repository)


def test_sessions_are_as_long_as_the_stack_says(all_kinds: Render) -> None:
    assert {each.inputs["maxSessionDuration"] for each in of(all_kinds, "Role").values()} == {7_200}


def test_roles_are_read_as_whom_they_let_in_and_to_what(all_kinds: Render) -> None:
    """Each role beside its policy; a repository that stands in several regions is told once."""
    _, _, tree = to_text(all_kinds).partition("\nin every region\n")
    lines = tree.splitlines()
    assert lines[0] == "└─ registry  RegistryRoles"
    first = f"    Role  dev.auditor · Assume: {AUDITOR}"
    assert lines[lines.index(first) + 1] == "    RolePolicy  ReadRepositories: repository/* · ReadRegistry: *"
    tasks = "    Role  dev.ecs-task-execution · Assume: ecs-tasks.amazonaws.com, aws:SourceAccount 111122223333"
    assert "Pull: repository/data/notebooks" in " ".join(lines[lines.index(tasks) + 1 :][:3])
    assert (
        "      · Workflows: arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com, aud "
        "sts.amazonaws.com, repository_id 65536, repository_owner_id 1024, sub "
        "repo:acme@1024/payments-api@65536:ref:refs/heads/main"
    ) in lines
