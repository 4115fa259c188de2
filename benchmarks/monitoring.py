"""`python -m benchmarks.monitoring`: what a registry's monitoring costs in a render, beside the SDK alone.

A catalog whose repositories each ask for an alarm of their own, as many as one composite alarm takes, in four regions.
The floor is a program that holds the finished resources and does nothing but declare them, each after what it waits
for, and the text of its render. Ours makes them from the settings, and all of the registry with them: its cost is what
it takes beyond the same stack without monitoring. Bars are held to CPU time, without imports; each number is the median
of the rounds.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.catalog import MONITORING_OFF, write_project
from benchmarks.clusters import Declared, declared_in, difference, floor, judged, ordered, run_command
from benchmarks.command import imported

REPOSITORIES = 80
OVER_FLOOR = 1.25
OPTIONS: dict[str, Any] = {
    "subscribers": [{"email": "platform@acme.example"}],
    "trail": True,
    "audit_log": True,
    "runbooks": "https://acme.example/runbooks",
}
WITHOUT, WITH, FLOOR = "without", "with", "floor"
SDK = [f"pulumi_aws.{each}" for each in ("cloudwatch", "kms", "sns", "sqs")]
_KEYS = ("monitoring@", "undelivered@")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.monitoring",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        imported(SDK)
        print(json.dumps({"seconds": floor(of_monitoring(declared_in(options.floor)))}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), options.runs, check=options.check)


def _measured(folder: Path, runs: int, *, check: bool) -> int:
    for name, monitoring in ((WITHOUT, MONITORING_OFF), (WITH, OPTIONS)):
        write_project(folder / name, REPOSITORIES, monitoring=monitoring, asking=REPOSITORIES)
    seconds: dict[str, list[float]] = {WITHOUT: [], WITH: [], FLOOR: []}
    for number in range(1, runs + 1):
        for name in (WITHOUT, WITH):
            paths = str(folder / name), str(folder / f"{name}.json")
            seconds[name].append(run_command("benchmarks.command", *paths, "--imports", *SDK))
        seconds[FLOOR].append(run_command("benchmarks.monitoring", "--floor", str(folder / f"{WITH}.json")))
        print(f"round {number} of {runs}", file=sys.stderr, flush=True)
    count, more = (len(declared_in(folder / f"{name}.json")) for name in (WITHOUT, WITH))
    more -= count
    ours, least = difference(seconds[WITH], seconds[WITHOUT]) / more, median(seconds[FLOOR]) / more
    registry = median(seconds[WITHOUT]) / count
    print(f"{REPOSITORIES} repositories with an alarm each: {more:,} resources more than {count:,}")
    print(f"ms each: ours {ours * 1000:.2f}, the registry's {registry * 1000:.2f}, the floor {least * 1000:.2f}")
    return judged([("ours / the floor", ours / least, OVER_FLOOR)], check=check)


def of_monitoring(resources: list[Declared]) -> list[Declared]:
    return [
        each for each in ordered(resources) if ":RegistryMonitoring" in each["urn"] or each["name"].startswith(_KEYS)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
