"""The base's file of levels beside the change's: whether its code can read exceptions by repository, which commit must
be merged first if not, and which levels change."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from policies.pack.levels import ENFORCEMENT_LEVEL, levels_file
from review.revision import commits_since

_CODE = Path("policies", "pack", "rule.py")
_CLASS, _FIELD = "Exemption", "repository"


def to_merge_first(project: Path, base: Path, revision: str, stack: str) -> str | None:
    """A sentence, where the change or the base has exceptions by repository and the base's code can't read them."""
    files = (levels_file(folder, stack) for folder in (project, base))
    if not any(map(_has_repositories, files)) or _reads(_text(base / _CODE)):
        return None
    first = next((commit for commit, code in commits_since(project, revision, _CODE) if _reads(code)), None)
    what = f"the commit {first}" if first else f"the change of {_CODE.as_posix()}"
    return f"merge {what} first, which reads them, and the exceptions after it, in a change of their own"


def changed_levels(project: Path, base: Path, stack: str) -> Iterator[str]:
    """Of each rule with another level than in the base: both, whatever revision the files belong to."""
    after, before = (_rules(levels_file(folder, stack)) for folder in (project, base))
    for rule in sorted(before.keys() & after.keys()):
        old, new = (
            each.get(ENFORCEMENT_LEVEL) if isinstance(each, dict) else each for each in (before[rule], after[rule])
        )
        if old != new:
            yield f"{rule}: {old} -> {new}"


def _has_repositories(file: Path) -> bool:
    return any(_FIELD in each for each in _exceptions(_rules(file)))


def _rules(file: Path) -> dict[str, object]:
    try:
        rules = json.loads(_text(file))
    except ValueError:
        return {}
    return rules if isinstance(rules, dict) else {}


def _exceptions(rules: dict[str, object]) -> Iterator[dict[str, object]]:
    for rule in rules.values():
        listed = rule.get("exceptions") if isinstance(rule, dict) else None
        yield from (each for each in listed if isinstance(each, dict)) if isinstance(listed, list) else ()


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _reads(code: str) -> bool:
    """Whether an exception has the field by that code; nothing of it is run."""
    try:
        classes = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.ClassDef) and each.name == _CLASS]
    except (SyntaxError, ValueError):
        return False
    fields = (field.target for each in classes for field in each.body if isinstance(field, ast.AnnAssign))
    return any(isinstance(field, ast.Name) and field.id == _FIELD for field in fields)
