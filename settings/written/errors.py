"""A pydantic error in our words: what is wrong at which path of the written value, and the fix."""

from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from domain.problems import Path, Problem
from domain.wording import nearest
from settings.files.source import no_value

_UNION_TAGS = ("name", "value")  # the tags of our own discriminated unions; they are no part of the written path
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
    path, holder = _walk(model, error["loc"])
    last = str(path[-1]) if path else ""
    match error["type"]:
        case "extra_forbidden":
            return Problem(
                path, last, "is not a known key", nearest(last, sorted(holder.model_fields) if holder else [])
            )
        case "missing":
            return Problem(path, None, "is missing", f"add it: {_purpose(holder, last)}")
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


def _purpose(holder: type[BaseModel] | None, field: str) -> str:
    """What a field is for, by its name or its alias."""
    for name, known in holder.model_fields.items() if holder else ():
        if field in (name, known.alias) and known.description:
            return known.description
    return "…"


def _walk(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[Path, type[BaseModel] | None]:
    """The location without pydantic's own marks, and the model that holds its last part."""
    path: list[int | str] = []
    at: object = model
    holder: type[BaseModel] | None = None
    for part in location:
        if part == "[key]":
            continue
        at = _plain(at)
        if get_origin(at) in (Union, UnionType):
            at = _choice(at, part)
            if part in _UNION_TAGS:
                continue
        holder = at if isinstance(at, type) and issubclass(at, BaseModel) else None
        path.append(part)
        at = _inside(at, part)
    return tuple(path), holder


def _plain(annotation: object) -> object:
    """An annotation without Annotated and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        choices = [choice for choice in get_args(annotation) if choice is not type(None)]
        if len(choices) == 1:
            return _plain(choices[0])
    return annotation


def _choice(union: object, tag: int | str) -> object:
    choices = get_args(union)
    return _plain(choices[_UNION_TAGS.index(str(tag))] if tag in _UNION_TAGS else choices[-1])


def _inside(annotation: object, part: int | str) -> object:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        field = fields.get(str(part)) or next((each for each in fields.values() if each.alias == part), None)
        return field.annotation if field else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if arguments else None
