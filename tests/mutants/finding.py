"""The mutants that there are, and the tests that concern each."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import CodeType

from tests.mutants.operators import sites

ROOT = Path(__file__).parents[2]
PICKED_FROM = ("policies", "domain/iam")
TESTS_OF = {"policies": "tests/policies", "domain/iam": "tests/domain/iam", "domain": "tests/domain"}
"""Where a mutant may be, as its function may have moved since it was picked, and where its tests are."""
_LEFT_OUT = ("__init__", "__main__", "engine", "readme", "bundle")
"""Modules that judge nothing."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    name: str
    path: Path
    line: int

    @property
    def function(self) -> str:
        return self.name.partition(":")[0]

    @property
    def folder(self) -> str:
        return _folder(self.path)

    @property
    def module(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)

    @property
    def tests(self) -> list[Path]:
        return nearest_tests(self.path)

    def code(self) -> CodeType:
        """The module, compiled with this change."""
        tree = _tree(self.path)
        next(each for each in sites(self.path.stem, tree) if each.name == self.name).change()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


@cache
def all_mutants() -> dict[str, Mutant]:
    """By name. Of modules that would give the same, the first folder's counts; where it has two, none."""
    found: dict[str, list[Mutant]] = {}
    for folder in TESTS_OF:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.stem not in _LEFT_OUT and _folder(path) == folder:
                for site in sites(path.stem, _tree(path)):
                    mutant = Mutant(site.name, path, site.line)
                    found.setdefault(site.name, []).append(mutant)
    by_folder = ([each for each in same if each.folder == same[0].folder] for same in found.values())
    return {first.name: first for first, *others in by_folder if not others}


def _folder(path: Path) -> str:
    return next(each for each in TESTS_OF if path.is_relative_to(ROOT / each))


def renamed(name: str, names: dict[str, str]) -> str:
    """The name after a module, a function or the mutant itself was called otherwise; the most exact entry counts."""
    for old in sorted(names, key=len, reverse=True):
        if name == old or name.startswith((f"{old}.", f"{old}:")):
            return names[old] + name.removeprefix(old)
    return name


def why_absent(name: str, mutants: dict[str, Mutant]) -> str:
    """What became of a mutant that is not there."""
    function = name.partition(":")[0]
    functions = {each.function for each in mutants.values()}
    if function in functions:
        there = [each.rpartition(":")[0].partition(":")[2] for each in mutants if each.partition(":")[0] == function]
        return f"{name}: {function} has no such place any more; it has {', '.join(sorted(set(there)))}"
    last = function.rpartition(".")[2].strip("_")
    near = [each for each in sorted(functions) if each.rpartition(".")[2].strip("_") == last]
    near += get_close_matches(function, sorted(functions), n=3)
    return f"{name}: there is no function {function} any more; near are {', '.join(dict.fromkeys(near)) or 'none'}"


@cache
def nearest_tests(path: Path) -> list[Path]:
    """The test files that reach the module by imports, those by the shortest way first."""
    ways = {test: _distance(test, path) for test in sorted((ROOT / TESTS_OF[_folder(path)]).rglob("test_*.py"))}
    reached = {test: way for test, way in ways.items() if way is not None}
    return sorted(reached, key=lambda test: (reached[test], path.stem not in test.stem, test))


def _distance(test: Path, path: Path) -> int | None:
    seen, edge, way = {test}, {test}, 0
    while edge:
        if path in edge:
            return way
        edge, way = {there for here in edge for there in _imports(here)} - seen, way + 1
        seen |= edge
    return None


@cache
def _imports(path: Path) -> frozenset[Path]:
    """The project's files that a file imports."""
    return frozenset(found for name in imported(path) for found in _file(name))


@cache
def imported(path: Path) -> frozenset[str]:
    """All that a file may import, by dotted names."""
    found = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return frozenset(found)


def _file(name: str) -> Iterator[Path]:
    path = ROOT.joinpath(*name.split("."))
    yield from (each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file())


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path)
