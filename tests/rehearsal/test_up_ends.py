"""How `python -m rehearsal up` serves, and how it ends: by a signal at any time, or with its emulator."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from rich.progress import Progress

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorDied
from localcloud.tests.processes import alive, descendants, eventually
from oci.client import Client
from oci.image import image
from rehearsal.apply.program import Applied, NotApplied
from rehearsal.up import Options, _apply, _at_work, _prove, _Stopped, up
from settings import load
from tests.rehearsal.conftest import CATALOG, PATIENCE, waiting_for

STARTED, SERVING = "local cloud at", "serving until interrupted"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def test_it_serves_what_it_says(run: Callable[..., subprocess.Popen[str]]) -> None:
    with waiting_for(SERVING, run()) as (process, said):
        token = re.search(r"TOKEN=(\S+)", said)
        host = re.search(r"docker login --username AWS --password-stdin (\S+)", said)
        assert token
        assert host
        with Client.on_loopback(host[1], token[1]) as client:
            assert client.push("team/app", image("mine"), "mine-1") == client.pull("team/app", "mine-1").digest
            pull = re.search(rf"docker pull {host[1]}/(\S+):(\S+)", said)
            assert pull
            assert client.pull(pull[1], pull[2]).blobs
        assert "podman push" in said
        assert "skopeo copy" in said
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "stopped\n"


def test_a_machine_is_told_while_it_serves(run: Callable[..., subprocess.Popen[str]]) -> None:
    with waiting_for("\n}\n", run("--format", "json")) as (process, said):
        (endpoint,) = json.loads(said)["endpoints"]
        with Client.on_loopback(endpoint["host"], endpoint["password"]) as client:
            assert client.pull(endpoint["repository"], "rehearsal-round-trip").blobs
        assert process.stderr is not None
        assert any(SERVING in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


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
        assert process.stdout is not None
        assert "stopped before every promise was proven" in process.stdout.read()
        assert time.monotonic() - begin < 2
        assert eventually(lambda: not alive(family), 0.5)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_second_signal_does_not_end_the_cleaning_up(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first comes while the cloud starts, the others while it stops; whoever waited before hears of none."""
    heard: list[int] = []
    before = {each: signal.signal(each, lambda number, _frame: heard.append(number)) for each in SIGNALS}
    handlers = [signal.getsignal(each) for each in SIGNALS]
    start, stop = LocalCloud.start, LocalCloud.stop

    def interrupted_start(cloud: LocalCloud) -> None:
        signal.raise_signal(signal.SIGTERM)
        start(cloud)

    def interrupted_stop(cloud: LocalCloud) -> None:
        for each in SIGNALS:
            signal.raise_signal(each)
        stop(cloud)

    monkeypatch.setattr(LocalCloud, "start", interrupted_start)
    monkeypatch.setattr(LocalCloud, "stop", interrupted_stop)
    try:
        assert up(Options(project=small, stack="dev", once=True, json=False)) == 130
        assert [signal.getsignal(each) for each in SIGNALS] == handlers
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert heard == []
    assert "stopped before every promise was proven" in capsys.readouterr().out


def test_what_is_under_way_stops_with_the_block() -> None:
    ends: SimpleQueue[Any] = SimpleQueue()
    with _at_work(lambda stop: NotApplied("stopped") if stop.wait(5) else None, ends):
        assert ends.empty()
    assert str(ends.get_nowait()) == "stopped"


def test_what_is_under_way_stops_before_its_next_step(small: Path, cloud: LocalCloud) -> None:
    applied = Applied(settings=load(small, "dev"), built=0, not_built={}, outputs={})
    stop = threading.Event()
    stop.set()
    with Clients(cloud.endpoint) as clients, Progress(disable=True) as progress:
        with pytest.raises(_Stopped):
            _apply(Options(project=small, stack="dev", once=True, json=False), clients, progress, stop)
        with pytest.raises(_Stopped):
            _prove(applied, cloud, clients, progress, stop)


def test_a_dead_emulator_is_told_at_once(run: Callable[..., subprocess.Popen[str]]) -> None:
    with waiting_for(SERVING, run()) as (process, _):
        (guardian,) = descendants(process.pid) - {each for pid in descendants(process.pid) for each in descendants(pid)}
        for pid in descendants(guardian):
            os.kill(pid, signal.SIGKILL)
        assert process.wait(2) == 1
        assert process.stderr is not None
        assert "the emulator ended with exit code -9" in process.stderr.read()
        assert process.stdout is not None
        assert "stopped" not in process.stdout.read()


@pytest.mark.parametrize(("arguments", "lines"), [((), 0), ((), 1), (("--format", "json"), 0)])
def test_it_ends_with_its_reader(
    run: Callable[..., subprocess.Popen[str]], arguments: tuple[str, ...], lines: int
) -> None:
    """As behind `| head -1`, and with an exit code of its own: no promise is broken."""
    with run(*arguments) as process:
        impatient = threading.Timer(PATIENCE, process.kill)
        impatient.start()
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 128 + signal.SIGPIPE
        impatient.cancel()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_an_emulator_that_does_not_start_is_told(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_cloud: LocalCloud) -> None:
        raise EmulatorDied("the emulator ended with exit code 3")

    monkeypatch.setattr(LocalCloud, "start", start)
    assert up(Options(project=small, stack="dev", once=True, json=False)) == 1
    assert capsys.readouterr().err == "the emulator ended with exit code 3\n"
