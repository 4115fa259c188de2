"""The promises about the roles for tasks and for the auditor: kept, and seen to fail when they are broken."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from localcloud.clients import Clients
from rehearsal.apply.program import Applied
from rehearsal.proofs.harness.case import PlaceCase
from rehearsal.proofs.harness.run import cases, promised, prove
from rehearsal.proofs.harness.visitors import Visitors
from settings import load
from tests.rehearsal.proving.conftest import build, outcome, project_of

HOME, OTHER = "550000220001", "444455557777"
REGION, COPY = "us-east-1", "eu-west-1"
STACK = f"""\
config:
  aws:region: {REGION}
  aws:allowedAccountIds: ["{HOME}"]
  container-registry:environment: dev
  container-registry:accounts: {{workloads: "{OTHER}", self: "{HOME}"}}
  container-registry:protect: false
  container-registry:replicas: [{{region: {COPY}}}]
  container-registry:roles:
    auditors: ["arn:aws:iam::{OTHER}:role/security/audit", "arn:aws:iam::{HOME}:user/ada"]
"""
CATALOG = """\
repositories:
  team/app: {owner: team, retention: [{any: true, keep: 10}], pull: [{service: ecs}]}
  team/named:
    owner: team
    retention: [{any: true, keep: 10}]
    pull: [{account: self, role: container-registry/dev/dev.ecs-task-execution}]
  team/web: {owner: team, retention: [{any: true, keep: 10}], pull: [{account: workloads}]}
"""
APP, NAMED, WEB = (f"team/{name}@{REGION}" for name in ("app", "named", "web"))
REGISTRY = f"registry@{REGION}"
TASKS, AUDITOR = "dev.ecs-task-execution", "dev.auditor"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, clients: Clients) -> Applied:
    return build(project_of(tmp_path_factory.mktemp("roles"), STACK, CATALOG), "dev", clients)


@pytest.fixture(scope="module")
def places(stack: Applied, clients: Clients, visitors: Visitors) -> dict[str, PlaceCase]:
    return {case.subject: case for case in cases(stack.settings, clients, visitors)}


def test_every_promise_is_kept(stack: Applied, clients: Clients, visitors: Visitors) -> None:
    promises = [each for each in promised(stack.settings, clients, visitors) if each[0].name in STANDING]
    subjects = {(proof.name, case.subject) for proof, case in promises}
    assert {subject for name, subject in subjects if name in ("tasks", "auditor")} == {
        f"team/{name}@{region}" for name in ("app", "named", "web") for region in (REGION, COPY)
    }
    assert {subject for name, subject in subjects if name in ("task_role", "auditors")} == {REGISTRY}
    assert [each for each in (prove(*promise) for promise in promises) if not each.held] == []


def test_tasks_pull_what_is_said_and_what_names_their_role(places: dict[str, PlaceCase]) -> None:
    told = {name: outcome(places, "tasks", name)[1] for name in (APP, NAMED, WEB)}
    assert told[APP].startswith("pulled sha256:")
    assert told[NAMED].startswith("pulled sha256:")
    assert told[WEB] == "refused: it is not for tasks"


def test_without_roles_nothing_is_promised_of_them(root: Path, clients: Clients, visitors: Visitors) -> None:
    names = {proof.name for proof, _ in promised(load(root, "prod"), clients, visitors)}
    assert not names & STANDING


def test_where_it_is_said_the_auditor_pulls(
    stack: Applied, tmp_path: Path, clients: Clients, visitors: Visitors
) -> None:
    project = project_of(tmp_path, f"{STACK}    audit_layers: true\n".replace(HOME, "550000220002"), CATALOG)
    layers = build(project, "dev", clients)
    subjects = {case.subject: case for case in cases(layers.settings, clients, visitors)}
    assert outcome(subjects, "auditor", APP)[1].rpartition("; ")[2].startswith("pulled sha256:")
    assert stack.settings.role_options.audit_layers is False
    with more(AUDITOR, "ecr:PutImage", "ecr:InitiateLayerUpload", account="550000220002")(clients):
        assert outcome(subjects, "auditor", APP) == (False, "the auditor began to push a layer, and nothing grants it")


def iam_of(clients: Clients, account: str = HOME) -> Any:
    return clients.root("iam", REGION, account)


Break = Callable[[Clients], AbstractContextManager[None]]


def more(role: str, *actions: str, account: str = HOME) -> Break:
    """One policy too many, and no boundary that would hold it."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    boundary = f"arn:aws:iam::{account}:policy/container-registry-dev-boundary"

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = iam_of(clients, account)
        iam.delete_role_permissions_boundary(RoleName=role)
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=text)
        yield
        iam.delete_role_policy(RoleName=role, PolicyName="more")
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)

    return broken


