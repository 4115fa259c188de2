"""Builds a stack on a local cloud, proves every promise, and serves the registry until it is interrupted."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rehearsal import report
from rehearsal.apply import stood_before
from rehearsal.apply.program import Applied, NotApplied, apply
from rehearsal.clients import Clients
from rehearsal.cloud.emulator import EmulatorDied
from rehearsal.cloud.local import LocalCloud
from rehearsal.proving.run import Outcome, login, promised, prove
from rehearsal.proving.visitors import Visitors
from rehearsal.report import Endpoint, Report
from settings import InvalidSettings, Settings, load

HELD, BROKEN, FAULTY_INPUT = 0, 1, 2
INTERRUPTED = 128 + signal.SIGINT
_WIDTH = 160
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    project: Path
    stack: str
    once: bool
    json: bool


class _Stopped(KeyboardInterrupt):
    """Somebody asked to stop, or the emulator is gone."""


def up(options: Options) -> int:
    """The exit code: 0 when every promise held, 1 when one did not or nothing could be built, 2 for faulty settings."""
    begun = time.perf_counter()
    people = _console(stderr=options.json)
    try:
        settings = load(options.project, options.stack)
    except InvalidSettings as invalid:
        print(invalid, file=sys.stderr)
        return FAULTY_INPUT
    deaths: list[EmulatorDied] = []
    status = INTERRUPTED
    try:
        with _interruptible(), LocalCloud() as cloud:
            cloud.on_failure(lambda death: _end(deaths, death))
            for key in stood_before.keys(settings):
                cloud.stand_in(key)
            with Clients(cloud.endpoint) as clients:
                status = _rehearse(options, cloud, clients, people, begun=begun)
            if not options.once:
                people.print("\nserving until interrupted (Ctrl-C)", style="bold")
                threading.Event().wait()
    except _Stopped:
        if not deaths:
            people.print("stopped" if status != INTERRUPTED else "stopped before every promise was proven")
    except (NotApplied, EmulatorDied) as failure:
        print(deaths[0] if deaths else failure, file=sys.stderr)
        return BROKEN
    if deaths:
        print(deaths[0], file=sys.stderr)
        return BROKEN
    return status


def _console(*, stderr: bool) -> Console:
    """Where there is no terminal, nothing says how wide a line may be."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_WIDTH)


def _rehearse(options: Options, cloud: LocalCloud, clients: Clients, people: Console, *, begun: float) -> int:
    people.print(f"local cloud at {cloud.endpoint}")
    with _progress(people) as progress:
        starting = time.perf_counter()
        applied = _apply(options, clients, progress)
        progress.print(f"built {applied.built} resources in {time.perf_counter() - starting:.1f} s")
        outcomes = _prove(applied, cloud, clients, progress)
    told = Report(
        stack=options.stack,
        applied=applied,
        outcomes=outcomes,
        seconds=time.perf_counter() - begun,
        control=cloud.endpoint,
        endpoints=_endpoints(applied.settings, clients),
    )
    if options.json:
        print(report.to_json(told), flush=True)
    report.show(told, people)
    if not options.once:
        report.show_endpoints(told, people)
    return BROKEN if told.failed else HELD


def _apply(options: Options, clients: Clients, progress: Progress) -> Applied:
    task = progress.add_task(f"building {options.stack}", total=None, detail="")
    applied = apply(
        options.project,
        options.stack,
        clients,
        lambda label: progress.update(task, advance=1, detail=label),
    )
    progress.update(task, total=applied.built, detail="")
    return applied


def _prove(applied: Applied, cloud: LocalCloud, clients: Clients, progress: Progress) -> list[Outcome]:
    promises = promised(applied.settings, clients, Visitors(cloud, clients))
    task = progress.add_task("proving", total=len(promises), detail="")
    outcomes = []
    for proof, case in promises:
        progress.update(task, detail=f"{case.subject}: {proof.promise}")
        outcomes.append(prove(proof, case))
        progress.update(task, advance=1)
    progress.update(task, detail="")
    return outcomes


def _endpoints(settings: Settings, clients: Clients) -> list[Endpoint]:
    repository = next((each.name for each in settings.repositories), None)
    endpoints = []
    for place in settings.places:
        host, password = login(clients, place.account, place.region)
        endpoints.append(
            Endpoint(account=place.account, region=place.region, host=host, password=password, repository=repository)
        )
    return endpoints


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM end what is under way, once: a second one must not end the cleaning up."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped

    before = {each: signal.signal(each, stop) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(deaths: list[EmulatorDied], death: EmulatorDied) -> None:
    """Called in the cloud's thread: wakes the main one out of whatever it waits for."""
    deaths.append(death)
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGTERM)


@contextmanager
def _progress(people: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    with Progress(*columns, console=people, transient=True, disable=not people.is_terminal) as progress:
        yield progress
