"""Whether tags may move, as the API writes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.ecr.tags import FILTER_TYPE, TagMutability, exclusion_filter_problems
from localcloud.ecr.errors import invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked

_FILTERS = "imageTagMutabilityExclusionFilters"
_WITH_FILTERS = (TagMutability.IMMUTABLE_WITH_EXCLUSION, TagMutability.MUTABLE_WITH_EXCLUSION)


async def put(asked: Asked) -> Answer:
    repository = asked.repository
    repository.mutability, repository.exclusions = wanted(asked.given)
    return {**asked.ids(), **told(repository.mutability, repository.exclusions)}


def wanted(given: Mapping[str, Any]) -> tuple[TagMutability, tuple[str, ...]]:
    """The mode and the filters that the input asks for."""
    mode = TagMutability(given.get("imageTagMutability", TagMutability.MUTABLE.value))
    filters = tuple(each["filter"] for each in given.get(_FILTERS, ()))
    if mode not in _WITH_FILTERS:
        if filters:
            raise invalid_parameter(_FILTERS, f"Filters can't be given with the image tag mutability {mode.value}")
        return mode, ()
    if problems := exclusion_filter_problems(filters):
        raise invalid_parameter(_FILTERS, "; ".join(f"{each.value!r} {each.message}" for each in problems))
    return mode, filters


def told(mode: TagMutability, exclusions: Sequence[str]) -> Answer:
    filters = [{"filterType": FILTER_TYPE, "filter": each} for each in exclusions]
    return {"imageTagMutability": mode.value, **({_FILTERS: filters} if filters else {})}
