"""Reads an object of any JSON value, and keeps every problem that it meets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import TypeVar

from domain.aws import nearest
from domain.problems import Path, Problem

T = TypeVar("T")

_KINDS: tuple[tuple[type, str], ...] = (
    (NoneType, "null"),
    (bool, "a boolean"),
    (int, "a whole number"),
    (float, "a number with a fraction"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of an object."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Each method gives the value when it is what it should be, and otherwise None, with the reason in `problems`."""

    problems: list[Problem] = field(default_factory=list)

    def tell(self, path: Path, value: object, message: str, fix: str) -> None:
        self.problems.append(Problem(path, value, message, fix))

    def mapping(self, value: object, path: Path, shape: Shape) -> Mapping[str, object] | None:
        """The object, its keys checked but not yet their values."""
        if not isinstance(value, dict):
            self._mistyped(path, value, "an object")
            return None
        known = [*shape.required, *shape.optional]
        for key in value:
            if key not in known:
                self.tell((*path, key), value[key], f"is no key of {shape.name}", nearest(str(key), known))
        for key in shape.required:
            if key not in value:
                self.tell((*path, key), None, f"is missing: {shape.name} needs it", f"add {key!r}")
        return value

    def items(self, holder: Mapping[str, object], key: str, path: Path) -> list[object] | None:
        return self._typed(holder, key, path, list, "a list")

    def text(self, holder: Mapping[str, object], key: str, path: Path) -> str | None:
        return self._typed(holder, key, path, str, "a string")

    def word(self, holder: Mapping[str, object], key: str, path: Path, known: tuple[str, ...]) -> str | None:
        """One of the known words."""
        text = self.text(holder, key, path)
        if text is not None and text not in known:
            self.tell((*path, key), text, f"is no value of {key}", nearest(text, list(known)))
            return None
        return text

    def integer(self, holder: Mapping[str, object], key: str, path: Path, least: int) -> int | None:
        number = self._typed(holder, key, path, int, "a whole number")
        if number is not None and number < least:
            self.tell((*path, key), number, "is too small", f"write at least {least}")
            return None
        return number

    def _typed(self, holder: Mapping[str, object], key: str, path: Path, kind: type[T], expected: str) -> T | None:
        value = holder.get(key)
        # JSON's true is an int to Python.
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if key in holder:
            self._mistyped((*path, key), value, expected)
        return None

    def _mistyped(self, path: Path, value: object, expected: str) -> None:
        self.tell(path, value, f"is {_kind(value)}", f"write {expected}")


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), type(value).__name__)
