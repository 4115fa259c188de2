"""Which tags of a repository may move, as the inputs of a repository and of a creation template say it alike."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from domain.ecr.globs import TooComplex, common_tag, contains
from domain.ecr.tags import WILDCARD, TagMutability, exclusion_filter_problems
from policies.checks.input_values import entries, entry, is_unknown
from policies.pack.rule import Finding, Parameters, Undecided, Verdict

MUTABILITY = "imageTagMutability"
FILTERS = "imageTagMutabilityExclusionFilters"


class MutableTags(Parameters):
    allowed_exclusions: tuple[str, ...] = Field(
        ("latest", "dev-*", "preview-*", "cache-*"),
        description="patterns of the tags that a repository may exclude from immutability; never all tags",
    )


def movable_tags(inputs: Mapping[str, Any], allowed: tuple[str, ...]) -> Iterator[Verdict]:
    """What is wrong with the tags that may move there: those that fit none of the allowed patterns."""
    mode = inputs.get(MUTABILITY)
    if is_unknown(mode):
        yield Undecided((MUTABILITY,))
    elif mode == TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        yield from _exclusions(inputs.get(FILTERS), allowed)
    elif mode is None:
        yield Finding("is mutable: it says nothing of its tags, and MUTABLE is the default", (MUTABILITY,))
    elif mode != TagMutability.IMMUTABLE.value:
        yield Finding(f"is mutable: {MUTABILITY} is {mode}", (MUTABILITY,))


def _exclusions(written: object, allowed: tuple[str, ...]) -> Iterator[Verdict]:
    if is_unknown(written):
        yield Undecided((FILTERS,))
        return
    filters = [each if isinstance(each, str) else entry(each, "filter") for each in entries(written)]
    if not any(map(is_unknown, filters)) and all(isinstance(each, str) for each in filters):
        for problem in exclusion_filter_problems(filters):
            told = f"has the exclusion {problem.value!r}, which {problem.message}" if problem.path else problem.message
            yield Finding(f"{told}: {problem.fix}", (FILTERS, *problem.path))
    for index, text in enumerate(filters):
        where = (FILTERS, index, "filter")
        if is_unknown(text):
            yield Undecided(where)
        elif not isinstance(text, str):
            yield Finding(f"has an exclusion that names no tags, but {text!r}", where)
        elif (fault := _fault(text, allowed)) is not None:
            yield Finding(fault, where)


def _fault(text: str, allowed: tuple[str, ...]) -> str | None:
    try:
        if contains(text, WILDCARD):
            return f"is mutable: the exclusion {text!r} lets every tag move"
        moving = common_tag([text], allowed)
    except TooComplex:
        return f"has an exclusion too entangled to be judged: {text!r}"
    if moving is None:
        return None
    return f"lets the tag {moving!r} move, by the exclusion {text!r}: allowed are {', '.join(allowed) or 'none'}"
