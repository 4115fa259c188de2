"""A pydantic error in our words: what is wrong at which path of the written value, and the fix."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from domain.problems import Path, Problem, no_value, unknown_key
from domain.wording import near

_KINDS = {
    "string_type": ("is not text", "put it in quotes"),
    "int_type": ("is not a whole number", "write a whole number without quotes"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "int_parsing": ("is not a whole number", "write a whole number"),
    "bool_type": ("is neither true nor false", "write true or false"),
    "bool_parsing": ("is neither true nor false", "write true or false"),
    "tuple_type": ("is not a list", "write a list: [ … ]"),
    "dict_type": ("is not an object", "write an object: {{key: value}}"),
    "model_type": ("is not an object", "write an object: {{key: value}}"),
    "model_attributes_type": ("is not an object", "write an object: {{key: value}}"),
    "string_too_short": ("is empty", "write a value"),
    "string_pattern_mismatch": ("is not of its form", "write text that matches {pattern}"),
    "too_long": ("has {actual_length} entries", "write at most {max_length}"),
    "too_short": ("has {actual_length} entries", "write at least {min_length}"),
    "greater_than_equal": ("is too small", "write at least {ge}"),
    "less_than_equal": ("is too large", "write at most {le}"),
}
"""The message and the fix of each type of error; in braces what pydantic says of it."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_DAY = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", re.ASCII)
_COUNT = re.compile(r"\s*([0-9]+)\s*([a-z]*)\s*", re.ASCII)
_UNITS = ("days", "hours")
_CHOICE = re.compile(r"'([^']*)'")

OtherWords = Mapping[str, tuple[str, Callable[[Any], object]]]
"""What people write in place of a key: the key, and its value. A model has them as OTHER_WORDS."""


def invalid_value(message: str, fix: str, instead: object = None, *, hidden: bool = False) -> PydanticCustomError:
    """What a validator raises; a hidden value is not shown, since it may be a secret."""
    context = {"message": message, "fix": fix, "instead": instead, "hidden": hidden}
    return PydanticCustomError("problem", "{message}", context)


def as_day(value: object) -> date:
    """A day as it is written, which pydantic would also read from a number or a date with a time."""
    if type(value) is date:
        return value
    parts = _DAY.fullmatch(value) if isinstance(value, str) else None
    day = None
    with suppress(ValueError):  # a day that the calendar does not have is reported like any other text
        day = date(*map(int, parts.groups())) if parts else None
    if day is None or value != day.isoformat():
        raise invalid_value("is not a date", "write it as 2027-01-31", day and day.isoformat())
    return day


def problems_of(
    model: type[BaseModel], errors: Iterable[ErrorDetails], page: str = "docs/catalog.schema.json"
) -> Iterator[Problem]:
    """The problems at their paths as they are written; a misspelt key is not reported as missing, too."""
    found = [_problem(model, error, page) for error in errors if not _is_counted(error)]
    meant = {(*problem.path[:-1], problem.key) for problem in found if problem.key}
    yield from (problem for problem in found if problem.value is not None or problem.path not in meant)


