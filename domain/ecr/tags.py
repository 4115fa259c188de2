"""Image tags: their grammar, and which of them may move."""

import re
import string
from collections.abc import Sequence
from enum import Enum

from domain.ecr.limits import (
    EXCLUSION_FILTER_MAX_LENGTH,
    EXCLUSION_FILTER_MAX_WILDCARDS,
    EXCLUSION_FILTERS_MAX,
    EXCLUSION_FILTERS_MIN,
    TAG_MAX_LENGTH,
)
from domain.problems import Problem

WILDCARD = "*"
FILTER_TYPE = "WILDCARD"
"""The one type that exclusion filters and scanning filters have."""

FIRST_CHARACTERS = f"{string.digits}{string.ascii_letters}_"
"""What a tag may begin with."""
_LATER_CHARACTERS = (".", "-")
CHARACTERS = "".join((FIRST_CHARACTERS, *_LATER_CHARACTERS))

_TAG_ILLEGAL_CHARACTER = re.compile(f"[^{re.escape(CHARACTERS)}]")
_FILTER_ILLEGAL_CHARACTER = re.compile(f"[^{re.escape(CHARACTERS + WILDCARD)}]")


class TagMutability(Enum):
    """Whether an existing tag can be given to another image; a repository says it for all its tags."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"
    """Immutable, but for the tags that a filter tag_matches."""
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"
    """Mutable, but for the tags that a filter tag_matches."""


def tag_problems(tag: str) -> list[Problem]:
    """What keeps the text from being an image's tag."""
    if not tag:
        return [Problem((), tag, "is empty", "write a tag")]
    problems: list[Problem] = []
    if len(tag) > TAG_MAX_LENGTH:
        problems.append(Problem((), tag, f"is too long: {len(tag)} characters", f"write at most {TAG_MAX_LENGTH}"))
    if tag.startswith(_LATER_CHARACTERS):
        problems.append(Problem((), tag, f"starts with {tag[0]!r}", "begin with a letter, a digit or '_'"))
    if illegal := _named(_TAG_ILLEGAL_CHARACTER, tag):
        message = f"has characters that a tag can't have: {illegal}"
        problems.append(Problem((), tag, message, "use letters, digits, '.', '_' and '-'"))
    return problems


def exclusion_filter_problems(filters: Sequence[str]) -> list[Problem]:
    """What ECR would refuse in a repository's list of mutability exclusions."""
    problems: list[Problem] = []
    if not EXCLUSION_FILTERS_MIN <= len(filters) <= EXCLUSION_FILTERS_MAX:
        fix = f"write {EXCLUSION_FILTERS_MIN} to {EXCLUSION_FILTERS_MAX}"
        problems.append(Problem((), tuple(filters), f"has {len(filters)} exclusion filters", fix))
    for index, text in enumerate(filters):
        problems += [problem.under(index) for problem in _filter_problems(text)]
        if text in filters[:index]:
            problems.append(Problem((index,), text, "is written twice", "remove one of the two"))
    return problems


def mutability(mutable_tags: Sequence[str]) -> TagMutability:
    """The mode of a repository in which only these tags may move."""
    return TagMutability.IMMUTABLE_WITH_EXCLUSION if mutable_tags else TagMutability.IMMUTABLE


def may_move(mode: TagMutability, filters: Sequence[str], tag: str) -> bool:
    """Whether the existing tag can be pushed again with another image."""
    excluded = any(tag_matches(pattern, tag) for pattern in filters)
    match mode:
        case TagMutability.MUTABLE:
            return True
        case TagMutability.IMMUTABLE:
            return False
        case TagMutability.IMMUTABLE_WITH_EXCLUSION:
            return excluded
        case TagMutability.MUTABLE_WITH_EXCLUSION:
            return not excluded


def tag_matches(pattern: str, tag: str) -> bool:
    """Whether the whole tag fits the pattern, in which `*` matches zero or more characters."""
    # Taking the leftmost place for each middle part is enough, so nothing is ever tried twice.
    first, *rest = pattern.split(WILDCARD)
    if not rest:
        return tag == pattern
    *middle, last = rest
    if len(tag) < len(first) + len(last) or not (tag.startswith(first) and tag.endswith(last)):
        return False
    position, end = len(first), len(tag) - len(last)
    for part in middle:
        found = tag.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _filter_problems(text: str) -> list[Problem]:
    if not text:
        return [Problem((), text, "is empty", "write a tag, or a pattern such as 'dev-*'")]
    problems: list[Problem] = []
    if len(text) > EXCLUSION_FILTER_MAX_LENGTH:
        fix = f"write at most {EXCLUSION_FILTER_MAX_LENGTH}"
        problems.append(Problem((), text, f"is too long: {len(text)} characters", fix))
    if illegal := _named(_FILTER_ILLEGAL_CHARACTER, text):
        message = f"has characters that ECR does not allow: {illegal}"
        problems.append(Problem((), text, message, "use letters, digits, '.', '_', '-', '*'"))
    if (wildcards := text.count(WILDCARD)) > EXCLUSION_FILTER_MAX_WILDCARDS:
        fix = f"write at most {EXCLUSION_FILTER_MAX_WILDCARDS}"
        problems.append(Problem((), text, f"has {wildcards} wildcards", fix))
    return problems


def _named(characters: re.Pattern[str], text: str) -> str:
    return ", ".join(map(repr, sorted(set(characters.findall(text)))))
