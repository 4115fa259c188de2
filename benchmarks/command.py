"""`python -m review render`, in a process that also prints how long it took after its imports."""

import argparse
import contextlib
import json
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

# What the program imports by itself; here, so that it counts as an import.
import components
from benchmarks.catalog import STACK
from review.__main__ import main as review

__all__ = ["components"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument(
        "--imports", nargs="*", default=(), help="what it imports once it needs it, which does not count"
    )
    options = parser.parse_args()
    imported(options.imports)
    started = time.process_time()
    with options.output.open("w", encoding="utf-8") as output, contextlib.redirect_stdout(output):
        code = review(["render", "--stack", STACK, "--project", str(options.project), "--format", "json"])
    print(json.dumps({"seconds": time.process_time() - started}))
    return code


def imported(modules: Iterable[str]) -> None:
    """The SDK puts the import of a module off until something of it is asked for, whatever it is."""
    for module in modules:
        hasattr(import_module(module), "outputs")


if __name__ == "__main__":
    raise SystemExit(main())
