"""Event patterns: whether EventBridge takes one, and which events it matches.

By https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html and
https://github.com/aws/event-ruler, by which EventBridge matches: a pattern has to match an event's leaves, whose path
is that of their keys joined by dots; fields are joined by and, a field's values by or; of a list, one item has to
match, and fields inside a list of objects have to match in the same item. An empty list has no leaves.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from domain.document_text import parse_json
from domain.events.limits import OR_ALTERNATIVES_MIN, OR_COMBINATIONS_MAX, PATTERN_MAX_LENGTH
from domain.events.matchers import ABSENT, value_matches, value_problems
from domain.problems import Path, Problem, unless

OR = "$or"
_RESERVED_IN_OR = {
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=",
    "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
}  # fmt: skip
_Rule = dict[str, list[Any]]
_Items = dict[int, int]
"""In which item of which list something is."""


class _Leaf(NamedTuple):
    value: object
    items: _Items


# --- matching


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge would send the event to the rule's targets; the pattern is one that it takes."""
    if _differs(pattern, event):
        return False
    leaves: dict[str, list[_Leaf]] = {}
    for path, leaf in _leaves(event, (), {}, itertools.count()):
        leaves.setdefault(".".join(path), []).append(leaf)
    return any(_rule_matches(sorted(rule.items()), leaves, {}) for rule in _rules(pattern, (), [{}]))


def _differs(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a text of the event is none of those that the pattern wants there, which is soon seen of most events."""
    for key, wanted in pattern.items():
        value = event.get(key)
        if isinstance(value, str):
            if (
                isinstance(wanted, list)
                and value not in wanted
                and not any(value_matches(each, value) for each in wanted)
            ):
                return True
        elif isinstance(value, dict) and isinstance(wanted, dict) and _differs(wanted, value):
            return True
    return False


def _leaves(value: object, path: tuple[str, ...], items: _Items, lists: Iterator[int]) -> Iterator[tuple[Any, _Leaf]]:
    if isinstance(value, str):
        yield path, _Leaf(value, items)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, (*path, key), items, lists)
    elif isinstance(value, list | tuple):
        number = next(lists)
        for index, item in enumerate(value):
            inside = {**items, number: index} if isinstance(item, Mapping | list | tuple) else items
            yield from _leaves(item, path, inside, lists)
    else:
        yield path, _Leaf(value, items)


def _rules(pattern: Mapping[str, Any], path: tuple[str, ...], rules: list[_Rule]) -> list[_Rule]:
    """The pattern without `$or`: one rule for each combination, of which one has to match."""
    for key, value in pattern.items():
        if key == OR:
            rules = [rule for each in value for rule in _rules(each, path, rules)]
        elif isinstance(value, Mapping):
            rules = _rules(value, (*path, key), rules)
        else:
            rules = [{**rule, ".".join((*path, key)): value} for rule in rules]
    return rules


def _rule_matches(fields: Sequence[tuple[str, list[Any]]], leaves: Mapping[str, list[_Leaf]], items: _Items) -> bool:
    if not fields:
        return True
    (path, wanted), rest = fields[0], fields[1:]
    here = [leaf for leaf in leaves.get(path, []) if _together(items, leaf.items)]
    if not here:
        return ABSENT in wanted and _rule_matches(rest, leaves, items)
    return any(
        any(value_matches(each, leaf.value) for each in wanted)
        and _rule_matches(rest, leaves, {**items, **leaf.items})
        for leaf in here
    )  # fmt: skip


def _together(items: _Items, others: _Items) -> bool:
    """Whether both are in one item, of each list that holds both."""
    return all(items.get(number, index) == index for number, index in others.items())


# --- grammar


def pattern_problems(text: str) -> list[Problem]:
    """Why EventBridge would refuse the pattern."""
    if len(text) > PATTERN_MAX_LENGTH:
        message = f"has {len(text):,} characters, more than EventBridge takes ({PATTERN_MAX_LENGTH:,})"
        return [Problem((), None, message, "split it into two rules, or ask AWS for a higher quota")]
    try:
        pattern = parse_json(text)
    except (ValueError, RecursionError) as error:
        return [Problem((), None, f"is not JSON: {error}", "write a JSON object")]
    if not isinstance(pattern, Mapping):
        return [Problem((), pattern, "is not an object", 'write fields with their values: `{"source":["aws.ecr"]}`')]
    problems = list(_object_problems(pattern, (), within_or=False))
    return problems or [*_combination_problems(pattern), *_repeated(pattern)]


def _object_problems(pattern: Mapping[str, Any], path: Path, *, within_or: bool) -> Iterator[Problem]:
    if not pattern:
        yield Problem(path, None, "is an object with no field", "write a field, or leave the object out")
    for key, value in pattern.items():
        if key == OR:
            yield from _or_problems(value, (*path, key))
        elif within_or and key in _RESERVED_IN_OR:
            yield Problem((*path, key), None, "is no name for a field in `$or`", "write a field, with a list of values")
        elif isinstance(value, Mapping):
            yield from _object_problems(value, (*path, key), within_or=within_or)
        elif not isinstance(value, list):
            yield Problem((*path, key), value, "is not a list", "write a list of values, of which one has to match")
        elif not value:
            yield Problem((*path, key), None, "is an empty list", 'write a value; `{"exists": false}` for no value')
        else:
            for index, each in enumerate(value):
                yield from (problem.under(*path, key, index) for problem in value_problems(each))


def _or_problems(value: object, path: Path) -> Iterator[Problem]:
    fix = "write a list of at least two objects with fields"
    if not isinstance(value, list) or len(value) < OR_ALTERNATIVES_MIN:
        yield Problem(path, value, "is not a list of alternatives", fix)
        return
    for index, each in enumerate(value):
        if isinstance(each, Mapping):
            yield from _object_problems(each, (*path, index), within_or=True)
        else:
            yield Problem((*path, index), each, "is not an object", fix)


def _combination_problems(pattern: Mapping[str, Any]) -> list[Problem]:
    combinations = prod(_alternatives(pattern))
    message = f"has {combinations:,} combinations by `$or`, more than EventBridge takes ({OR_COMBINATIONS_MAX:,})"
    return unless(combinations <= OR_COMBINATIONS_MAX, None, message, "split it into two rules")


def _alternatives(pattern: object) -> Iterator[int]:
    if isinstance(pattern, Mapping):
        for key, value in pattern.items():
            if key == OR:
                yield len(value)
            yield from _alternatives(value)
    elif isinstance(pattern, list):
        for each in pattern:
            yield from _alternatives(each)


def _repeated(pattern: Mapping[str, Any], path: Path = ()) -> Iterator[Problem]:
    """Keys that are there twice: of two, EventBridge takes the last without a word."""
    twice = getattr(pattern, "repeated", [])
    yield from (Problem((*path, key), None, "is there twice", "write it once, with all its values") for key in twice)
    for key, value in pattern.items():
        for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, Mapping):
                yield from _repeated(each, (*path, key) if index is None else (*path, key, index))
