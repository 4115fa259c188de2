"""A pydantic error in our words: what is wrong at which path of the written value, and the fix."""

from collections.abc import Iterator
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from domain.problems import Path, Problem
from domain.wording import nearest
from settings.files.source import no_value
from settings.written.catalog import UNION_TAGS

_KINDS = {
    "string_type": ("is not text", "put it in quotes"),
    "int_type": ("is not a whole number", "write a whole number without quotes"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "int_parsing": ("is not a whole number", "write a whole number"),
    "bool_type": ("is neither true nor false", "write true or false"),
    "bool_parsing": ("is neither true nor false", "write true or false"),
    "tuple_type": ("is not a list", "write a list: [ … ]"),
    "dict_type": ("is not an object", "write an object: {key: value}"),
    "model_type": ("is not an object", "write an object: {key: value}"),
    "model_attributes_type": ("is not an object", "write an object: {key: value}"),
    "string_too_short": ("is empty", "write a value"),
}


def describe(model: type[BaseModel], error: ErrorDetails) -> Problem:
    """The problem at the path as it is written, for any error of that model's validation."""
    path = tuple(part for part in error["loc"] if part not in ("[key]", *UNION_TAGS))
    last = str(path[-1]) if path else ""
    match error["type"]:
        case "extra_forbidden":
            return Problem(path, last, "is not a known key", nearest(last, _holder(model, path).model_fields))
        case "missing":
            field = _field(_holder(model, path), last)
            return Problem(path, None, "is missing", f"add it: {(field and field.description) or '…'}")
        case kind if error["input"] is None:
            return no_value(path)
        case kind:
            return Problem(path, error["input"], *_message_and_fix(kind, error))


def _message_and_fix(kind: str, error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    if "fix" in context:
        return str(context["message"]), str(context["fix"])
    match kind:
        case "literal_error":
            expected = str(context["expected"])
            return "is not one of the choices", f"write {'true' if expected == 'True' else expected}"
        case "too_long":
            return f"has {context['actual_length']} entries", f"write at most {context['max_length']}"
        case "too_short":
            return f"has {context['actual_length']} entries", f"write at least {context['min_length']}"
    return _KINDS.get(kind, (f"is not valid: {error['msg']}", "see docs/catalog.schema.json"))


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
