"""The runner: what it changes, how it calls that, and that it tells a mutant that lives from one that dies."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.mutants import __main__ as command
from tests.mutants.finding import ROOT, Mutant, all_mutants, nearest_tests, renamed, why_absent
from tests.mutants.operators import sites
from tests.mutants.running import Outcome

NAME = "kms_enabled.check:in-to-notin:1"
SOURCE = '''
def check(values: "list[int]", strict: bool) -> object:
    """A docstring is no behaviour."""
    for each in values:
        if each < 3 and not strict:
            continue
        yield any(one in (1, 2) for one in values if one)
    if strict:
        raise ValueError("some" == "message")
    return {"key": f"{each == 1}", "a message": True}


class Kept:
    limit = 3

    def is_empty(self) -> bool:
        def inner() -> int:
            return 5 - self.limit

        return inner() is None
'''
CHANGES = {
    "m.check:and-to-or:1": "if each < 3 or not strict:",
    "m.check:lt-to-lte:1": "if each <= 3 and (not strict):",
    "m.check:add-one:1": "if each < 4 and (not strict):",
    "m.check:drop-not:1": "if each < 3 and strict:",
    "m.check:drop-continue:1": "pass",
    "m.check:drop-yield:1": "yield from ()",
    "m.check:any-to-all:1": "yield all((one in (1, 2) for one in values if one))",
    "m.check:in-to-notin:1": "yield any((one not in (1, 2) for one in values if one))",
    "m.check:add-one:2": "yield any((one in (2, 2) for one in values if one))",
    "m.check:add-one:3": "yield any((one in (1, 3) for one in values if one))",
    "m.check:drop-filter:1": "yield any((one in (1, 2) for one in values))",
    "m.check:negate-test:1": "if not strict:",
    "m.check:return-none:1": "return None",
    "m.check:other-text:1": "return {'key~': f'{each == 1}', 'a message': True}",
    "m.check:flip-bool:1": "return {'key': f'{each == 1}', 'a message': False}",
    "m.Kept.is_empty:return-negated:1": "return not inner() is None",
    "m.Kept.is_empty:is-to-isnot:1": "return inner() is not None",
    "m.Kept.is_empty.inner:return-none:1": "return None",
    "m.Kept.is_empty.inner:sub-to-add:1": "return 5 + self.limit",
    "m.Kept.is_empty.inner:add-one:1": "return 6 - self.limit",
}
"""Every mutant of the source, with the line that it has in place of another."""


def test_each_change_is_one_and_has_a_name() -> None:
    assert {each.name for each in sites("m", ast.parse(SOURCE))} == set(CHANGES)
    for name, line in CHANGES.items():
        tree = ast.parse(SOURCE)
        before = ast.unparse(tree).splitlines()
        next(each for each in sites("m", tree) if each.name == name).change()
        [changed] = [new for old, new in zip(before, ast.unparse(tree).splitlines(), strict=True) if old != new]
        assert changed.strip() == line, name


def test_a_mutant_is_found_under_the_name_that_its_function_has_now() -> None:
    names = {"old": "new", "old.f": "other.g", "m.f:add-one:2": "m.f:add-one:1"}
    assert renamed("old.h:drop-not:1", names) == "new.h:drop-not:1"
    assert renamed("old.f:drop-not:1", names) == "other.g:drop-not:1"
    assert renamed("older.f:drop-not:1", names) == "older.f:drop-not:1"
    assert renamed("m.f:add-one:2", names) == "m.f:add-one:1"


def test_what_is_gone_is_reported_with_what_is_near() -> None:
    mutants = all_mutants()
    assert "kms_enabled.check" in why_absent("kms_enabled._check:drop-not:1", mutants)
    assert "it has drop-yield" in why_absent("kms_enabled.check:sub-to-add:1", mutants)


def test_the_nearest_tests_come_first() -> None:
    [own, *_] = nearest_tests(all_mutants()[NAME].path)
    assert own == ROOT / "tests/policies/rules/test_kms_enabled.py"


def test_a_pick_is_spread_over_functions() -> None:
    mutants = [Mutant(f"m.f{n}:drop-not:{i}", Path(), 1) for n in range(command.RECORDED - 1) for i in (1, 2, 3)]
    picked = command.picked(mutants)
    functions = [each.function for each in picked]
    assert len(picked) == command.RECORDED
    assert sorted(map(functions.count, set(functions))) == [*[1] * (command.RECORDED - 2), 2]
    assert picked == command.picked(mutants[::-1])


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """What the command ends with, where these are recorded and those survive."""

    def outcome(mutant: Mutant | None, *, survives: bool) -> Outcome:
        return Outcome(mutant, survives=survives, hangs=False, seconds=0, output="")

    def ended(dies: list[str], *words: str, survivors: Sequence[str] = ()) -> int:
        recorded = {"renamed": {"kms_enabled.old": "kms_enabled.check"}, "passed_over": {}, "dies": dies}
        (tmp_path / "mutants.json").write_text(json.dumps(recorded), encoding="utf-8")
        monkeypatch.setattr(command, "LIST", tmp_path / "mutants.json")
        monkeypatch.setattr(command, "control", lambda _: outcome(None, survives=True))
        monkeypatch.setattr(command, "run", lambda them, **_: [outcome(m, survives=m.name in survivors) for m in them])
        monkeypatch.setattr(sys, "argv", ["mutants", *words])
        return command.main()

    return ended


def test_it_fails_where_one_lives_or_is_gone(results: Callable[..., int]) -> None:
    gone = "kms_enabled.gone:negate-test:1"
    assert results([NAME]) == 0
    assert results(["kms_enabled.old:in-to-notin:1"], "--sample", "1") == 0
    assert results([NAME], survivors=[NAME]) == 1
    assert results([gone]) == 1
    assert results([NAME, gone], "--sample", "0") == 1


def test_it_fails_where_the_tests_fail_without_a_mutant(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Outcome(None, survives=False, hangs=False, seconds=0, output="E assert")
    monkeypatch.setattr(command, "control", lambda _: failed)
    monkeypatch.setattr(sys, "argv", ["mutants", NAME])
    with pytest.raises(SystemExit, match="E assert"):
        command.main()


def test_the_command_puts_a_mutant_before_its_tests() -> None:
    words = [sys.executable, "-m", "tests.mutants", NAME]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "FAILED tests/policies/rules/test_kms_enabled.py::test_a_key_can_be_used" in done.stdout
