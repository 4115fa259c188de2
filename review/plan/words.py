"""Phrases that the statements share."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from domain.aws import ARN_PARTS, RegistryId, is_account_id
from domain.resource_tags import RETIRE_UNTIL
from domain.wording import listed
from render.resource import Resource
from review.plan.model import Change

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

EVERYWHERE = "every region"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def repository_of(change: Change) -> str:
    """The repository that a change is about, by its name in AWS."""
    resource = change.new or change.old
    inputs = resource.inputs if resource else {}
    return str(inputs.get("repository", inputs.get("name", change.name)))


def noun(change: Change) -> str:
    """The type of what changes, in a sentence: LifecyclePolicy is a lifecycle policy."""
    return _CAPITAL.sub(" ", change.short_type).lower()


def account_of(resource: Resource, default: str) -> str:
    """The account that a resource stands in, where its outputs or its provider tell."""
    registry, arn = resource.outputs.get("registryId"), resource.outputs.get("arn")
    if isinstance(registry, str) and registry.isdigit():
        return registry
    if isinstance(arn, str) and arn.count(":") >= ARN_PARTS - 1:
        return arn.split(":")[4]
    named = (resource.provider or "").rpartition("::")[0].rpartition("::")[2]
    return named if is_account_id(named) else default


def regions(changes: Sequence[Change]) -> str:
    """Where: the regions, and the account."""
    accounts = listed(sorted({change.account for change in changes}))
    return f"{where(changes)} (account {accounts})"


def where(changes: Sequence[Change], limit: int = 6) -> str:
    """The regions alone; what has none is one thing for all of them."""
    return listed(sorted({change.region or EVERYWHERE for change in changes}), limit)


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """The items by what they have in common, in the order of the first of each."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def by_repository(changes: Iterable[Change], key: Callable[[Change], Hashable]) -> list[tuple[list[str], list[Change]]]:
    """Changes that mean the same, with their repositories: one in three regions is one, ten in one region are one."""
    each = grouped(changes, lambda change: (repository_of(change), key(change)))
    places = grouped(each.items(), lambda item: (item[0][1], tuple(sorted(f"{c.account} {c.region}" for c in item[1]))))
    return [
        ([name for (name, _), _ in items], [change for _, changes in items for change in changes])
        for items in places.values()
    ]


def subject(names: Sequence[str], one: str, many: str) -> tuple[str, tuple[str, ...]]:
    """Who a sentence is about, with its verb, and the names where they are too many for it."""
    if len(names) == 1:
        return f"{names[0]} {one}", ()
    return f"{len(names)} repositories {many}", tuple(sorted(names))


def urns_of(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.urn for change in changes)


def registry_of(change: Change) -> RegistryId:
    return RegistryId(account=change.account, region=str(change.region))


def retire_until(resource: Resource | None) -> str | None:
    """The day until which a repository may be destroyed, as its tag has it."""
    tags = resource.inputs.get("tags") if resource else None
    return str(tags[RETIRE_UNTIL]) if isinstance(tags, dict) and RETIRE_UNTIL in tags else None
