"""A plan's changes grouped: one that is the same in three regions is printed once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from domain.wording import listed
from resources import OnChange
from review.plan.model import GITHUB, Change, Difference, Op, Plan
from review.plan.phrases import grouped, where

SIGNS = {
    Op.CREATE: "+",
    Op.ADOPT: "=",
    Op.UPDATE: "~",
    Op.UPDATE_OR_REPLACE: "?",
    Op.REPLACE: "±",
    Op.RENAME: "!",
    Op.DELETE: "-",
    Op.MOVE: ">",
    Op.OPTIONS: "·",
}
VERBS = {
    Op.CREATE: "to create",
    Op.ADOPT: "to adopt",
    Op.UPDATE: "to update",
    Op.UPDATE_OR_REPLACE: "to update or replace",
    Op.REPLACE: "to replace",
    Op.RENAME: "to rename without an alias",
    Op.DELETE: "to delete",
    Op.MOVE: "moved by an alias",
    Op.OPTIONS: "with other options",
}
_EFFECTS = {OnChange.REPLACES: " (forces the replacement)", OnChange.UNKNOWN: " (may force a replacement)"}
_VALUE_WIDTH = 90
_DATA = "data."
"""How the paths of a ConfigMap's entries begin: those that leave it are one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Resources with the same change."""

    op: Op
    names: tuple[str, ...]
    types: tuple[str, ...]
    places: str
    lines: tuple[str, ...]

    @property
    def about(self) -> str:
        """The resources, where they are, and their types."""
        place = f" {'at' if self.places == GITHUB else 'in'} {self.places}" if self.places else ""
        return f"{listed(self.names, limit=10)}{place}: {', '.join(self.types)}"


def groups(plan: Plan) -> list[Group]:
    """In the order of the operations, and then of the names: changes that are alike in several resources are one."""
    each = grouped(plan.changes, lambda change: (change.op, change.short_type, _plain(change), _lines(change)))
    alike = grouped(each.items(), lambda item: (item[0][0], item[0][1], item[0][3], where(item[1], limit=10)))
    merged = grouped(
        alike.items(),
        lambda item: (item[0][0], tuple(sorted(name for (_, _, name, _), _ in item[1])), item[0][2], item[0][3]),
    )
    found = [
        Group(
            op=op, names=names, types=tuple(sorted(type_ for (_, type_, _, _), _ in some)), places=places, lines=lines
        )
        for (op, names, lines, places), some in merged.items()
    ]
    order = list(Op)
    return sorted(found, key=lambda group: (order.index(group.op), group.names))


def summary(plan: Plan) -> str:
    """How many resources there are to each operation."""
    counts = [f"{count} {VERBS[op]}" for op, count in plan.counts().items()]
    same = [] if plan.unchanged is None or plan.is_new else [f"{plan.unchanged} unchanged"]
    return ", ".join([*(counts or ["no changes"]), *same])


def shown(value: object) -> str:
    """A value in one line, cut where it is long."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = " ".join(text.split())
    return text if len(text) <= _VALUE_WIDTH else f"{text[:_VALUE_WIDTH]}…"


def _plain(change: Change) -> str:
    """The name without its region or cluster: registry@us-east-1.BLOB_MOUNTING belongs to the registry."""
    name, marked, rest = change.name.partition(f"@{change.cluster or change.region}")
    setting, is_whole = rest.removeprefix("."), change.op in (Op.CREATE, Op.DELETE) and change.cluster is None
    return f"{name} {setting}" if marked and setting and not is_whole else name


def _lines(change: Change) -> tuple[str, ...]:
    """What differs; nothing of what is created or deleted as a whole."""
    if change.op in (Op.CREATE, Op.DELETE, Op.ADOPT):
        return ()
    gone = [each for each in change.differences if each.path.startswith(_DATA) and each.new is None]
    gone = gone if len(gone) > 1 else []
    lines = [line for each in change.differences if each not in gone for line in _difference_lines(each)]
    if gone:
        lines.append(f"data without {listed(each.path.removeprefix(_DATA) for each in gone)}")
    lines += [f"option {each.path}: {shown(each.old)} → {shown(each.new)}" for each in change.options]
    if change.old_urn:
        lines.append(f"was {change.old_urn.rpartition('::')[2]}")
    return tuple(lines)


def _difference_lines(difference: Difference) -> Iterator[str]:
    effect = _EFFECTS.get(difference.effect, "")
    if difference.lines:
        yield f"{difference.path}{effect}:"
        yield from (f"  {line}" for line in difference.lines)
    else:
        yield f"{difference.path}: {shown(difference.old)} → {shown(difference.new)}{effect}"
