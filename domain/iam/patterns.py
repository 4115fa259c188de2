"""Texts of a policy as IAM compares them: with wildcards, and with variables that the request fills."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum

from domain.aws import ARN_PARTS

_VARIABLE = re.compile(r"\$\{(?P<name>[^{}]*)\}")
_DEFAULT = re.compile(r"(?P<name>.*?), '(?P<default>[^']*)'")
_ESCAPED = ("*", "?", "$")
"""What `${*}`, `${?}` and `${$}` stand for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars"""


class Wildcard(Enum):
    MANY = "*"
    ONE = "?"


Pattern = tuple[str | Wildcard, ...]
"""One entry for each character, so that what a variable brings in is never taken for a wildcard."""

Variables = Mapping[str, tuple[str, ...]]
"""By keys in lower case."""


def pattern(text: str, variables: Variables | None) -> Pattern | None:
    """The pattern that a policy's text is; None if it names a variable that has no value, or has several.

    A document of the old version has no variables: there `${` means itself."""
    return _read(text, variables, wildcards=True)


def variable_names(text: str) -> Iterator[str]:
    """The keys that the text names as variables, in lower case; one with a default needs no value, and is none."""
    for found in _VARIABLE.finditer(text):
        if found["name"] not in _ESCAPED and not _DEFAULT.fullmatch(found["name"]):
            yield found["name"].strip().lower()


def literal(text: str, variables: Variables | None) -> str | None:
    """The same for an operator that knows no wildcards."""
    read = _read(text, variables, wildcards=False)
    return None if read is None else "".join(map(str, read))


def resource_pattern(text: str, variables: Variables | None) -> Pattern | None:
    """A Resource takes variables only after its fifth colon.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement"""
    *head, name = text.split(":", ARN_PARTS - 1)
    tail = pattern(name, variables)
    return None if tail is None else (*_characters("".join(f"{part}:" for part in head), wildcards=True), *tail)


def matches(pattern: Pattern, text: str) -> bool:
    """Whether the whole text fits."""
    # Taking the leftmost place for each middle part is enough, so no choice is ever gone back on.
    first, *rest = _split(pattern, Wildcard.MANY)
    if not rest:
        return len(first) == len(text) and _stands_at(first, text, 0)
    *middle, last = rest
    position, end = len(first), len(text) - len(last)
    if end < position or not (_stands_at(first, text, 0) and _stands_at(last, text, end)):
        return False
    for part in middle:
        found = _find(part, text, position, end)
        if found is None:
            return False
        position = found + len(part)
    return True


def matches_resource(pattern: Pattern, resource: str) -> bool:
    """Segment by segment; only a `*` that ends a segment reaches beyond its colon.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    parts = resource.split(":")
    starts = {0}
    for segment in _split(pattern, ":"):
        starts = {
            stop
            for start in starts
            if start < len(parts) and matches(segment, parts[start])
            for stop in (range(start + 1, len(parts) + 1) if segment[-1:] == (Wildcard.MANY,) else (start + 1,))
        }
    return len(parts) in starts


def matches_arn(pattern: Pattern, arn: str) -> bool | None:
    """Each of the six components by itself; None when one of the two is no ARN.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN"""
    expected, parts = _split(pattern, ":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    if len(expected) != ARN_PARTS or len(parts) != ARN_PARTS:
        return None
    return all(matches(segment, part) for segment, part in zip(expected, parts, strict=True))


def _split(pattern: Pattern, at: str | Wildcard, most: int | None = None) -> list[Pattern]:
    places = [index for index, each in enumerate(pattern) if each == at][:most]
    starts = [0, *(index + 1 for index in places)]
    return [pattern[start:stop] for start, stop in zip(starts, [*places, len(pattern)], strict=True)]


def _find(part: Pattern, text: str, start: int, end: int) -> int | None:
    if Wildcard.ONE not in part:
        found = text.find("".join(map(str, part)), start, end)
        return None if found < 0 else found
    return next((place for place in range(start, end - len(part) + 1) if _stands_at(part, text, place)), None)


def _stands_at(part: Pattern, text: str, place: int) -> bool:
    return all(each in {Wildcard.ONE, text[place + index]} for index, each in enumerate(part))


def _read(text: str, variables: Variables | None, *, wildcards: bool) -> Pattern | None:
    read: list[str | Wildcard] = []
    position = 0
    for found in _VARIABLE.finditer(text) if variables is not None else ():
        value = _value(found["name"], variables or {})
        if value is None:
            return None
        read += [*_characters(text[position : found.start()], wildcards=wildcards), *value]
        position = found.end()
    return (*read, *_characters(text[position:], wildcards=wildcards))


def _characters(text: str, *, wildcards: bool) -> Iterator[str | Wildcard]:
    special = {each.value: each for each in Wildcard} if wildcards else {}
    return (special.get(character, character) for character in text)


def _value(name: str, variables: Variables) -> str | None:
    if name in _ESCAPED:
        return name
    parts = _DEFAULT.fullmatch(name)
    values = variables.get((parts["name"] if parts else name).strip().lower(), ())
    if len(values) == 1:
        return values[0]
    return parts["default"] if parts and not values else None
