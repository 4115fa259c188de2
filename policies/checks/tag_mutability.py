"""The mutability of image tags, in the inputs of repositories and creation templates."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from domain.ecr.globs import TooComplex, common_tag, contains
from domain.ecr.tags import WILDCARD, TagMutability, exclusion_filter_problems
from policies.checks.input_values import filter_texts, is_unknown
from policies.pack.rule import Finding, Parameters, Results, Undecided

MUTABILITY = "imageTagMutability"
EXCLUSION_FILTERS = "imageTagMutabilityExclusionFilters"


class MutabilityParameters(Parameters):
    allowed_exclusions: tuple[str, ...] = Field(
        ("latest", "dev-*", "preview-*", "cache-*"),
        description="tag patterns that may be excluded from immutability; never a pattern for all tags",
    )


def check_tag_mutability(inputs: Mapping[str, Any], allowed: tuple[str, ...], fix: str = "") -> Results:
    """Tags must be immutable, except those of the allowed patterns; `fix` is for a filter that is not allowed."""
    mode = inputs.get(MUTABILITY)
    if is_unknown(mode):
        yield Undecided((MUTABILITY,))
    elif mode == TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        yield from _check_exclusions(inputs.get(EXCLUSION_FILTERS), allowed, fix)
    elif mode != TagMutability.IMMUTABLE.value:
        yield Finding(f"has mutable tags: {MUTABILITY} is {mode or 'not set, and MUTABLE the default'}", (MUTABILITY,))


def _check_exclusions(value: object, allowed: tuple[str, ...], fix: str) -> Results:
    if is_unknown(value):
        yield Undecided((EXCLUSION_FILTERS,))
        return
    filters = filter_texts(value)
    if not any(map(is_unknown, filters)) and all(isinstance(each, str) for each in filters):
        for problem in exclusion_filter_problems(filters):
            subject = f"has the exclusion filter {problem.value!r}, which " if problem.path else ""
            yield Finding(f"{subject}{problem.message}: {problem.fix}", (EXCLUSION_FILTERS, *problem.path))
    for index, text in enumerate(filters):
        where = (EXCLUSION_FILTERS, index, "filter")
        if is_unknown(text):
            yield Undecided(where)
        elif not isinstance(text, str):
            yield Finding(f"has an exclusion filter that is not a string: {text!r}", where)
        elif (message := _why_too_wide(text, allowed)) is not None:
            yield Finding(message, where, fix)


def _why_too_wide(text: str, allowed: tuple[str, ...]) -> str | None:
    try:
        if contains(text, WILDCARD):
            return f"has mutable tags: the exclusion filter {text!r} matches every tag"
        tag = common_tag([text], allowed)
    except TooComplex:
        return f"has an exclusion filter that is too complex to check: {text!r}"
    if tag is None:
        return None
    return f"has the exclusion filter {text!r}, which makes {tag!r} mutable: allowed are {', '.join(allowed) or 'none'}"