def _is_counted(error: ErrorDetails) -> bool:
    """pydantic counts the sound entries of a list; what is wrong with the others is reported."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _problem(model: type[BaseModel], error: ErrorDetails, page: str) -> Problem:
    # A union's tag begins with a zero byte, as nothing that people write.
    path = tuple(part for part in error["loc"] if part != "[key]" and not str(part).startswith("\0"))
    last = str(path[-1]) if path else ""
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(_holder(model, path), path, error["input"])
        case "missing":
            field = _field(_holder(model, path), last)
            return Problem(path, None, "is missing", f"add it: {(field and field.description) or '…'}")
        case _ if error["input"] is None:
            return no_value(path)
        case _:
            return _faulty_value(model, path, error, page)


def _unknown_key(holder: type[BaseModel], path: Path, value: object) -> Problem:
    message, words = "is not a known key", getattr(holder, "OTHER_WORDS", {})
    names = [each.alias or key for key, each in holder.model_fields.items()]
    found = unknown_key(path, message, names)
    key, convert = words.get(str(path[-1]), (found.key, lambda value: value))
    field = _field(holder, key) if key else None
    instead = convert(value)
    for kind in (int, bool):
        if field is not None and _allows(field.annotation, kind):
            meant = meant_value(kind.__name__, instead, str(key))
            instead = instead if meant is None else meant
    if field is not None and _is_list(field.annotation) and not isinstance(instead, list):
        instead = _list_of_one(field, instead)
        key = key if instead else None
    return Problem(path, found.value, message, found.fix, key=key, instead=instead if key else None)


def _allows(annotation: object, kind: type) -> bool:
    return annotation is kind or any(_allows(each, kind) for each in get_args(annotation))


def _is_list(annotation: object) -> bool:
    """Whether a list is all that it allows, but for None."""
    if get_origin(annotation) in (Union, UnionType):
        return all(each is NoneType or _is_list(each) for each in get_args(annotation))
    return get_origin(get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation) is tuple


def _list_of_one(field: FieldInfo, value: object) -> object:
    """The list that one value was meant as: a number is put in quotes; None where the entries are of another kind."""
    if isinstance(value, Mapping):
        return [value] if any(_models(field.annotation)) else None
    return [meant_value("string", value) or value] if _allows(field.annotation, str) else None


def _faulty_value(model: type[BaseModel], path: Path, error: ErrorDetails, page: str) -> Problem:
    context, kind = error.get("ctx", {}), error["type"]
    value = None if context.get("hidden") else error["input"]
    if "fix" in context:
        found = Problem(path, value, str(context["message"]), str(context["fix"]), instead=context.get("instead"))
        is_key = error["loc"][-1:] == ("[key]",)
        return replace(found, key=context.get("instead"), instead=None) if is_key else found
    if kind == "literal_error":
        return _no_choice(path, value, str(context["expected"]))
    message, fix = _KINDS.get(kind, ("is not valid: {msg}", "see {page}"))
    field = _field(_holder(model, path), str(path[-1])) if path else None
    instead = meant_value(kind.partition("_")[0], value, str(path[-1]) if path else "")
    if kind == "tuple_type" and field is not None and instead is not None:
        instead = _list_of_one(field, value)
    words = {"msg": error["msg"], "page": page, **context}
    return Problem(path, value, message.format(**words), fix.format(**words), instead=instead)


def _no_choice(path: Path, value: object, expected: str) -> Problem:
    if expected == "True":
        return Problem(path, value, "is not one of the choices", "write true", instead=_as_boolean(value))
    meant = near(value, _CHOICE.findall(expected)) if isinstance(value, str) else None
    return Problem(path, value, "is not one of the choices", f"write {expected}", instead=meant)


def meant_value(kind: str, value: object, key: str = "") -> object:
    """What a value of another type means, where that is plain: `yes` true, one value a list of one, and `30d` thirty
    under a key that ends in `days`."""
    match kind:
        case "bool" | "boolean":
            return _as_boolean(value)
        case "int" | "integer" if isinstance(value, str) and (found := _COUNT.fullmatch(value.lower())):
            count, unit = found.groups()
            of_key = key.rpartition("_")[2]
            return int(count) if not unit or (of_key in _UNITS and of_key.startswith(unit)) else None
        case "string" if isinstance(value, int):
            return str(value).lower() if isinstance(value, bool) else str(value)
        case "tuple" | "array" if isinstance(value, int | Mapping) or (isinstance(value, str) and value[:1] != "["):
            return [value] if value else None
    return None


def _as_boolean(value: object) -> bool | None:
    return _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None


def _holder(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model of which the last part of the path is a field: each field of ours holds one model at most."""
    field: FieldInfo | None = None
    for part in path[:-1]:
        # What follows a dictionary is one of its keys, whatever it is called.
        if field is not None and get_origin(field.annotation) is dict:
            field = None
        elif (found := _field(model, str(part))) is not None:
            field, model = found, next(_models(found.annotation), model)
    return model


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    """By its name or its alias."""
    return next((each for key, each in model.model_fields.items() if name in (key, each.alias)), None)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
