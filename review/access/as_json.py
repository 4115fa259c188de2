"""The access matrix and its changes as JSON, one cell or change a line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields

from review.access.access_diff import AccessChange
from review.access.matrix import Cell, Matrix

ACCESS_VERSION = 1


def to_json(matrix: Matrix) -> str:
    head = _fields(matrix, "project", "stack", "account", "repositories", "notes")
    return _document(head, "cells", [_cell(each) for each in matrix.cells])


def changes_to_json(found: Sequence[AccessChange], matrix: Matrix, base: str) -> str:
    names = ("who", "access", "repositories", "regions", "conditions")
    rows = [{"turn": each.trend, **_fields(each, *names), "text": str(each)} for each in found]
    return _document({**_fields(matrix, "project", "stack"), "base": base}, "changes", rows)


def _document(head: Mapping[str, object], name: str, rows: Sequence[Mapping[str, object]]) -> str:
    entries = {"version": ACCESS_VERSION, **head}.items()
    others = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries)
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"{{\n{others},\n{json.dumps(name)}: [\n  {lines}\n]\n}}"


def _cell(cell: Cell) -> dict[str, object]:
    principal = {
        **_fields(cell.principal, "kind", "id", "label", "entrants"),
        "as_far_as_its_own_policies_allow": cell.principal.by_own_policies,
    }
    return {**_fields(cell, *(each.name for each in fields(cell))), "principal": principal}


def _fields(value: object, *names: str) -> dict[str, object]:
    return {name: getattr(value, name) for name in names}
