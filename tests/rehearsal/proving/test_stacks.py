"""What is promised of caches, replicas and the stack's own roles, and what their proofs tell."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.clients import Clients
from rehearsal.apply import applying, preconditions
from rehearsal.apply.applying import apply
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.run import cases, found, promised, prove
from resources.ecr import LIFECYCLE_POLICY
from settings import Settings, load
from tests.rehearsal.proving.breaches import AUDITOR, PUBLIC, QUAY, STANDING
from tests.rehearsal.proving.breaking import REGION, At
from tests.rehearsal.proving.stacks import (
    COPY,
    FILES,
    PART,
    ROLES_ACCOUNT,
    SECRET,
    THERE,
    WORKLOADS,
    Stacks,
    project_of,
)

PLACES = {"team/app": (REGION, COPY, PART, f"{WORKLOADS}.{THERE}"), "team/web": (REGION, COPY, f"{WORKLOADS}.{THERE}")}
EVERYWHERE = {f"{name}@{registry}" for name, places in PLACES.items() for registry in places}
CACHES = {f"cache {name}@{REGION}" for name in ("ecr-public", "their/quay", "docker-hub", "ecr", "kubernetes")}


def test_of_caches(stacks: Stacks) -> None:
    stack = stacks["caches"]
    assert stack.subjects("cached") == CACHES - {f"cache kubernetes@{REGION}"}
    assert stack.subjects("cache_denied") == CACHES
    assert stack.subjects("pull_grants") == set()  # no repository there has any
    assert stack.kept("cached", PUBLIC).happened == f"pulled by {WORKLOADS}, o-a1b2c3d4e5, a task from public.ecr.aws"
    assert stack.kept("cached", QUAY).happened == f"pulled by {WORKLOADS} ci/runner from quay.io"
    assert stack.kept("cache_denied", QUAY).happened.endswith(f", another role of {WORKLOADS}")
    told = preconditions.stand_ins(stack.settings)
    assert f"secret {SECRET} exists in AWS alone: replaced by a generated login" in told
    assert "upstream public.ecr.aws was replaced by a registry on loopback" in told
    assert len(told) == 1 + len(CACHES)


def test_of_replicas(stacks: Stacks) -> None:
    stack = stacks["replicas"]
    assert stack.subjects("replicated") == {f"team/app@{REGION}", f"team/web@{REGION}"}
    for proof in ("encrypted", "pull_grants", "lifecycles", "push_and_pull", "tagged", "scanned", "denied"):
        assert stack.subjects(proof) == EVERYWHERE, proof
    assert stack.subjects("undeclared") == {f"registry@{registry}" for registry in (COPY, PART, f"{WORKLOADS}.{THERE}")}
    assert stack.kept("replicated", "team/app").happened.endswith(f"at {COPY}, {PART}, {WORKLOADS}.{THERE}")
    assert stack.kept("replicated", "team/web").happened.endswith(f"at {COPY}, {WORKLOADS}.{THERE}")
    assert stack.kept("undeclared", f"registry@{WORKLOADS}.{THERE}").happened == "rehearsal-undeclared was refused"


def test_of_the_stacks_own_roles(stacks: Stacks, root: Path, clients: Clients, principals: Principals) -> None:
    stack = stacks["roles"]
    everywhere = {f"team/{name}@{region}" for name in ("app", "named", "web") for region in (REGION, COPY)}
    assert stack.subjects("task_pulls") == stack.subjects("audit_reads") == everywhere
    assert stack.subjects("task_trust", "audit_trust") == {f"registry@{REGION}"}
    told = {name: stack.kept("task_pulls", f"team/{name}").happened for name in ("app", "named", "web")}
    assert told.pop("web") == "refused: it is not for tasks"
    assert all(each.startswith("pulled sha256:") for each in told.values())
    without = {proof.name for proof, _ in promised(load(root, "prod"), clients, principals)}
    assert not without & set(STANDING)


def test_where_it_is_said_the_auditor_pulls(stacks: Stacks, account: str, tmp_path: Path, clients: Clients) -> None:
    stack, catalog = FILES["roles"]
    layers = f"{stack}    audit_layers: true\n".replace(ROLES_ACCOUNT, account)
    built = stacks.build(project_of(tmp_path, layers, catalog))
    assert built.kept("audit_reads", "team/app").happened.rpartition("; ")[2].startswith("pulled sha256:")
    with At(account).more(AUDITOR, "ecr:PutImage", "ecr:InitiateLayerUpload")(clients):
        outcome = built.prove("audit_reads", "team/app")
    assert (outcome.held, outcome.happened) == (False, "the auditor began to push a layer, and nothing grants it")


def other_retention(settings: Settings, clients: Clients, principals: Principals) -> set[str]:
    """Where another stands than these settings declare."""
    (lifecycle,) = [each for each in found() if each.name == "lifecycles"]
    copies = [case for case in cases(settings, clients, principals) if isinstance(case, Case)]
    assert len(copies) == len(EVERYWHERE)
    return {case.subject for case in copies if not prove(lifecycle, case).held}


@pytest.fixture
def changed(stacks: Stacks, tmp_path: Path, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project with another retention, to be applied where it stands already: policies are put, all else stays."""
    stack = stacks["replicas"]
    monkeypatch.setattr(
        applying, "NOT_BUILT", dict.fromkeys(applying.BUILT.keys() - {LIFECYCLE_POLICY}, "stands already")
    )
    folder = stacks.project("replicas")
    copied = shutil.copytree(folder, tmp_path / "changed")
    catalog = (copied / "catalog.yaml").read_text(encoding="utf-8")
    (copied / "catalog.yaml").write_text(catalog.replace("keep: 10", "keep: 25"), encoding="utf-8")
    assert stack.applied.built
    yield copied
    apply(folder, "dev", clients, lambda _label: None)


def test_a_changed_retention_reaches_every_replica(
    stacks: Stacks, changed: Path, clients: Clients, principals: Principals
) -> None:
    assert other_retention(load(changed, "dev"), clients, principals) == EVERYWHERE
    again = apply(changed, "dev", clients, lambda _label: None)
    assert again.built == len(EVERYWHERE)
    assert other_retention(again.settings, clients, principals) == set()
    assert other_retention(stacks["replicas"].settings, clients, principals) == EVERYWHERE
