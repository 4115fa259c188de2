"""One local cloud for all tests that don't break it, and rehearsals of one repository."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from rehearsal.proofs.harness.principals import Principals
from rehearsal.up import Options, up
from tests.conftest import ROOT
from tests.rehearsal.proving.stacks import project_of, stack_file

REPOSITORY = """\
  team/app:
    owner: team
    retention: [{tag: "v*", keep: 10}]
    pull: [{account: workloads}]
"""
PATIENCE = 30
"""Seconds that a rehearsal is waited for."""
ACCOUNTS = (f"4400000{number:05}" for number in count())

Rehearse = Callable[..., int]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A whole local cloud; other tests use it too: take repositories, keys and roles under names of your own."""
    with LocalCloud() as made:
        yield made


@pytest.fixture(scope="session")
def clients(cloud: LocalCloud) -> Iterator[Clients]:
    with Clients(cloud.endpoint) as made:
        yield made


@pytest.fixture(scope="session")
def principals(cloud: LocalCloud, clients: Clients) -> Principals:
    return Principals(cloud, clients)


@pytest.fixture
def account() -> str:
    """One of this test alone."""
    return next(ACCOUNTS)


@pytest.fixture
def small(project: Path, account: str) -> Path:
    """A project of one repository."""
    return project_of(project, stack_file(account), f"repositories:\n{REPOSITORY}")


@pytest.fixture
def rehearse(small: Path, cloud: LocalCloud, principals: Principals, monkeypatch: pytest.MonkeyPatch) -> Rehearse:
    """Runs the command for the small project in this process, and in the cloud that all share, with its principals."""
    monkeypatch.setattr("rehearsal.up.LocalCloud", lambda **_: nullcontext(cloud))
    monkeypatch.setattr("rehearsal.up.Principals", lambda *_: principals)
    monkeypatch.setattr(principals, "remove", lambda _region: None)  # other tests use them

    def run(*, once: bool = True, json: bool = False, **options: Any) -> int:
        return up(Options(project=small, stack="dev", once=once, json=json, **options))

    return run


@pytest.fixture
def start(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a rehearsal of the small project; what it leaves in the folder of temporary files fails the test."""
    temporary = tmp_path_factory.mktemp("temporary")
    before = sorted(small.rglob("*"))

    def run(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rehearsal", "up", "--stack", "dev", "--project", str(small), *arguments],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield run
    assert list(temporary.iterdir()) == []
    assert sorted(small.rglob("*")) == before


class Running(NamedTuple):
    process: subprocess.Popen[str]
    said: str
    """On stdout, up to the line that was waited for."""


@contextmanager
def waiting_for(text: str, process: subprocess.Popen[str]) -> Iterator[Running]:
    """The rehearsal once it has said this; whatever happens, it ends with the block."""
    with process:
        impatient = threading.Timer(PATIENCE, process.kill)
        impatient.start()
        try:
            assert process.stdout is not None
            said = ""
            while text not in said:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                said += line
            impatient.cancel()  # what a test does meanwhile is no wait for this
            yield Running(process, said)
        finally:
            impatient.cancel()
            process.kill()
