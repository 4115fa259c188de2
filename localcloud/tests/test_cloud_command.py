"""`python -m localcloud`: what it says, and how it ends."""

import argparse
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import __main__
from localcloud.__main__ import main, organization, serve
from localcloud.cloud import LocalCloud
from localcloud.server import bound, port_of
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import Recorder
from localcloud.tests.processes import NEEDS_PROC, ROOT, alive, descendants, eventually

pytestmark = NEEDS_PROC

_SERVE = (sys.executable, "-m", "localcloud")

Running = tuple[subprocess.Popen[str], str, Path, set[int]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The process, which leads a group of its own, what it said, its state folder, and all its processes."""
    where: dict[str, Any] = {"cwd": ROOT, "env": {**os.environ, "TMPDIR": str(tmp_path)}, "start_new_session": True}
    with subprocess.Popen(_SERVE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **where) as process:
        assert process.stdout is not None
        said = ""
        while "Its log:" not in said:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            said += line
        [state] = tmp_path.iterdir()
        yield process, said, state, {process.pid, *descendants(process.pid)}
        process.kill()


@cases("send, end", case("Ctrl-C", os.killpg, signal.SIGINT), case("SIGTERM", os.kill, signal.SIGTERM))
def test_it_says_how_to_use_it_and_a_signal_ends_it_within_two_seconds(
    running: Running, send: Callable[[int, signal.Signals], None], end: signal.Signals
) -> None:
    process, said, state, family = running
    assert_it_says_how_to_use_it(said, state)
    begin = time.monotonic()
    send(process.pid, end)
    assert process.wait(2) == 0
    assert time.monotonic() - begin < 2
    assert eventually(lambda: not alive(family), 0.5)
    assert not state.exists()
    assert process.stderr is not None
    assert process.stderr.read() == ""


def assert_it_says_how_to_use_it(said: str, state: Path) -> None:
    endpoint = re.search(r"listens at (http://127\.0\.0\.1:\d+),", said)
    assert endpoint
    assert str(state) in said
    lines = "".join(line for line in said.splitlines(keepends=True) if line.startswith("  "))
    spoiled = {"AWS_PROFILE": "none", "AWS_SESSION_TOKEN": "old", "AWS_REGION": "eu-west-1", "PATH": os.environ["PATH"]}
    shell = subprocess.run(["sh", "-c", f"{lines}env"], env=spoiled, stdout=subprocess.PIPE, text=True, check=True)
    assert {line for line in shell.stdout.splitlines() if line.startswith("AWS_")} == {
        f"AWS_ENDPOINT_URL={endpoint[1]}",
        "AWS_REGION=us-east-1",
        "AWS_DEFAULT_REGION=us-east-1",
        "AWS_ACCESS_KEY_ID=111122223333",
        "AWS_SECRET_ACCESS_KEY=local",
    }


def test_a_taken_port_is_reported_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with bound() as taken:
        assert serve(port=port_of(taken)) == 2
        reason = f"port {port_of(taken)} of 127.0.0.1 can't be opened: Address already in use"
        assert capsys.readouterr() == ("", f"{reason}; give another --port, or none to get a free one\n")
    assert list(tmp_path.iterdir()) == []


@cases("port", "70000", "65536", "-1", "80x", "", "9" * 5000)
def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", port])
    assert ended.value.code == 2
    assert f"argument --port: {port!r} is not a port; write 1 to 65535, or 0 for a free one" in capsys.readouterr().err


def test_a_dead_emulator_ends_it_with_its_last_words(running: Running) -> None:
    process, _, state, family = running
    [guardian] = {pid for pid in family if descendants(pid) and pid != process.pid}
    [emulator] = descendants(guardian)
    os.kill(emulator, signal.SIGKILL)
    assert process.wait(2) == 1
    assert process.stderr is not None
    words = process.stderr.read()
    assert ("the emulator ended with exit code -9" in words, "services available" in words) == (True, True), words
    assert not state.exists()
    assert eventually(lambda: not alive(family), 0.5)


@cases(
    "text, why",
    ("acme=111122223333", "no organization's id"),
    ("o-a1b2c3d4e5", "no organization's id"),
    ("o-a1b2c3d4e5=", "'' is not an AWS account id"),
    ("o-a1b2c3d4e5=111122223333,4444", "'4444' is not an AWS account id"),
)
def test_an_organization_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=why):
        organization(text)


def test_the_arguments_reach_what_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(__main__, "serve", lambda **arguments: given.append(arguments))
    main(["--port", "8123", "--organization", "o-a1b2c3d4e5=111122223333,444455556666"])
    assert given == [{"port": 8123, "organizations": [("o-a1b2c3d4e5", ("111122223333", "444455556666"))]}]


def test_organizations_reach_the_callers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[LocalCloud] = []

    def cloud(*, port: int) -> LocalCloud:
        made.append(LocalCloud(port=port, ecr=Recorder()))
        return made[-1]

    class Out(io.StringIO):
        def flush(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(__main__, "LocalCloud", cloud)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)
    accounts = ("111122223333", "444455556666")
    assert serve(organizations=[("o-a1b2c3d4e5", accounts)], out=Out()) == 0
    assert made[0]._callers._organizations == dict.fromkeys(accounts, "o-a1b2c3d4e5")
    assert signal.getsignal(signal.SIGTERM) is before
