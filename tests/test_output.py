"""Lines for a terminal are as wide as it is, and those for a file or a pipe always the same."""

import sys

import pytest

from render.output import Style, painted, sign_styles, wrapped
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


@cases(
    "is_terminal, environment, text",
    (True, {}, "\x1b[1;31mfailed\x1b[0m"),
    (True, {"NO_COLOR": ""}, "\x1b[1;31mfailed\x1b[0m"),
    (True, {"NO_COLOR": "1"}, "failed"),
    (True, {"TERM": "dumb"}, "failed"),
    (False, {}, "failed"),
)
def test_only_a_terminal_that_wants_colors_gets_them(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, environment: dict[str, str], text: str
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    for name, value in {"NO_COLOR": None, "TERM": "xterm", **environment}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert painted("failed", Style.BOLD, Style.RED) == text


def test_colors_take_no_room_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    plain = wrapped("  - " + "repository " * 20, "    ")
    colored = wrapped("  - " + "repository " * 20, "    ", *sign_styles("  - x"))
    assert colored == [f"\x1b[31m{line}\x1b[0m" for line in plain]


@cases("line, style", ("  + a", Style.GREEN), ("~ a", Style.YELLOW), ("- a", Style.RED), ("± a", Style.RED), ("", None))
def test_a_sign_has_its_color(line: str, style: Style | None) -> None:
    assert sign_styles(line) == ((style,) if style else ())
