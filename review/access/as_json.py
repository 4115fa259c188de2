"""The access matrix and its changes as JSON, one cell or change a line."""

from collections.abc import Sequence
from dataclasses import fields

from render.as_json import fields_of, json_document
from review.access.access_diff import AccessChange
from review.access.matrix import Cell, Matrix

ACCESS_VERSION = 1


def to_json(matrix: Matrix) -> str:
    head = {
        "version": ACCESS_VERSION,
        **fields_of(matrix, "project", "stack", "account", "repositories", "notes", "topics"),
    }
    return json_document(head, "cells", [_cell(each) for each in matrix.cells])


def changes_to_json(found: Sequence[AccessChange], matrix: Matrix, base: str) -> str:
    names = ("who", "access", "repositories", "regions", "conditions")
    rows = [{"turn": each.trend, **fields_of(each, *names), "text": str(each)} for each in found]
    head = {"version": ACCESS_VERSION, **fields_of(matrix, "project", "stack"), "base": base}
    return json_document(head, "changes", rows)


def _cell(cell: Cell) -> dict[str, object]:
    principal = {
        **fields_of(cell.principal, "kind", "id", "label", "entrants"),
        "as_far_as_its_own_policies_allow": cell.principal.by_own_policies,
    }
    return {**fields_of(cell, *(each.name for each in fields(cell))), "principal": principal}
