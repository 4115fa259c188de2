"""A stack that stands in the shared local cloud, and whoever pushes and pulls there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.apply import stood_before
from rehearsal.apply.program import Applied, apply
from rehearsal.clients import Clients
from rehearsal.cloud.local import LocalCloud
from rehearsal.proving.case import PlaceCase
from rehearsal.proving.run import cases, found, prove
from rehearsal.proving.visitors import Visitors
from settings import load

Prove = Callable[[str, str], "tuple[bool, str]"]
"""Runs one proof, by its name, for a subject; whether it held, and what happened."""


def build(project: Path, stack: str, clients: Clients) -> Applied:
    """As `up` does it, the bootstrap first."""
    stood_before.bootstrap(load(project, stack), clients)
    return apply(project, stack, clients, lambda _label: None)


@pytest.fixture(scope="session")
def clients(cloud: LocalCloud) -> Iterator[Clients]:
    with Clients(cloud.endpoint) as made:
        yield made


@pytest.fixture(scope="session")
def visitors(cloud: LocalCloud, clients: Clients) -> Visitors:
    return Visitors(cloud, clients)


@pytest.fixture(scope="session")
def applied(root: Path, clients: Clients) -> Applied:
    """The project's own stack dev, whose account no other test uses."""
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
