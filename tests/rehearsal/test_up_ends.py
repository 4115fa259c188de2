"""How `python -m rehearsal up` ends: by a signal at any time, with its reader, or with its emulator."""

import os
import signal
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from rich.progress import Progress

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorDied
from localcloud.emulator_environment import NotInstalled
from localcloud.tests.processes import alive, descendants, eventually
from rehearsal import __main__
from rehearsal import up as module
from rehearsal.apply.applying import Applied, NotApplied
from rehearsal.apply.kubernetes import ApiServers
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.run import promised
from rehearsal.up import BROKEN, INTERRUPTED, Options, _apply, _at_work, _prove, _Stopped, up
from settings import load
from tests.cases import cases
from tests.rehearsal.conftest import PATIENCE, REPOSITORY, Start, waiting_for

SIGNALS = (signal.SIGINT, signal.SIGTERM)
UNREAD = 128 + signal.SIGPIPE


def options(project: Path, *, once: bool = True) -> Options:
    return Options(project=project, stack="dev", once=once, json=False)


def test_a_signal_ends_it_while_it_proves(start: Start, small: Path) -> None:
    many = [REPOSITORY.replace("team/app", f"team/app-{number}") for number in range(40)]  # takes seconds, anywhere
    (small / "catalog.yaml").write_text(f"repositories:\n{''.join(many)}", encoding="utf-8")
    with waiting_for("local cloud at", start("--once")) as (process, _):
        family = {process.pid, *descendants(process.pid)}
        time.sleep(0.3)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == INTERRUPTED
        assert process.stdout is not None
        assert "stopped before every promise was proven" in process.stdout.read()
        assert time.monotonic() - begin < 2
        assert eventually(lambda: not alive(family), 0.5)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_second_signal_does_not_end_the_cleaning_up(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first comes while the cloud starts, the others while it stops; handlers set before get none."""
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
        assert up(options(small)) == INTERRUPTED
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
            _apply(options(small), clients, ApiServers(), progress, stop)
        with pytest.raises(_Stopped):
            _prove(promised(applied.settings, clients, Principals(cloud, clients)), progress, stop)


def test_a_dead_emulator_is_reported_at_once(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    before = descendants(os.getpid())

    def kill(*_: object) -> None:
        """In place of serving: the emulator is what its guardian, a child that was not there before, started."""
        guardian = next(each for each in descendants(os.getpid()) - before if descendants(each))
        for pid in descendants(guardian):
            os.kill(pid, signal.SIGKILL)
        begun.append(time.monotonic())

    monkeypatch.setattr(module, "_tell", kill)
    assert up(options(small, once=False)) == BROKEN
    assert time.monotonic() - begun[0] < 2
    out, errors = capsys.readouterr()
    assert "the emulator ended with exit code -9" in errors
    assert "stopped" not in out


@cases("failure", EmulatorDied("the emulator ended with exit code 3"), NotInstalled("no index"))
def test_an_emulator_that_does_not_start_is_reported(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def start(_cloud: LocalCloud) -> None:
        raise failure

    monkeypatch.setattr(LocalCloud, "start", start)
    assert up(options(small)) == BROKEN
    assert capsys.readouterr().err == f"{failure}\n"


def test_it_ends_with_its_reader(start: Start) -> None:
    """As behind `| head -1`, and with an exit code of its own: no promise is broken."""
    with start() as process:
        impatient = threading.Timer(PATIENCE, process.kill)
        impatient.start()
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == UNREAD
        impatient.cancel()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("gone", [BrokenPipeError(), SystemExit(1)], ids=["of print", "of rich"])
def test_however_its_reader_s_end_is_reported(monkeypatch: pytest.MonkeyPatch, gone: BaseException) -> None:
    def unread(_options: Options) -> int:
        raise gone

    given: list[int] = []
    monkeypatch.setattr(__main__, "up", unread)
    monkeypatch.setattr(os, "dup2", lambda _nowhere, stream: given.append(stream))
    assert __main__.main(["up", "--stack", "dev"]) == UNREAD
    assert given == [1, 2]
