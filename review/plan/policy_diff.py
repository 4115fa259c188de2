"""Differences of two lifecycle or IAM policies, by rule and statement."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from domain.document_text import to_text
from domain.ecr.retention import Effect, Rule, Selector, compile_policy, effect_of
from domain.iam.document import Statement, parse, same
from resources import Grammar

_LOSING = frozenset({Effect.KEEP, Effect.EXPIRE_AFTER_DAYS, Effect.EXPIRE_ARCHIVED_AFTER_DAYS})
"""Effects that delete images; archived ones can be restored."""

RawRule = Mapping[str, Any]


def compare(grammar: Grammar, old: str, new: str) -> tuple[str, ...] | None:
    """The differences, a line each; empty where they are equivalent, None where one can't be read."""
    if old == new:
        return ()
    try:
        if grammar is Grammar.IAM:
            return _statement_lines(old, new)
        return lifecycle_lines(old, new)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def lifecycle_lines(old: str, new: str) -> tuple[str, ...]:
    """The rules that are removed, added or changed, and whether the others have another order."""
    before, after = _rules(old), _rules(new)
    gone, come = _turned(before, after)
    lines = [f"~ {_told(earlier)} → {_told(rule)}" if earlier else f"+ {_told(rule)}" for earlier, rule in come]
    kept_before = [
        _without_priority(rule) for rule in before if _without_priority(rule) in map(_without_priority, after)
    ]
    kept_after = [
        _without_priority(rule) for rule in after if _without_priority(rule) in map(_without_priority, before)
    ]
    order = ["~ the rules have another order: an image belongs to the first that its tags match"]
    return (*(f"- {_told(rule)}" for rule in gone), *lines, *(order if kept_before != kept_after else []))


def sooner_lost(old: str, new: str) -> tuple[str, ...]:
    """The rules by which images expire sooner, or more of them; none where a policy can't be read."""
    try:
        _, come = _turned(_rules(old), _rules(new))
        return tuple(
            f"{rule_in_words(earlier)} → {rule_in_words(rule)}" if earlier else f"new: {rule_in_words(rule)}"
            for earlier, rule in come
            if _effect(rule) in _LOSING and (earlier is None or _count(rule) < _count(earlier))
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _turned(before: list[RawRule], after: list[RawRule]) -> tuple[list[RawRule], list[tuple[RawRule | None, RawRule]]]:
    """The removed rules, and the added ones, each with the one that it was with another count."""
    gone = [rule for rule in before if _without_priority(rule) not in map(_without_priority, after)]
    come: list[tuple[RawRule | None, RawRule]] = []
    for rule in after:
        if _without_priority(rule) not in map(_without_priority, before):
            earlier = next((each for each in gone if _selects(each) == _selects(rule)), None)
            if earlier is not None:
                gone.remove(earlier)
            come.append((earlier, rule))
    return gone, come


def _effect(rule: RawRule) -> Effect | None:
    try:
        return effect_of(rule["selection"]["countType"], rule["action"]["type"])
    except StopIteration:
        return None


def _count(rule: RawRule) -> int:
    return int(rule["selection"]["countNumber"])


def rule_in_words(rule: RawRule) -> str:
    """What a rule does, whatever its description says."""
    selection = rule["selection"]
    effect = _effect(rule)
    if effect is None or "tagPrefixList" in selection:
        return to_text(_without_priority(rule))
    compiled = compile_policy(
        [
            Rule(
                selector=Selector(selection["tagStatus"]),
                patterns=tuple(selection.get("tagPatternList", ())),
                effect=effect,
                count=int(selection["countNumber"]),
            )
        ]
    )
    rules: Any = compiled["rules"]
    return str(rules[0]["description"])


def _told(rule: RawRule) -> str:
    words, description = rule_in_words(rule), rule.get("description")
    return words if description in (None, words) else f"{words} ({description})"


def _rules(text: str) -> list[RawRule]:
    return sorted(json.loads(text)["rules"], key=lambda rule: int(rule["rulePriority"]))


def _without_priority(rule: RawRule) -> dict[str, Any]:
    """A rule as the provider compares it: its patterns have no order."""
    selection = dict(rule["selection"])
    for key in ("tagPatternList", "tagPrefixList"):
        if key in selection:
            selection[key] = sorted(selection[key])
    return {**{key: value for key, value in rule.items() if key != "rulePriority"}, "selection": selection}


def _selects(rule: RawRule) -> tuple[object, ...]:
    """Rules that are equal in this are one rule with another count."""
    selection = _without_priority(rule)["selection"]
    names = ("tagStatus", "tagPatternList", "tagPrefixList", "storageClass")
    return (*(str(selection.get(name)) for name in names), selection["countType"], rule["action"]["type"])


def _statement_lines(old: str, new: str) -> tuple[str, ...]:
    before, after = parse(old), parse(new)
    if same(before, after):
        return ()
    olds = {_label(each, i): each for i, each in enumerate(before.statements)}
    news = {_label(each, i): each for i, each in enumerate(after.statements)}
    lines = [f"- {label}: {statement_in_words(each)}" for label, each in olds.items() if label not in news]
    for label, each in news.items():
        if label not in olds:
            lines.append(f"+ {label}: {statement_in_words(each)}")
        elif each.meaning() != olds[label].meaning():
            lines += [f"~ {label}: {line}" for line in _changed(olds[label], each)]
    heads = [(name, getattr(before, name), getattr(after, name)) for name in ("version", "id")]
    return (*lines, *(f"~ {name}: {one or 'none'} → {other or 'none'}" for name, one, other in heads if one != other))


def _label(statement: Statement, index: int) -> str:
    return statement.sid or f"statement {index + 1}"


def _elements(statement: Statement) -> dict[str, list[str]]:
    """The values of each element."""
    found: dict[str, list[str]] = {}
    for name, value in statement.to_json().items():
        if name != "Sid":
            found |= dict(_flat(name, value))
    return found


def _flat(name: str, value: object) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name} {key}", item)
    else:
        yield name, [str(item) for item in value] if isinstance(value, list) else [str(value)]


def statement_in_words(statement: Statement) -> str:
    return "; ".join(f"{name} {', '.join(values)}" for name, values in _elements(statement).items())


def _changed(old: Statement, new: Statement) -> Iterator[str]:
    before, after = _elements(old), _elements(new)
    for name in dict.fromkeys([*before, *after]):
        gone = [value for value in before.get(name, []) if value not in after.get(name, [])]
        come = [value for value in after.get(name, []) if value not in before.get(name, [])]
        if gone:
            yield f"{name} without {', '.join(gone)}"
        if come:
            yield f"{name} with {', '.join(come)}"
