"""Lines for a terminal are as wide as it is, and those for a file or a pipe always the same."""

import sys

import pytest

from render.output import wrapped
from tests.cases import cases


@cases("is_terminal, columns, widest", (True, "60", 60), (True, "300", 120), (False, "60", 120))
def test_lines_are_wrapped_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, columns: str, widest: int
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    lines = wrapped("  " + "repository " * 100, "    ")
    assert widest - len("repository ") < max(map(len, lines)) <= widest
    assert all(line.startswith("    repository") for line in lines[1:])
