"""What the texts of consequences share."""

import re
import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from domain.aws import REGIONS
from domain.resource_tags import RETIRE_UNTIL
from domain.wording import counted, listed
from render.resource import Resource
from review.plan.model import Change

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_NAMED = 6
"""The repositories that a sentence names."""
_FEW_REGIONS = 2
_REGIONAL = re.compile(r"(?P<name>.+?)@(?:\d{12}\.)?(?P<region>[a-z0-9-]+)(?:\.(?P<part>.+))?")
"""The name of a resource in a region, which is not always the stack's own account's."""


def regions(changes: Sequence[Change]) -> str:
    """The regions and the account; of what has no region the account alone."""
    accounts, places = listed(sorted({change.account for change in changes})), where(changes)
    return f"{places} (account {accounts})" if places else f"account {accounts}"


def where(changes: Sequence[Change], limit: int = 6) -> str:
    """The regions and clusters; empty for what has none, as all of IAM."""
    return listed(sorted({change.place for change in changes if change.place}), limit)


def name_and_region(urn: str) -> tuple[str, str]:
    """A resource's name without its region, and the region; both empty for the stack as a whole."""
    name = urn.rpartition("::")[2]
    found = _REGIONAL.fullmatch(name)
    if found is None or found["region"] not in REGIONS:
        return name, ""
    return " ".join(filter(None, (found["name"], found["part"]))), found["region"]


def in_regions(names: Iterable[str], regions: Sequence[str]) -> str:
    """All the names, and where these are: one or two regions by name, more by their number."""
    many = len(regions) > _FEW_REGIONS
    place = f"in {counted(len(regions), 'region') if many else listed(regions)}" if regions else ""
    return " ".join(filter(None, (listed(names, limit=sys.maxsize), place)))


def resources_phrase(urns: Iterable[str]) -> str:
    """All the resources, those in the same regions together."""
    regions = grouped(map(name_and_region, sorted(urns)), lambda each: each[0])
    alike = grouped(regions, lambda name: tuple(region for _, region in regions[name] if region))
    return "; ".join(in_regions(names, places) for places, names in alike.items())


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """The items by a key, in the order of the first of each."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def by_repository(changes: Iterable[Change], key: Callable[[Change], Hashable]) -> list[tuple[list[str], list[Change]]]:
    """Changes of one meaning, with their repositories: one in three regions, or ten in one region, is one entry."""
    each = grouped(changes, lambda change: (change.repository, key(change)))
    places = grouped(each.items(), lambda item: (item[0][1], tuple(sorted(f"{c.account} {c.region}" for c in item[1]))))
    return [
        ([name for (name, _), _ in items], [change for _, changes in items for change in changes])
        for items in places.values()
    ]


def subject_phrase(names: Sequence[str], one: str, many: str) -> tuple[str, tuple[str, ...]]:
    """A sentence's subject and verb, and the names where they are too many for it."""
    text, lines = repositories_phrase(names)
    return f"{text} {one if len(names) == 1 else many}", lines


def repositories_phrase(names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The repositories in a sentence, and their names where they are too many for it."""
    if len(names) <= _NAMED:
        return listed(sorted(names), _NAMED), ()
    return f"{len(names)} repositories", tuple(sorted(names))


def urns_of(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.urn for change in changes)


def retire_until(resource: Resource | None) -> str | None:
    """The day until which a repository can be deleted, from its tag."""
    tags = resource.inputs.get("tags") if resource else None
    return str(tags[RETIRE_UNTIL]) if isinstance(tags, dict) and RETIRE_UNTIL in tags else None
