"""A call's input against AWS's own description of the API: what is required, of which type, within which bounds."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StringShape, StructureShape

from domain.ecr.names import repository_name_problems
from localcloud.ecr.api_errors import EcrError
from localcloud.protocols import service_model

_REPOSITORY_NAME = "RepositoryName"
_JUDGED_ELSEWHERE = frozenset({_REPOSITORY_NAME, "ScanningRepositoryFilterValue"})
"""Their patterns backtrack without end on a hostile text; the domain knows the same languages without backtracking."""


class ConstraintViolation(Exception):
    """A constraint of the model that a value does not meet."""

    def __init__(self, place: str, constraint: str) -> None:
        super().__init__(place, constraint)
        self.place = place
        self.constraint = constraint


def input_members(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The input's known members, each as the model wants it; like AWS it ignores unknown members."""
    shape = service_model(service).operation_model(operation).input_shape
    return {} if shape is None else _structure(shape, parameters, "")


def member_names(service: str, operation: str) -> frozenset[str]:
    shape = service_model(service).operation_model(operation).input_shape
    return frozenset(shape.members) if shape else frozenset()


def _value(shape: Shape, value: object, place: str) -> Any:
    return _READERS[shape.type_name](shape, value, place)


def _structure(shape: StructureShape, value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _mistyped(place, "an object")
    given = {name: value[name] for name in shape.members if value.get(name) is not None}
    prefix = f"{place}." if place else ""
    for name in shape.required_members:
        if name not in given:
            raise ConstraintViolation(f"{prefix}{name}", "Member must not be null")
    return {name: _value(shape.members[name], each, f"{prefix}{name}") for name, each in given.items()}


def _list(shape: ListShape, value: object, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise _mistyped(place, "a list")
    _require_bounds(shape, len(value), "length", place)
    if isinstance(shape.member, StructureShape):
        return [_structure(shape.member, each, f"{place}.{index}.member") for index, each in enumerate(value, start=1)]
    return [_member(shape.member, each, place) for each in value]


def _member(shape: Shape, value: object, place: str) -> Any:
    """One of a list of plain values, of which AWS names the list alone."""
    try:
        return _value(shape, value, place)
    except ConstraintViolation as unmet:
        raise ConstraintViolation(place, f"Member must satisfy constraint: [{unmet.constraint}]") from unmet


def _string(shape: StringShape, value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _mistyped(place, "a string")
    # Bounds come first, so that nothing ever looks closely at a long text.
    _require_bounds(shape, len(value), "length", place)
    try:
        value.encode()
    except UnicodeEncodeError:
        # A lone half of a surrogate pair is JSON, but no text: it has no bytes.
        raise _mistyped(place, "a string") from None
    if shape.enum and value not in shape.enum:
        raise ConstraintViolation(place, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if shape.name == _REPOSITORY_NAME and repository_name_problems(value):
        raise ConstraintViolation(place, f"must satisfy regular expression '{pattern}'")
    if pattern and shape.name not in _JUDGED_ELSEWHERE and not re.fullmatch(pattern, value, re.ASCII):
        raise ConstraintViolation(place, f"Member must satisfy regular expression pattern: {pattern}")
    return value


def _integer(shape: Shape, value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _mistyped(place, "a whole number")
    _require_bounds(shape, value, "value", place)
    return value


def _boolean(_shape: Shape, value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _mistyped(place, "true or false")
    return value


_READERS: Mapping[str, Callable[[Any, object, str], Any]] = {
    "structure": _structure,
    "list": _list,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}


def _require_bounds(shape: Shape, size: int, of: str, place: str) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        raise ConstraintViolation(place, f"Member must have {of} greater than or equal to {least}")
    if most is not None and size > most:
        raise ConstraintViolation(place, f"Member must have {of} less than or equal to {most}")


def _mistyped(place: str, expected: str) -> EcrError:
    return EcrError("SerializationException", f"{place or 'The input'} must be {expected}")
