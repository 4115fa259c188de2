"""`python -m benchmarks.render`: the render of generated catalogs beside the hand-written program, as whole processes.

ours           `python -m review render --format json`, from the files to the text
by hand        benchmarks/handwritten.py with the garbage collector off
by hand, gc    the same as Python runs it by default

The three take turns, so that what else the machine does meets them alike; every ratio is the median of each round's
own. Bars are held to CPU time, because other work on the machine lengthens the wall's. The cost of a resource is what
the process spends after its imports beyond what the smallest catalog takes, over the resources that it has more.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.catalog import ACCOUNT, ROOT, STACK, entries, write_project
from benchmarks.handwritten.__main__ import program
from benchmarks.handwritten.components import PROJECT
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.rendering import render

SIZES = (10, 100, 1000)
REFERENCE, JUDGED = 100, 1000
OURS, BY_HAND, COLLECTED = "ours", "by hand", "by hand, gc"
FAULT_SECONDS = 5.0
FAULTY_INPUT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process, from its start to its end; `inside` is the CPU time after its imports."""

    wall: float
    cpu: float
    memory: float
    inside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What must hold."""

    text: str
    value: float
    limit: float

    @property
    def held(self) -> bool:
        return self.value <= self.limit


class Bench:
    """The projects in a folder, and every run of them."""

    def __init__(self, folder: Path, sizes: list[int]) -> None:
        self.sizes = sorted(sizes)
        self.resources: dict[int, int] = {}
        self.runs: dict[tuple[str, int], list[Run]] = {}
        self._folder = folder
        for size in self.sizes:
            write_project(folder / str(size), size)

    def check_types(self) -> None:
        """Ours must declare every type that the peer does, or their times say nothing of each other."""
        size = self.sizes[0]
        missing = types_by_hand(size) - types_of(self._folder / str(size))
        if missing:
            raise SystemExit(f"the program no longer declares {', '.join(sorted(missing))}")

    def measure(self, rounds: int) -> None:
        for size in self.sizes:
            for number in range(1, rounds + 1):
                for who in (OURS, BY_HAND, COLLECTED):
                    run = self._process(who, size)
                    self.runs.setdefault((who, size), []).append(run)
                    _tell(f"{size:>6} repositories, round {number} of {rounds}: {who:<12} {run.wall:7.2f} s")
            self.resources[size] = len(json.loads(self._output.read_text(encoding="utf-8"))["resources"])

    def ratio(self, size: int, other: str, value: Callable[[Run], float]) -> float:
        pairs = zip(self.runs[OURS, size], self.runs[other, size], strict=True)
        return median(value(one) / value(two) for one, two in pairs)

    def cost(self, who: str, size: int) -> float | None:
        """Seconds for each resource beyond the smallest catalog's; None for that one."""
        least = self.sizes[0]
        if size == least:
            return None
        more = self.resources[size] - self.resources[least]
        pairs = zip(self.runs[who, size], self.runs[who, least], strict=True)
        return median(one.inside - two.inside for one, two in pairs) / more

    def growth(self, who: str, size: int) -> float | None:
        """The cost of a resource, relative to that in a catalog of 100."""
        cost, reference = self.cost(who, size), self.cost(who, REFERENCE) if REFERENCE in self.sizes else None
        return cost / reference if cost and reference else None

    def fault(self) -> tuple[int, float]:
        """How long the largest catalog takes to tell a fault in its last repository."""
        size = self.sizes[-1]
        folder = self._folder / "faulty"
        write_project(folder, size, faulty=True)
        command = [sys.executable, "-m", "review", "render", "--stack", STACK, "--project", str(folder)]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode != FAULTY_INPUT or "retentoin" not in done.stderr:
            raise SystemExit(f"the fault was not reported:\n{done.stderr}")
        return size, seconds

    @property
    def _output(self) -> Path:
        return self._folder / "render.json"

    def _process(self, who: str, size: int) -> Run:
        if who == OURS:
            project = str(self._folder / str(size))
            return _run([sys.executable, "-m", "benchmarks.command", project, str(self._output)])
        return _run(_by_hand(size) if who == COLLECTED else [*_by_hand(size), "--no-collector"])


