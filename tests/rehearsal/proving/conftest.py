"""A stack that stands in the shared local cloud, and whoever pushes and pulls there."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from rehearsal.apply import preconditions
from rehearsal.apply.program import Applied, apply
from rehearsal.proofs.harness.case import PlaceCase
from rehearsal.proofs.harness.run import cases, found, prove
from rehearsal.proofs.harness.upstreams import Upstreams
from rehearsal.proofs.harness.visitors import Visitors
from settings import load
from tests.conftest import PROJECT, PROJECT_FILES

Prove = Callable[[str, str], "tuple[bool, str]"]
"""Runs one proof, by its name, for a subject; whether it held, and what happened."""


def build(project: Path, stack: str, clients: Clients) -> Applied:
    """As `up` does it, the bootstrap first."""
    preconditions.bootstrap(load(project, stack), clients)
    return apply(project, stack, clients, lambda _label: None)


def project_of(folder: Path, stack: str, catalog: str) -> Path:
    """The project with another stack dev and another catalog, in the folder."""
    for name in PROJECT_FILES:
        shutil.copy(PROJECT / name, folder / name)
    (folder / "Pulumi.dev.yaml").write_text(stack, encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    return folder


def outcome(places: dict[str, PlaceCase], proof: str, subject: str) -> tuple[bool, str]:
    """Whether one proof held for a subject, and what happened."""
    (wanted,) = [each for each in found() if each.name == proof]
    made = prove(wanted, places[subject])
    return made.held, made.happened


@pytest.fixture(scope="session")
def clients(cloud: LocalCloud) -> Iterator[Clients]:
    with Clients(cloud.endpoint) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def upstreams(cloud: LocalCloud, root: Path) -> Iterator[Upstreams]:
    """What stands behind the caches of the tests' own stacks, and of those that a test adds."""
    with Upstreams(cloud) as played:
        played.play(load(root, "dev"))
        yield played


@pytest.fixture(scope="session")
def visitors(cloud: LocalCloud, clients: Clients) -> Visitors:
    return Visitors(cloud, clients)


@pytest.fixture(scope="session")
def applied(root: Path, clients: Clients) -> Applied:
    """The tests' own stack dev, whose account no other test uses."""
    return build(root, "dev", clients)


@pytest.fixture(scope="session")
def subjects(applied: Applied, clients: Clients, visitors: Visitors) -> dict[str, PlaceCase]:
    return {case.subject: case for case in cases(applied.settings, clients, visitors)}


@pytest.fixture(scope="session")
def proven(subjects: dict[str, PlaceCase]) -> Prove:
    proofs = {proof.name: proof for proof in found()}

    def run(name: str, subject: str) -> tuple[bool, str]:
        case = subjects.get(f"{subject}@us-east-1") or subjects[subject]
        outcome = prove(proofs[name], case)
        return outcome.held, outcome.happened

    return run
