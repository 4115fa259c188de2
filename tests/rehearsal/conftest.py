"""One local cloud for all tests that don't break it, and rehearsals in processes of their own."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from localcloud.cloud import LocalCloud
from tests.conftest import ROOT

CATALOG = """\
repositories:
  team/app:
    owner: team
    retention: [{tag: "v*", keep: 10}]
    pull: [{account: workloads}]
"""
PATIENCE = 30
"""Seconds that a rehearsal is waited for."""


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A whole local cloud; other tests use it too: take repositories, keys and roles under names of your own."""
    with LocalCloud() as made:
        yield made


class Running(NamedTuple):
    process: subprocess.Popen[str]
    said: str
    """On stdout, up to the line that was waited for."""


@pytest.fixture
def small(project: Path) -> Path:
    """A project of one repository."""
    (project / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    return project


@pytest.fixture
def run(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a rehearsal of the small project; what it leaves in the folder of temporary files fails the test."""
    temporary = tmp_path_factory.mktemp("temporary")
    before = sorted(small.rglob("*"))

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rehearsal", "up", "--stack", "dev", "--project", str(small), *arguments],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield start
    assert list(temporary.iterdir()) == []
    assert sorted(small.rglob("*")) == before


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
            yield Running(process, said)
        finally:
            impatient.cancel()
            process.kill()
