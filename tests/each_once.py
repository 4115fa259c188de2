"""Whether several calls of pytest run each test exactly once between them.

python -m pytest -p tests.each_once --ran FILE …    # writes down which tests the call ran or skipped
python -m tests.each_once FILE… -- ARGUMENTS        # compares these, and what ARGUMENTS select, with all tests
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest


@dataclass
class Recorder:
    """Writes the ids of the tests that ran, or were skipped, into a file."""

    file: Path
    ran: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self.ran.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.ran), encoding="utf-8")


@dataclass
class Selection:
    """What a call would run of all that it finds."""

    selected: list[str] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.deselected += [each.nodeid for each in items]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.selected += [each.nodeid for each in session.items]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ran", type=Path, metavar="FILE", help="write down which tests ran")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("ran")
    if file is not None and not hasattr(config, "workerinput"):  # a worker of xdist reports to the process that has it
        config.pluginmanager.register(Recorder(file))


def faults(every: Iterable[str], runs: Iterable[Iterable[str]]) -> list[str]:
    """The tests that no run has, and those that there are twice."""
    times = Counter(test for run in runs for test in run)
    return [f"{'never' if times[test] == 0 else f'{times[test]} times'}: {test}" for test in every if times[test] != 1]


def main(arguments: list[str]) -> int:
    end = arguments.index("--")
    found, out = Selection(), StringIO()
    with redirect_stdout(out):
        status = pytest.main(["--collect-only", "--quiet", *arguments[end + 1 :]], plugins=[found])
    if status != pytest.ExitCode.OK:
        print(out.getvalue(), file=sys.stderr)
        return int(status)
    runs = [json.loads(Path(file).read_text(encoding="utf-8")) for file in arguments[:end]]
    wrong = faults([*found.selected, *found.deselected], [*runs, found.selected])
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    print(f"{len(found.selected)} tests are still to be run, {sum(map(len, runs))} ran; {len(wrong)} never or twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
