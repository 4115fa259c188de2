"""What every command prints."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks import ROOT

SOURCES = ("bootstrap", "domain", "ops", "policies", "rehearsal", "render", "review", "settings")
_OF_A_STACK = re.compile(r"pulumi (?:cancel|config|destroy|import|preview|refresh|stack|state|up)\b")


def texts(code: str) -> Iterator[str]:
    """The text constants of a module, those with values in them as one, but for docstrings."""
    tree = ast.parse(code)
    parts = {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in each.values}
    lone = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for each in ast.walk(tree):
        if isinstance(each, ast.JoinedStr) or (
            isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in parts | lone
        ):
            yield ast.unparse(each)


@pytest.mark.parametrize("package", SOURCES)
def test_a_command_of_pulumi_names_the_stack(package: str) -> None:
    """Else it works on the stack that happens to be selected."""
    files = (ROOT / package).rglob("*.py")
    found = [(file.relative_to(ROOT), text) for file in files for text in texts(file.read_text(encoding="utf-8"))]
    assert found
    commands: list[tuple[Path, str]] = [(file, text) for file, text in found if _OF_A_STACK.search(text)]
    assert [(file, text) for file, text in commands if "--stack" not in text] == []


def test_a_command_without_a_stack_is_found() -> None:
    found = list(texts('a = f"run `pulumi up {b}`"; c = "pulumi about"'))
    assert [_OF_A_STACK.search(each) is not None for each in found] == [True, False]
