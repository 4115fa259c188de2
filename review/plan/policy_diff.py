"""Differences of two documents: of lifecycle and IAM policies by rule and statement, of other JSON by value."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeGuard

from domain.document_text import to_json_text
from domain.ecr.globs import TooComplex
from domain.ecr.lifecycle import PolicyRule, read_lifecycle
from domain.ecr.retention import Rule
from domain.ecr.retention_change import RetentionChange, retention_changes
from domain.iam.document import parse, same
from domain.iam.statement import Statement
from domain.iam.statement_text import elements_of, statement_text
from resources import Grammar

JSON_LINES_MAX = 6
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, StopIteration)


def compare(grammar: Grammar, old: str, new: str) -> tuple[str, ...] | None:
    """The differences, a line each; empty where they are equivalent, None where one can't be read_lifecycle."""
    if old == new:
        return ()
    try:
        return _LINES[grammar](old, new)
    except _UNREADABLE:
        return None


@lru_cache(maxsize=1024)
def image_fates(old: str, new: str) -> tuple[RetentionChange, ...] | None:
    """What becomes of images otherwise than before; None where a policy can't be read, or is too complex."""
    try:
        return tuple(retention_changes(read_lifecycle(old), read_lifecycle(new)))
    except (*_UNREADABLE, TooComplex):
        return None


def _lifecycle_lines(old: str, new: str) -> tuple[str, ...]:
    """The rules that are removed, added or changed, and whether the others have another order."""
    before, after = read_lifecycle(old), read_lifecycle(new)
    removed, added = _changed_rules(before, after)
    lines = [f"~ {_described(earlier)} → {_described(rule)}" if earlier else f"+ {_described(rule)}"
             for earlier, rule in added]  # fmt: skip
    olds, news = [_meaning(each) for each in before], [_meaning(each) for each in after]
    if [each for each in olds if each in news] != [each for each in news if each in olds]:
        lines.append("~ the rules have another order: an image belongs to the first that its tags match")
    return (*(f"- {_described(rule)}" for rule in removed), *lines)


def _changed_rules(
    before: list[PolicyRule], after: list[PolicyRule]
) -> tuple[list[PolicyRule], list[tuple[PolicyRule | None, PolicyRule]]]:
    """The removed rules, and the added ones, each with the one that it was with another count."""
    olds, news = [_meaning(each) for each in before], [_meaning(each) for each in after]
    removed = [rule for rule, meaning in zip(before, olds, strict=True) if meaning not in news]
    added: list[tuple[PolicyRule | None, PolicyRule]] = []
    for rule in (rule for rule, meaning in zip(after, news, strict=True) if meaning not in olds):
        earlier = next((each for each in removed if _selection(each) == _selection(rule)), None)
        if earlier is not None:
            removed.remove(earlier)
        added.append((earlier, rule))
    return removed, added


def _described(rule: PolicyRule) -> str:
    description = rule.rule.description
    return rule.text if description in (None, rule.text) else f"{rule.text} ({description})"


def _meaning(rule: PolicyRule) -> Rule:
    """A rule as the provider compares it: its patterns have no order."""
    return replace(rule.rule, patterns=tuple(sorted(rule.rule.patterns)))


def _selection(rule: PolicyRule) -> Rule:
    """Rules that are equal in this are one rule with another count."""
    return replace(_meaning(rule), count=1, description=None)


def _statement_lines(old: str, new: str) -> tuple[str, ...]:
    before, after = parse(old), parse(new)
    if same(before, after):
        return ()
    olds = {_label(each, i): each for i, each in enumerate(before.statements)}
    news = {_label(each, i): each for i, each in enumerate(after.statements)}
    lines = [f"- {label}: {statement_text(each)}" for label, each in olds.items() if label not in news]
    for label, each in news.items():
        if label not in olds:
            lines.append(f"+ {label}: {statement_text(each)}")
        elif each.meaning() != olds[label].meaning():
            lines += [f"~ {label}: {line}" for line in _changed(olds[label], each)]
    heads = [(name, getattr(before, name), getattr(after, name)) for name in ("version", "id")]
    return (*lines, *(f"~ {name}: {one or 'none'} → {other or 'none'}" for name, one, other in heads if one != other))


def _label(statement: Statement, index: int) -> str:
    return statement.sid or f"statement {index + 1}"


def _changed(old: Statement, new: Statement) -> Iterator[str]:
    before, after = elements_of(old), elements_of(new)
    for name in dict.fromkeys([*before, *after]):
        olds, news = before.get(name, []), after.get(name, [])
        if gone := [value for value in olds if value not in news]:
            yield f"{name} without {', '.join(gone)}"
        if come := [value for value in news if value not in olds]:
            yield f"{name} with {', '.join(come)}"


def _json_lines(old: str, new: str) -> tuple[str, ...]:
    """The first few values that differ: a dashboard has hundreds."""
    found = list(_different_values("", json.loads(old), json.loads(new)))
    more = len(found) - JSON_LINES_MAX
    return (*found[:JSON_LINES_MAX], *([f"~ {more} more"] if more > 0 else []))


def _common(some: list[str], others: list[str]) -> list[str]:
    return [each for each in some if each in others]


def _are_names(value: object) -> TypeGuard[list[str]]:
    """A list of texts, each once."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return False
    return len(set(value)) == len(value) > 0


def _different_values(path: str, old: object, new: object) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            where = f"{path}.{name}".removeprefix(".")
            if name not in new:
                yield f"- {where}: {to_json_text(old[name])}"
            elif name not in old:
                yield f"+ {where}: {to_json_text(new[name])}"
            else:
                yield from _different_values(where, old[name], new[name])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _different_values(f"{path}[{index}]", *pair)
    elif _are_names(old) and _are_names(new) and _common(old, new) == _common(new, old):
        yield from (f"- {path}: {to_json_text(each)}" for each in old if each not in new)
        yield from (f"+ {path}: {to_json_text(each)}" for each in new if each not in old)
    else:
        yield f"~ {path or 'all of it'}: {to_json_text(old)} → {to_json_text(new)}"


_LINES: Mapping[Grammar, Callable[[str, str], tuple[str, ...]]] = {
    Grammar.IAM: _statement_lines,
    Grammar.LIFECYCLE: _lifecycle_lines,
    Grammar.JSON: _json_lines,
}
