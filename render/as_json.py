"""A render as JSON: the form in which two revisions of the project exchange it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from pydantic import TypeAdapter, ValidationError

from domain.problems import path_text
from render.resource import FORMAT_VERSION, Render, Resource

_SHOWN = 5
"""The faults of a broken form that are named: one cause often breaks every resource."""


def to_json(rendered: Render) -> str:
    """One resource a line: quick to write, and two renders compare line by line."""
    names, columns = ([each.name for each in fields(form)] for form in (Render, Resource))
    head = {"version": FORMAT_VERSION, **fields_of(rendered, *names)}
    del head["resources"]
    head["access_tests"] = [asdict(each) for each in rendered.access_tests]
    return json_document(head, "resources", [fields_of(each, *columns) for each in rendered.resources])


def json_document(head: Mapping[str, object], name: str, rows: Iterable[Mapping[str, object]]) -> str:
    """A JSON object that ends with a list, one row a line."""
    others = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"{{\n{others},\n{json.dumps(name)}: [\n  {lines}\n]\n}}"


def fields_of(value: object, *names: str) -> dict[str, object]:
    return {name: getattr(value, name) for name in names}


class InvalidRender(ValueError):
    """A text that is not a render of a form that this code reads."""


def from_json(text: str) -> Render:
    """The render; fields that this code does not know pass, and what older code did not write has its default."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRender(
            f"is not valid JSON: {error} (write it with `python -m review render --format json`)"
        ) from error
    if not isinstance(document, dict) or "version" not in document:
        raise InvalidRender(
            "is not a render: it has no version (write it with `python -m review render --format json`)"
        )
    version = document["version"]
    if version != FORMAT_VERSION:
        message = f"is a render of version {version!r}, and this code reads {FORMAT_VERSION}"
        raise InvalidRender(f"{message} (compare with a revision whose render/resource.py writes {FORMAT_VERSION})")
    try:
        return TypeAdapter(Render).validate_json(text, strict=True)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        named = [f"{path_text(error['loc']) or 'render'}: {error['msg'].lower()}" for error in errors[:_SHOWN]]
        more = [f"and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        raise InvalidRender(f"is a render of a broken form: {'; '.join(named + more)} (write it anew)") from invalid
