"""What the texts of consequences share."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from domain.resource_tags import RETIRE_UNTIL
from domain.wording import listed
from render.resource import Resource
from review.plan.model import Change

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

EVERYWHERE = "every region"


def regions(changes: Sequence[Change]) -> str:
    """The regions and the account."""
    accounts = listed(sorted({change.account for change in changes}))
    return f"{where(changes)} (account {accounts})"


def where(changes: Sequence[Change], limit: int = 6) -> str:
    """The regions; a global resource is in every region."""
    return listed(sorted({change.region or EVERYWHERE for change in changes}), limit)


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
    """A sentence's subject and verb, and the names where there are several."""
    if len(names) == 1:
        return f"{names[0]} {one}", ()
    return f"{len(names)} repositories {many}", tuple(sorted(names))


def urns_of(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.urn for change in changes)


def retire_until(resource: Resource | None) -> str | None:
    """The day until which a repository can be deleted, from its tag."""
    tags = resource.inputs.get("tags") if resource else None
    return str(tags[RETIRE_UNTIL]) if isinstance(tags, dict) and RETIRE_UNTIL in tags else None
