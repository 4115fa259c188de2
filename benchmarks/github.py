"""`python -m benchmarks.github`: what 300 sources at GitHub cost in a render, beside the resources of the registry.

A catalog of 300 repositories, each of which another GitHub repository pushes: the same stack with the key `github` and
without. What is added is held to the cost of a resource of the registry, in CPU time without imports; each number is
the median of the rounds. The requests of a first deployment are compared with GitHub's limit.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.catalog import SOURCES, STACK, write_project
from benchmarks.clusters import run_command
from domain.github_source import REQUESTS_PER_HOUR, requests
from settings import load

WITHOUT, WITH = "without", "with"
OPTIONS = {
    "owner": "acme",
    "owns_repositories": True,
    "environments": {"*": {"reviewers": {"teams": [4201]}}},
    "registry": {"repository": "container-registry"},
}
OVER_REGISTRY = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.github", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), options.runs, check=options.check)


def _measured(folder: Path, runs: int, *, check: bool) -> int:
    write_project(folder / WITHOUT, SOURCES)
    write_project(folder / WITH, SOURCES, github=OPTIONS)
    seconds: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    for number in range(1, runs + 1):
        for each, some in seconds.items():
            some.append(run_command("benchmarks.command", str(folder / each), str(folder / f"{each}.json")))
        print(f"round {number} of {runs}", file=sys.stderr, flush=True)
    counts = {each: len(json.loads((folder / f"{each}.json").read_text())["resources"]) for each in seconds}
    more = counts[WITH] - counts[WITHOUT]
    added = median(one - other for one, other in zip(seconds[WITH], seconds[WITHOUT], strict=True)) / more
    registry = median(seconds[WITHOUT]) / counts[WITHOUT]
    print(
        f"{SOURCES} sources: {more:,} resources more, {1000 * added:.2f} ms each; the registry's {1000 * registry:.2f}"
    )
    wanted = requests(load(folder / WITH, STACK).github)
    print(f"a first deployment: {wanted:,} requests to GitHub, of {REQUESTS_PER_HOUR:,} in an hour")
    held = added <= OVER_REGISTRY * registry
    print(
        f"{'holds ' if held else 'MISSED'}  at GitHub / the registry: {added / registry:.2f}, at most {OVER_REGISTRY}"
    )
    return 1 if check and not held else 0


if __name__ == "__main__":
    raise SystemExit(main())
