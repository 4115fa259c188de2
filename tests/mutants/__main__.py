"""`python -m tests.mutants`: small changes in what judges, each of which some test must notice."""

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.mutants.finding import PICKED_FROM, Mutant, all_mutants, renamed, why_absent
from tests.mutants.running import control, run

LIST = Path(__file__).parent / "mutants.json"
"""`dies`: the recorded mutants. `renamed`: modules, functions or mutants that have another name since, old name to new.
`passed_over`: mutants that are not picked, and why."""
RECORDED = 150
SEED = 12


def main() -> int:
    given = _arguments()
    recorded = json.loads(LIST.read_text(encoding="utf-8"))
    mutants = all_mutants()
    if given.record:
        return _record(recorded, mutants, given.jobs)
    wanted = [renamed(each, recorded["renamed"]) for each in given.names or recorded["dies"]]
    absent = [each for each in wanted if each not in mutants]
    for name in absent:
        print(f"GONE {why_absent(name, mutants)}")
    if absent:
        print(f"{len(absent)} of {len(wanted)} mutants are gone. Say under `renamed` in {LIST.name} what each function")
        print("(its module, or the mutant) is called now, or put a mutant of what the function became under `dies`.")
    present = [each for each in wanted if each in mutants]
    if given.sample is not None:
        print(f"python -m tests.mutants --sample {given.sample} --seed {given.seed}", flush=True)
        present = random.Random(given.seed).sample(present, min(given.sample, len(present)))  # noqa: S311
    survivors = _survivors([mutants[each] for each in present], given.jobs, verbose=bool(given.names))
    return 1 if absent or survivors else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants, with what pytest says")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of the recorded mutants")
    parser.add_argument("--seed", type=int, default=f"{datetime.now(UTC):%Y%m%d}", help="which (default: today's date)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--record", action="store_true", help="pick the mutants anew and record those that die")
    return parser.parse_args()


def _survivors(mutants: Sequence[Mutant], jobs: int, *, verbose: bool = False) -> list[Mutant]:
    """Those that no test notices; says how each went."""
    if not mutants:
        return []
    unchanged = control(mutants)
    if not unchanged.survives:
        raise SystemExit(f"the tests fail without any mutant:\n{unchanged.output}")
    print(f"the tests pass on the code as it is ({unchanged.seconds:.1f} CPU s)", flush=True)
    survivors, seconds = [], unchanged.seconds
    for number, outcome in enumerate(run(mutants, jobs=jobs), start=1):
        if (mutant := outcome.mutant) is None:
            continue
        seconds += outcome.seconds
        word = "SURVIVES" if outcome.survives else "hangs   " if outcome.hangs else "dies    "
        where = f"{os.path.relpath(mutant.path)}:{mutant.line}"
        print(f"{number:4}/{len(mutants)} {word} {outcome.seconds:5.1f} s  {mutant.name}  {where}", flush=True)
        if verbose:
            print(outcome.output)
        if outcome.survives:
            survivors.append(mutant)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants die, in {seconds:.0f} CPU s")
    return survivors


def _record(recorded: dict[str, Any], mutants: dict[str, Mutant], jobs: int) -> int:
    candidates = [each for each in mutants.values() if each.folder in PICKED_FROM]
    tried = picked([each for each in candidates if each.name not in recorded["passed_over"]])
    survivors = {each.name for each in _survivors(tried, jobs)}
    recorded |= {"renamed": {}, "dies": sorted(each.name for each in tried if each.name not in survivors)}
    LIST.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    return 1 if survivors else 0


def picked(candidates: Sequence[Mutant]) -> list[Mutant]:
    """By the seed and the names alone, first one of each function, so that another file changes no other pick."""

    def lot(name: str) -> str:
        return sha256(f"{SEED} {name}".encode()).hexdigest()

    rounds: dict[str, int] = {}
    ranked = []
    for each in sorted(candidates, key=lambda each: lot(each.name)):
        rounds[each.function] = rounds.get(each.function, 0) + 1
        ranked.append((rounds[each.function], lot(each.function), each))
    return [each for *_, each in sorted(ranked, key=lambda entry: entry[:2])[:RECORDED]]


if __name__ == "__main__":
    sys.exit(main())
