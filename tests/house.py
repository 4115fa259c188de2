"""What `make check` asks of the tree as a whole: names that mean one thing, and the table of modules.

python -m tests.house names              # exit 1 where a name means two things
python -m tests.house modules            # write the table in docs/architecture.md anew
python -m tests.house modules --check    # exit 1 where the table is not what the docstrings say
"""

import ast
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs", "architecture.md")
BEGIN, END = "<!-- modules: made by `make modules` -->", "<!-- end of modules -->"
NOT_SOURCE = ("tests/", "benchmarks/", "localcloud/tests/")
LISTED_ELSEWHERE = "policies/rules/"
"""policies/README.md has each rule with its risk and remediation."""


@dataclass(frozen=True, slots=True)
class Module:
    """One file of source, parsed."""

    path: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return Path(self.path).stem

    @property
    def package(self) -> str:
        return str(Path(self.path).parent)

    @property
    def summary(self) -> str:
        return (ast.get_docstring(self.tree) or "").partition("\n\n")[0].replace("\n", " ")

    def public(self, *kinds: type[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]) -> Iterator[str]:
        for node in self.tree.body:
            if isinstance(node, kinds) and not node.name.startswith("_"):
                yield node.name


def files(root: Path) -> list[str]:
    """All Python files, those that are new and not ignored, too."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        capture_output=True, encoding="utf-8", check=True,
    ).stdout.splitlines()  # fmt: skip
    return sorted({path for path in listed if (root / path).is_file()})


def modules(root: Path) -> list[Module]:
    paths = [path for path in files(root) if not path.startswith(NOT_SOURCE)]
    return [Module(path, ast.parse((root / path).read_text(encoding="utf-8"))) for path in paths]


def name_faults(found: Sequence[Module], may_repeat: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Names that mean two things in the source; modules and functions of a role or a protocol may repeat."""
    for name, paths in _repeated(found, lambda module: module.public(ast.ClassDef)).items():
        yield f"class {name} is defined in {', '.join(paths)} (rename all but one)"
    functions = _repeated(found, lambda module: module.public(ast.FunctionDef, ast.AsyncFunctionDef))
    named = _repeated(found, lambda module: () if module.name.startswith("__") else (module.name,))
    for kind, repeated in (("modules", named), ("functions", functions)):
        for name in sorted({*repeated} - {*may_repeat[kind]}):
            where = ", ".join(repeated[name])
            yield f"{name} names several {kind}: {where} (rename, or add it to {kind} in [tool.house])"
        for name in sorted({*may_repeat[kind]} - {*repeated}):
            yield f"{name} names no two {kind} (remove it from {kind} in [tool.house])"
    yield from _shadowed(found)


def faults_of_test_files(paths: Iterable[str]) -> Iterator[str]:
    """pytest imports a test's file by its name alone, where it runs the tests of several folders."""
    named = defaultdict[str, list[str]](list)
    for path in paths:
        named[Path(path).name].append(path)
    for name, same in named.items():
        if name.startswith("test_") and len(same) > 1:
            yield f"{name} is the name of {' and '.join(same)} (rename all but one)"


def _repeated(found: Iterable[Module], names: Callable[[Module], Iterable[str]]) -> dict[str, list[str]]:
    paths = defaultdict[str, list[str]](list)
    for module in found:
        for name in names(module):
            paths[name].append(module.path)
    return {name: paths[name] for name in sorted(paths) if len(paths[name]) > 1}


def _shadowed(found: Sequence[Module]) -> Iterator[str]:
    """Packages that export a function under the name of one of their modules: an import then gives either."""
    inside = defaultdict[str, set[str]](set)
    for module in found:
        inside[module.package].add(module.name)
    for module in found:
        if module.name != "__init__":
            continue
        for node in module.tree.body:
            for each in node.names if isinstance(node, ast.ImportFrom) else ():
                name = each.asname or each.name
                if name in inside[module.package]:
                    yield f"{module.path} exports {name}, which is a module of the package too (rename the module)"


def table(found: Iterable[Module]) -> str:
    """A heading for each top-level folder, and a row for each module, from the docstrings."""
    lines: list[str] = []
    top = None
    for module in found:
        if module.path.startswith(LISTED_ELSEWHERE) or "/" not in module.path:
            continue
        if module.path.partition("/")[0] != top:
            top = module.path.partition("/")[0]
            lines += ["", f"### {top}/", "", "| Module | What it is for |", "| --- | --- |"]
        if module.summary:
            path = f"{module.package}/" if module.name == "__init__" else module.path
            lines.append(f"| `{path}` | {module.summary.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def page_with(text: str, found: Iterable[Module]) -> str:
    head, begins, rest = text.partition(BEGIN)
    _, ends, tail = rest.partition(END)
    if not begins or not ends:
        raise ValueError(f"{PAGE} has not both {BEGIN} and {END} (add them where the table belongs)")
    return f"{head}{BEGIN}\n{table(found)}\n{END}{tail}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    found = modules(root)
    if arguments == ["names"]:
        configured = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["house"]
        faults = [*name_faults(found, configured), *faults_of_test_files(files(root))]
        print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
        return 1 if faults else 0
    if arguments[:1] != ["modules"] or arguments[1:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    text = (root / PAGE).read_text(encoding="utf-8")
    wanted = page_with(text, found)
    if arguments[1:]:
        if text != wanted:
            print(f"{PAGE}: the table of modules is not what the docstrings say: run `make modules`", file=sys.stderr)
        return int(text != wanted)
    (root / PAGE).write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
