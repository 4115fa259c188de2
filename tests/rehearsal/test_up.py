"""`python -m rehearsal up` as people run it: what it says, how it exits, what it leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from rehearsal.apply import table
from rehearsal.oci.client import Client
from rehearsal.oci.image import image
from rehearsal.up import Options, up
from tests.conftest import Edit
from tests.rehearsal.conftest import alive, descendants, eventually

ROOT = Path(__file__).parents[2]
CATALOG = """\
repositories:
  team/app:
    owner: team
    retention: [{tag: "v*", keep: 10}]
    pull: [{account: workloads}]
"""
STARTED, SERVING = "local cloud at", "serving until interrupted"


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
            env={**os.environ, "TMPDIR": str(temporary)},
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
        try:
            assert process.stdout is not None
            said = ""
            while text not in said:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                said += line
            yield Running(process, said)
        finally:
            process.kill()


def test_json_goes_to_machines_and_the_table_to_people(run: Callable[..., subprocess.Popen[str]]) -> None:
    with run("--once", "--format", "json") as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    told = json.loads(out)
    assert (told["version"], told["stack"], told["held"]) == (1, "dev", True)
    assert {each["subject"] for each in told["proofs"]} == {"team/app@us-east-1", "registry@us-east-1"}
    assert all(each["held"] and each["happened"] and each["seconds"] > 0 for each in told["proofs"])
    assert "promises held" in errors
    assert "Traceback" not in errors


def test_it_serves_what_it_says(run: Callable[..., subprocess.Popen[str]]) -> None:
    with waiting_for(SERVING, run()) as (process, said):
        token = re.search(r"TOKEN=(\S+)", said)
        host = re.search(r"docker login --username AWS --password-stdin (\S+)", said)
        assert token
        assert host
        with Client(host[1], token[1]) as client:
            assert client.push("team/app", image("mine"), "mine-1") == client.pull("team/app", "mine-1").digest
        assert "docker pull" in said
        assert "podman push" in said
        assert "skopeo copy" in said
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == 0


@pytest.mark.parametrize(("end", "later"), [(signal.SIGTERM, 0), (signal.SIGINT, 0.3), (signal.SIGTERM, 0.6)])
def test_a_signal_ends_it_at_any_time(
    run: Callable[..., subprocess.Popen[str]], small: Path, end: signal.Signals, later: float
) -> None:
    entry = CATALOG.partition("\n")[2]
    many = [entry.replace("team/app", f"team/app-{number}") for number in range(40)]  # takes seconds, on any machine
    (small / "catalog.yaml").write_text(f"repositories:\n{''.join(many)}", encoding="utf-8")
    with waiting_for(STARTED, run("--once")) as (process, _):
        family = {process.pid, *descendants(process.pid)}
        time.sleep(later)
        begin = time.monotonic()
        process.send_signal(end)
        assert process.wait(10) == 130
        assert time.monotonic() - begin < 2
        assert eventually(lambda: not alive(family), 0.5)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_dead_emulator_is_told_at_once(run: Callable[..., subprocess.Popen[str]]) -> None:
    with waiting_for(SERVING, run()) as (process, _):
        (guardian,) = descendants(process.pid) - {each for pid in descendants(process.pid) for each in descendants(pid)}
        for pid in descendants(guardian):
            os.kill(pid, signal.SIGKILL)
        assert process.wait(2) == 1
        assert process.stderr is not None
        assert "the emulator ended with exit code -9" in process.stderr.read()


def test_two_at_once(run: Callable[..., subprocess.Popen[str]]) -> None:
    both = [run("--once", "--format", "json") for _ in range(2)]
    for process in both:
        with process:
            out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert json.loads(out)["held"]


def test_faulty_settings_are_told_with_their_place(run: Callable[..., subprocess.Popen[str]], edit: Edit) -> None:
    edit("catalog.yaml", "keep: 10", "keep: 0")
    with run("--once") as process:
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "catalog.yaml:4: repositories.team/app.retention[0].keep: 0 is too small" in errors
    assert out == ""


def test_an_unknown_stack_is_told(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert up(Options(project=small, stack="prdo", once=True, json=False)) == 2
    assert "prdo" in capsys.readouterr().err


def test_a_broken_promise_is_exit_code_one_and_named(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    monkeypatch.delitem(table.BUILT, forgotten)
    monkeypatch.setitem(table.NOT_BUILT, forgotten, "forgotten on purpose")
    assert up(Options(project=small, stack="dev", once=True, json=False)) == 1
    out = capsys.readouterr().out
    assert "FAILED team/app@us-east-1: the lifecycle policy is accepted, and stands as declared" in out
    assert f"not built here: {forgotten} team/app@us-east-1: forgotten on purpose" in out
    assert out.count("FAILED") == 1


def test_what_can_t_be_built_is_exit_code_one(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(table.BUILT, "aws:kms/alias:Alias")
    assert up(Options(project=small, stack="dev", once=True, json=False)) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("aws:kms/alias:Alias registry@us-east-1: no such type is known to the rehearsal")
    assert len(errors.splitlines()) == 1
