"""The local cloud could leave the house: with its tests it imports nothing of ours but the client and the domain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ALONE = {"domain", "localcloud", "oci"}
OURS = {each.name for each in ROOT.iterdir() if each.is_dir() and any(each.glob("*.py"))}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


@pytest.mark.parametrize("package", sorted(ALONE))
def test_it_imports_nothing_else_of_ours(package: str) -> None:
    assert ALONE | {"rehearsal", "tests"} < OURS
    files = list((ROOT / package).rglob("*.py"))
    assert files
    names = {(file, name.partition(".")[0]) for file in files for name in imported(file)}
    assert {(file, name) for file, name in names if name in OURS - ALONE} == set()
