"""The matrix, and what a change does to it, as JSON for other programs."""

import json
from collections.abc import Sequence

from review.access.access_diff import AccessChange
from review.access.matrix import Cell, Matrix

ACCESS_VERSION = 1


def to_json(matrix: Matrix) -> str:
    """The versioned form, one cell a line: two documents compare line by line."""
    head = {
        "version": ACCESS_VERSION,
        "project": matrix.project,
        "stack": matrix.stack,
        "account": matrix.account,
        "repositories": matrix.repositories,
        "notes": matrix.notes,
    }
    return _document(head, "cells", [_cell(each) for each in matrix.cells])


def changes_to_json(found: Sequence[AccessChange], matrix: Matrix, base: str) -> str:
    head = {"version": ACCESS_VERSION, "project": matrix.project, "stack": matrix.stack, "base": base}
    return _document(head, "changes", [_change(each) for each in found])


def _document(head: dict[str, object], name: str, rows: list[dict[str, object]]) -> str:
    others = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"{{\n{others},\n{json.dumps(name)}: [\n  {lines}\n]\n}}"


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "principal": {
            "kind": cell.principal.kind,
            "id": cell.principal.id,
            "label": cell.principal.label,
            "entrants": cell.principal.entrants,
            "as_far_as_its_own_policies_allow": cell.principal.by_own_policies,
        },
        "repository": cell.repository,
        "regions": cell.regions,
        "account": cell.account,
        "access": cell.access,
        "decision": cell.decision,
        "policy": cell.policy,
        "statement": cell.statement,
        "actions": cell.actions,
        "conditions": cell.conditions,
        "login": cell.login,
    }


def _change(change: AccessChange) -> dict[str, object]:
    return {
        "turn": change.turn,
        "who": change.who,
        "access": change.access,
        "repositories": change.repositories,
        "regions": change.regions,
        "conditions": change.conditions,
        "text": str(change),
    }
