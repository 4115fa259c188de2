"""Reads the inputs of a resource, whatever their types, without raising."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from domain.document_text import SECRET, UNKNOWN
from domain.problems import Path
from policies.pack.rule import Finding, Results, Undecided


def is_unknown(value: object) -> bool:
    """Whether the value is set, but not known yet or secret."""
    return value in (UNKNOWN, SECRET)


def holds_unknown(value: object) -> bool:
    """Whether the value, or any value inside it, is unknown."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list | tuple) else is_unknown(value)


def as_list(value: object) -> list[Any]:
    """The items of a list; a value that is not a list is its one item, None is no item."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def value_at(holder: object, key: str) -> Any:
    """The value under the key; None where it is absent, or the holder is not an object."""
    return holder.get(key) if isinstance(holder, Mapping) else None


def value_within(holder: object, path: Path) -> Any:
    """The value at the path; the marker where something on the way is unknown, None where something is absent."""
    for key in path:
        if is_unknown(holder):
            break
        holder = (
            holder[key] if isinstance(holder, list | tuple) and isinstance(key, int) else value_at(holder, str(key))
        )
    return holder


def as_number(value: object) -> float | None:
    """The number, which the engine sends as a float; None where it is not a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def filter_texts(filters: object) -> list[Any]:
    """The texts of a list of filters, each written as `{"filter": TEXT}` or as the text alone."""
    return [each if isinstance(each, str) else value_at(each, "filter") for each in as_list(filters)]


def check_value(inputs: Mapping[str, Any], key: str, messages_for: Callable[[Any], Iterable[str]]) -> Results:
    """A finding for each message about the value under the key; an unknown value is undecided."""
    value = inputs.get(key)
    if is_unknown(value):
        yield Undecided((key,))
    else:
        yield from (Finding(each, (key,)) for each in messages_for(value))
