"""The comparison by which .ci/run knows that it ran each test once."""

import json
from pathlib import Path

import pytest

from tests import each_once

pytest_plugins = ("pytester",)

TESTS = """
import pytest

@pytest.mark.parametrize("text", ["a/b", "c::d\\n"])
def test_light(text): pass

@pytest.mark.skip(reason="a part is missing")
def test_skipped(): pass

@pytest.mark.slow
def test_heavy(): pass
"""
LIGHT = ["test_it.py::test_light[a/b]", "test_it.py::test_light[c::d\\n]", "test_it.py::test_skipped"]
HEAVY = "test_it.py::test_heavy"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    pytester.makepyfile(test_it=TESTS)
    pytester.makeini("[pytest]\nmarkers = slow: heavier")
    return pytester.path


def compared(folder: Path, *files: Path) -> int:
    return each_once.main([*map(str, files), "--", "-m", "slow", str(folder)])


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_call_writes_down_what_ran_and_what_was_skipped(
    folder: Path, pytester: pytest.Pytester, workers: str
) -> None:
    arguments = ("-p", "tests.each_once", "--ran", "build/ran", "-m", "not slow", "-n", workers)
    pytester.runpytest(*arguments).assert_outcomes(passed=2, skipped=1)
    assert sorted(json.loads((folder / "build" / "ran").read_text(encoding="utf-8"))) == LIGHT
    assert compared(folder, folder / "build" / "ran") == 0


@pytest.mark.parametrize(
    ("ran", "fault"),
    [(LIGHT[1:], f"never: {LIGHT[0]}"), ([*LIGHT, HEAVY], f"2 times: {HEAVY}"), (LIGHT * 2, f"2 times: {LIGHT[0]}")],
)
def test_a_test_that_never_runs_or_twice_is_reported(
    folder: Path, ran: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ran").write_text(json.dumps(ran), encoding="utf-8")
    assert compared(folder, folder / "ran") == 1
    assert fault in capsys.readouterr().err.splitlines()


def test_tests_that_can_t_be_collected_are_no_comparison(folder: Path) -> None:
    (folder / "test_broken.py").write_text("import nothing_of_that_name", encoding="utf-8")
    (folder / "ran").write_text(json.dumps(LIGHT), encoding="utf-8")
    assert compared(folder, folder / "ran") == pytest.ExitCode.INTERRUPTED
