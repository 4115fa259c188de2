"""The inputs that differ between two declarations, property by property."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.aws import RegistryId
from domain.document_text import to_json_text
from domain.ecr.replication import ReplicationRule
from resources import TYPES, Inputs, OnChange, ResourceType, is_within, top_of
from review.plan.model import Difference
from review.plan.policy_diff import compare

REPLICATION_INPUT = "replicationConfiguration"
"""The input of a replication configuration that has its rules."""


def input_differences(type: str, old: Inputs, new: Inputs, options: Mapping[str, object]) -> tuple[Difference, ...]:
    """What the provider would find different, each with the effect on the resource."""
    found = []
    record = TYPES.get(type)
    for name in sorted({*old, *new}):
        for path, before, after in _unequal(record, name, name, old.get(name), new.get(name)):
            difference = _difference(record, path, before, after)
            if difference and not _listed(path, options.get("ignoreChanges")):
                found.append(_forced(difference, options))
    # A block is replaced as a whole where one of its fields is.
    replaced = {top_of(each.path) for each in found if each.effect is OnChange.REPLACES}
    return tuple(_replacing(each) if top_of(each.path) in replaced else each for each in found)


def _difference(record: ResourceType | None, path: str, old: object, new: object) -> Difference | None:
    left_out = new is None
    if record and left_out and path in record.optional:
        return None
    lines: tuple[str, ...] | None = replication_lines(old, new) if path == REPLICATION_INPUT else ()
    if record and path in record.documents and isinstance(old, str) and isinstance(new, str):
        lines = compare(record.documents[path], old, new)
        if lines == ():
            return None
    what = record.on_change(path, left_out=left_out) if record else OnChange.UNKNOWN
    return Difference(path=path, old=old, new=new, effect=what, lines=lines or ())


def _forced(difference: Difference, options: Mapping[str, object]) -> Difference:
    if difference.effect is OnChange.REPLACES or not _listed(difference.path, options.get("replaceOnChanges")):
        return difference
    return _replacing(difference)


def _replacing(difference: Difference) -> Difference:
    return replace(difference, effect=OnChange.REPLACES)


def _listed(path: str, paths: object) -> bool:
    """Whether an option's list of paths has this one or one that contains it."""
    if not isinstance(paths, list | tuple):
        return False
    return any(each == "*" or is_within(path, each) for each in paths)


def _unequal(
    record: ResourceType | None, place: str, path: str, old: object, new: object
) -> Iterator[tuple[str, object, object]]:
    """The innermost paths that differ; `place` is the path without positions."""
    if old == new:
        return
    if path == REPLICATION_INPUT and replication_lines(old, new):
        yield path, old, new  # the order of destinations does not matter
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _unequal(record, f"{place}.{key}", f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        olds, news = _ordered(record, place, old), _ordered(record, place, new)
        for index in range(max(len(olds), len(news))):
            pair = (each[index] if index < len(each) else None for each in (olds, news))
            yield from _unequal(record, f"{place}[]", f"{path}[{index}]", *pair)
    else:
        yield path, old, new


def _ordered(record: ResourceType | None, place: str, items: list[Any]) -> list[Any]:
    """A set in a fixed order."""
    if record is None or place not in record.sets:
        return items
    inside = [each for each in record.sets if each.startswith(f"{place}[].")]

    def sortable(item: Any) -> str:
        names = [each.rpartition(".")[2] for each in inside]
        same = (
            {**item, **{n: sorted(item.get(n, []), key=to_json_text) for n in names}}
            if isinstance(item, dict)
            else item
        )
        return to_json_text(same)

    return sorted(items, key=sortable)


def replication_rules_in(written: object) -> list[ReplicationRule]:
    """The rules of the input; none where it is absent or not known yet."""
    rules = written.get("rules") if isinstance(written, dict) else None
    return [
        ReplicationRule(
            destinations=tuple(RegistryId(account=e["registryId"], region=e["region"]) for e in each["destinations"]),
            prefixes=tuple(str(e["filter"]) for e in each.get("repositoryFilters") or ()),
        )
        for each in (rules if isinstance(rules, list) else ())
    ]


def replication_lines(old: object, new: object) -> tuple[str, ...]:
    """Replication that ends or starts; the order of rules and destinations does not matter."""
    before, after = _flows(old), _flows(new)
    return (
        *(f"- {each}" for each in before if each not in after),
        *(f"+ {each}" for each in after if each not in before),
    )


def _flows(written: object) -> list[str]:
    found = {
        f"{f'{prefix}*' if prefix else 'every repository'} to {each.region} (account {each.account})"
        for rule in replication_rules_in(written)
        for prefix in rule.prefixes or ("",)
        for each in rule.destinations
    }
    return sorted(found)
