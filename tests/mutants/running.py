"""Mutants put before their tests, each in a fork of this process, which has imported all but the project itself."""

import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants.finding import ROOT, TESTS_OF, Mutant

PACKAGES = ("hypothesis.strategies", "pulumi_aws.ecr", "pulumi_aws.iam", "pulumi_aws.kms", "pydantic", "xdist")
"""What takes long to import. Nothing of the project: a fork must import that anew, with the mutant in it."""
CPU_SECONDS = 60
WALL_SECONDS = 600
_ARGUMENTS = (
    *("-x", "-q", "--tb=short", "-o", "addopts=", "-m", "not node"),
    # The same examples each time, also where the caller wants others.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning", "--hypothesis-profile", "project"),
)
_PASSED, _DIED = 0, (1, 2, 4)
"""pytest's exit codes: tests failed, or a test file or conftest could not be imported."""


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a mutant, or of the code as it is."""

    mutant: Mutant | None
    survives: bool
    hangs: bool
    seconds: float
    output: str


class _Changed(MetaPathFinder, Loader):
    """Imports one module from other code than its file's."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.code: CodeType = mutant.code()

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.mutant.module:
            return None
        return spec_from_file_location(fullname, self.mutant.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102  it is what is tested


def run(mutants: Sequence[Mutant], *, jobs: int) -> Iterator[Outcome]:
    """The outcome of each, as they end."""
    _prepare()
    yield from _forked([(mutant, mutant.tests) for mutant in mutants], jobs)


def control(mutants: Sequence[Mutant]) -> Outcome:
    """The same tests on the code as it is, all of which must pass."""
    _prepare()
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    [outcome] = _forked([(None, tests)], 1)
    return outcome


def _prepare() -> None:
    for each in PACKAGES:
        import_module(each)
    ours = {folder.partition("/")[0] for folder in TESTS_OF} & sys.modules.keys()
    if ours:
        raise RuntimeError(f"{', '.join(sorted(ours))} is imported already, so a fork would not import the mutant")


def _forked(waiting: list[tuple[Mutant | None, list[Path]]], jobs: int) -> Iterator[Outcome]:
    running: dict[int, tuple[Mutant | None, Path]] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    mutant, tests = waiting.pop(0)
                    output = Path(folder, f"{len(waiting)}")
                    pid = os.fork()
                    if pid == 0:
                        _child(mutant, tests, output)
                    running[pid] = mutant, output
                pid, status, usage = os.wait3(0)
                mutant, output = running.pop(pid)
                yield _outcome(mutant, status, usage.ru_utime + usage.ru_stime, output.read_text(errors="replace"))
        finally:
            for pid in running:
                os.kill(pid, signal.SIGKILL)


def _outcome(mutant: Mutant | None, status: int, seconds: float, output: str) -> Outcome:
    hangs = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGALRM}
    code = os.waitstatus_to_exitcode(status)
    if not hangs and code not in {_PASSED, *_DIED}:
        raise RuntimeError(f"{mutant}: pytest ended with {code}:\n{output[-3000:]}")
    return Outcome(mutant, survives=code == _PASSED, hangs=hangs, seconds=seconds, output=output)


def _child(mutant: Mutant | None, tests: list[Path], output: Path) -> None:
    """Never returns."""
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        signal.alarm(WALL_SECONDS)
        target = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.chdir(ROOT)
        if mutant:
            sys.meta_path.insert(0, _Changed(mutant))
        code = int(pytest.main([*_ARGUMENTS, "-o", f"cache_dir={output}.cache", *map(str, tests)]))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  a fork must not go on as its parent
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)
