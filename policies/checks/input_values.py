"""How a resource's inputs are read: whatever stands there, nothing is raised."""

from collections.abc import Mapping
from typing import Any

from domain.document_text import SECRET, UNKNOWN


def is_unknown(value: object) -> bool:
    """Whether the value is given, but can't be looked at."""
    return value in (UNKNOWN, SECRET)


def holds_unknown(value: object) -> bool:
    """Whether there is such a value anywhere in it."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list | tuple) else is_unknown(value)


def entries(value: object) -> list[Any]:
    """A list's entries; what stands there without a list is its one entry."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def entry(holder: object, key: str) -> Any:
    """What a mapping holds under the key; None where there is nothing, or no mapping."""
    return holder.get(key) if isinstance(holder, Mapping) else None


def number(value: object) -> float | None:
    """A number; the engine's are floats. None where there is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