def without(role: str, *actions: str) -> Break:
    """The role's policy, denying these."""
    denied = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        text = json.dumps({"Version": "2012-10-17", "Statement": denied})
        iam_of(clients).put_role_policy(RoleName=role, PolicyName="less", PolicyDocument=text)
        yield
        iam_of(clients).delete_role_policy(RoleName=role, PolicyName="less")

    return broken


def trust(role: str, **changes: Any) -> Break:
    """Another trust policy; what is None is left out."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = iam_of(clients)
        before = json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        document = json.loads(before)
        kept = {**document["Statement"][0], **changes}
        document["Statement"] = [{name: value for name, value in kept.items() if value is not None}]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
        yield
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=before)

    return broken


class Breach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: Break
    told: str


EC2 = {"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]}
EVERYBODY = {"AWS": [HOME, OTHER, f"arn:aws:iam::{HOME}:user/ada"]}
ANYBODY = {"AWS": "*"}
BREACHES_OF_STANDING_ROLES = [
    Breach("tasks", APP, without(TASKS, "ecr:GetDownloadUrlForLayer"), "tasks are granted a pull, and were refused"),
    Breach("tasks", APP, trust(TASKS, Principal={"Service": "ec2.amazonaws.com"}), "Amazon ECS does not get the role"),
    Breach("tasks", APP, more(TASKS, "ecr:InitiateLayerUpload"), "a task began to push a layer"),
    Breach("tasks", WEB, more(TASKS, "ecr:BatchGetImage"), "a task pulled a manifest"),
    Breach("tasks", f"team/web@{COPY}", more(TASKS, "ecr:GetDownloadUrlForLayer"), "a task pulled a layer"),
    Breach("task_role", REGISTRY, trust(TASKS, Condition=None), "tasks of another account"),
    Breach("task_role", REGISTRY, trust(TASKS, Principal=EC2), "ec2.amazonaws.com gets it"),
    Breach("task_role", REGISTRY, trust(TASKS, Principal={"Service": "ec2.amazonaws.com"}), "ECS does not get it"),
    Breach("auditor", APP, without(AUDITOR, "ecr:DescribeImages"), "the auditor can't read images"),
    Breach("auditor", APP, without(AUDITOR, "ecr:GetRepositoryPolicy"), "the auditor can't read repository policy"),
    Breach("auditor", APP, without(AUDITOR, "ecr:DescribeImageReplicationStatus"), "can't read replication"),
    Breach("auditor", APP, more(AUDITOR, "ecr:GetAuthorizationToken"), "the auditor logged in"),
    Breach("auditor", APP, more(AUDITOR, "ecr:BatchGetImage"), "the auditor got a manifest"),
    Breach("auditor", APP, more(AUDITOR, "ecr:BatchDeleteImage"), "the auditor deleted an image"),
    Breach("auditors", REGISTRY, without(AUDITOR, "ecr:DescribeRegistry"), "the auditor can't read replication"),
    Breach(
        "auditors", REGISTRY, trust(AUDITOR, Principal={"AWS": f"arn:aws:iam::{HOME}:user/ada"}), "is declared, and"
    ),
    Breach("auditors", REGISTRY, trust(AUDITOR, Principal=EVERYBODY), "rehearsal-other became the auditor"),
    Breach("auditors", REGISTRY, trust(AUDITOR, Principal=ANYBODY), "became the auditor, and nothing grants it"),
]
STANDING = {each.proof for each in BREACHES_OF_STANDING_ROLES}


@pytest.mark.parametrize("breach", BREACHES_OF_STANDING_ROLES, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_broken_promise_fails_its_proof(places: dict[str, PlaceCase], clients: Clients, breach: Breach) -> None:
    assert outcome(places, breach.proof, breach.subject)[0]
    with breach.break_it(clients):
        held, happened = outcome(places, breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert outcome(places, breach.proof, breach.subject)[0]
