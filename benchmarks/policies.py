"""`python -m benchmarks.policies`: the rules on generated stacks, offline and as the engine asks them.

Offline is `policies.pack.judge.judge` on a render, with no document read before; the analyzer gets one call for each
resource and one for the stack, over gRPC, in a process of its own. Bars are held to CPU time. The gate is the whole
process `python -m review gate --alone` beside `python -m review render`, in turns.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.catalog import ROOT, STACK, write_project
from policies.pack.judge import judge
from policies.pack.levels import FOLDER, load_levels
from render.rendering import render
from render.resource import Resource
from tests.policies.analyzer import serving

SIZES = (300, 3_000, 30_000)
OFFLINE_MICROSECONDS = 80
GATE_RATIO = 1.35
BOTH_STACKS_SECONDS = 6.0
# A repository with its policies in four regions, and the role of its publisher where that is not another's already.
_RESOURCES_PER_REPOSITORY = 16.5
_RESOURCES_BESIDE = 50
_ROUNDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="how many resources: 300,3000,30000")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = parser.parse_args()
    print(f"{'resources':>9} {'offline us':>11} {'analyzer us':>12}   for each resource", flush=True)
    costs = [_row(int(size)) for size in options.sizes.split(",")]
    ratio, seconds = _gate()
    bars = [
        ("offline, microseconds for each resource", max(costs), OFFLINE_MICROSECONDS),
        ("gate / render alone", ratio, GATE_RATIO),
        ("gate on both stacks of this repository, seconds", seconds, BOTH_STACKS_SECONDS),
    ]
    for text, value, limit in bars:
        print(f"{'holds ' if value <= limit else 'MISSED'}  {text}: {value:.2f}, at most {limit:.2f}")
    return 1 if options.check and any(value > limit for _, value, limit in bars) else 0


def _row(size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, round((size - _RESOURCES_BESIDE) / _RESOURCES_PER_REPOSITORY))
        resources = render(project, STACK).resources
    offline = _offline(resources)
    print(f"{len(resources):>9,} {offline:>11.1f} {_through_analyzer(resources):>12.1f}", flush=True)
    return offline


def _offline(resources: Sequence[Resource]) -> float:
    """Microseconds for each resource."""
    levels = load_levels(FOLDER / "prod.json")
    started = time.process_time()
    judge(resources, levels, datetime.now(UTC).date())
    return (time.process_time() - started) / len(resources) * 1e6


def _through_analyzer(resources: Sequence[Resource]) -> float:
    with serving(FOLDER) as analyzer:
        analyzer.configure_from(FOLDER / "prod.json")
        custom = [each for each in resources if each.custom]
        started = time.perf_counter()
        for each in custom:
            analyzer.analyze(each)
        analyzer.analyze_stack(custom)
        return (time.perf_counter() - started) / len(custom) * 1e6


def _gate() -> tuple[float, float]:
    """How much longer a gate takes than a render, and how long both stacks' gates take together."""
    ratios, both = [], []
    for _ in range(_ROUNDS):
        cpu = {(what, stack): _process(what, stack) for stack in ("dev", "prod") for what in ("render", "gate")}
        ratios += [cpu["gate", stack][1] / cpu["render", stack][1] for stack in ("dev", "prod")]
        both.append(sum(wall for (what, _), (wall, _) in cpu.items() if what == "gate"))
    return median(ratios), median(both)


def _process(command: str, stack: str) -> tuple[float, float]:
    """Seconds by the wall and of the processor that a command takes."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    alone = ["--alone"] if command == "gate" else []
    arguments = [sys.executable, "-m", "review", command, "--stack", stack, "--format", "json", *alone]
    subprocess.run(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