def _by_hand(size: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.handwritten", str(size)]


def _run(command: list[str]) -> Run:
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read() if process.stdout else ""
        # Not `wait()`: only this returns the usage of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    # Linux counts it in KiB, macOS in bytes.
    memory = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=memory, inside=json.loads(printed)["seconds"])


def types_by_hand(size: int) -> set[str]:
    """The types of resources that the hand-written program declares."""
    monitor = RecordingMonitor(project=PROJECT, stack=STACK, account=ACCOUNT, preview=False)
    declared_by(partial(program, entries(size)), monitor)
    return {each.type for each in monitor.declared}


def types_of(project: Path) -> set[str]:
    """Those that our program declares for a project."""
    return {each.type for each in render(project, STACK).resources}


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _table(bench: Bench) -> Iterator[str]:
    head = (
        "repositories",
        "resources",
        "",
        "wall s",
        "cpu s",
        "MiB",
        "ours/it wall",
        "cpu",
        "memory",
        "ms each",
        "to 100",
    )
    yield "{:>12} {:>9}  {:<12} {:>7} {:>7} {:>6} {:>13} {:>5} {:>7} {:>8} {:>7}".format(*head)
    for size in bench.sizes:
        for who in (OURS, BY_HAND, COLLECTED):
            runs = bench.runs[who, size]
            own = [median(run.wall for run in runs), median(run.cpu for run in runs)]
            ratios = ["", "", ""]
            if who != OURS:
                values: tuple[Callable[[Run], float], ...] = (lambda r: r.wall, lambda r: r.cpu, lambda r: r.memory)
                ratios = [f"{bench.ratio(size, who, value):.2f}" for value in values]
            cost, growth = bench.cost(who, size), bench.growth(who, size)
            yield (
                f"{size if who == OURS else '':>12} {bench.resources[size] if who == OURS else '':>9}  {who:<12} "
                f"{own[0]:7.2f} {own[1]:7.2f} {median(run.memory for run in runs):6.0f} "
                f"{ratios[0]:>13} {ratios[1]:>5} {ratios[2]:>7} "
                f"{f'{cost * 1000:.2f}' if cost else '':>8} {f'{growth:.2f}' if growth else '':>7}"
            )


def _bars(bench: Bench) -> Iterator[Bar]:
    if JUDGED in bench.sizes:
        for other, limit in ((BY_HAND, 1.25), (COLLECTED, 0.6)):
            value = bench.ratio(JUDGED, other, lambda run: run.cpu)
            yield Bar(text=f"{JUDGED:,} repositories: ours / {other}", value=value, limit=limit)
        growth = bench.growth(OURS, JUDGED)
        if growth:
            yield Bar(text=f"{JUDGED:,} repositories: cost of a resource / at {REFERENCE}", value=growth, limit=1.15)
    size, seconds = bench.fault()
    yield Bar(
        text=f"{size:,} repositories: seconds until a fault in the last is reported", value=seconds, limit=FAULT_SECONDS
    )


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if options.check and not {SIZES[0], REFERENCE, JUDGED} <= set(options.sizes):
        parser.error(f"--check judges {JUDGED} repositories by {SIZES[0]} and {REFERENCE}: name them in --sizes")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.sizes)
        bench.check_types()
        bench.measure(options.runs)
        bars = list(_bars(bench))
    print(*_table(bench), "", sep="\n")
    for bar in bars:
        print(f"{'holds ' if bar.held else 'MISSED'}  {bar.text}: {bar.value:.2f}, at most {bar.limit:.2f}")
    return 1 if options.check and not all(bar.held for bar in bars) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.render", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=_sizes, default=list(SIZES), help="how many repositories (default: 10,100,1000)"
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds for each size (default: 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    return parser


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


if __name__ == "__main__":
    raise SystemExit(main())
