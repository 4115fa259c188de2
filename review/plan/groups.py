"""A plan's changes, gathered: what happens alike in three regions is told once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resources import OnChange
from review.plan.model import Change, Difference, Op, Plan
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
    Op.RENAME: "to make anew under another name",
    Op.DELETE: "to delete",
    Op.MOVE: "moved by an alias",
    Op.OPTIONS: "with other options",
}
_EFFECTS = {OnChange.REPLACES: " (forces the replacement)", OnChange.UNKNOWN: " (may force a replacement)"}
_WHOLE = (Op.CREATE, Op.DELETE, Op.ADOPT)
_VALUE_WIDTH = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Resources to which the same happens."""

    op: Op
    names: tuple[str, ...]
    types: tuple[str, ...]
    places: str
    lines: tuple[str, ...]


def groups(plan: Plan) -> list[Group]:
    """In the order of the operations, and then of the names."""
    whole = [change for change in plan.changes if change.op in _WHOLE]
    found = [*_whole(whole), *_parts([change for change in plan.changes if change.op not in _WHOLE])]
    order = list(Op)
    return sorted(found, key=lambda group: (order.index(group.op), group.names))


def summary(plan: Plan) -> str:
    """How many resources there are to each operation."""
    counts = [f"{count} {VERBS[op]}" for op, count in plan.counts().items()]
    same = [] if plan.unchanged is None or plan.is_new else [f"{plan.unchanged} unchanged"]
    return ", ".join([*(counts or ["nothing changes"]), *same])


def shown(value: object) -> str:
    """A value in a line; a long one cut."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = " ".join(text.split())
    return text if len(text) <= _VALUE_WIDTH else f"{text[:_VALUE_WIDTH]}…"


def _whole(changes: Sequence[Change]) -> Iterator[Group]:
    """What comes or goes as a whole: a repository with its policies is one thing."""
    things = grouped(changes, lambda change: (change.op, _plain(change)))
    alike = grouped(
        things.items(),
        lambda item: (item[0][0], tuple(sorted({c.short_type for c in item[1]})), where(item[1], limit=10)),
    )
    for (op, types, places), members in alike.items():
        names = tuple(sorted(name for (_, name), _ in members))
        yield Group(op=op, names=names, types=types, places=places, lines=())


def _parts(changes: Sequence[Change]) -> Iterator[Group]:
    """What stays, with what is different about it."""
    things = grouped(changes, lambda change: (change.op, change.short_type, _plain(change), _lines(change)))
    alike = grouped(things.items(), lambda item: (item[0][0], item[0][1], item[0][3], where(item[1], limit=10)))
    named = grouped(
        alike.items(),
        lambda item: (item[0][0], tuple(sorted(name for (_, _, name, _), _ in item[1])), item[0][2], item[0][3]),
    )
    for (op, names, lines, places), members in named.items():
        types = tuple(sorted(kind for (_, kind, _, _), _ in members))
        yield Group(op=op, names=names, types=types, places=places, lines=lines)


def _plain(change: Change) -> str:
    """The name without its region: registry@us-east-1.BLOB_MOUNTING belongs to the registry."""
    name, marked, rest = change.name.partition(f"@{change.region}")
    setting = rest.removeprefix(".")
    return f"{name} {setting}" if marked and setting and change.op not in (Op.CREATE, Op.DELETE) else name


def _lines(change: Change) -> tuple[str, ...]:
    lines = [line for each in change.differences for line in _told(each)]
    lines += [f"option {each.path}: {shown(each.old)} → {shown(each.new)}" for each in change.options]
    if change.old_urn:
        lines.append(f"was {change.old_urn.rpartition('::')[2]}")
    return tuple(lines)


def _told(difference: Difference) -> Iterator[str]:
    effect = _EFFECTS.get(difference.effect, "")
    if difference.lines:
        yield f"{difference.path}{effect}:"
        yield from (f"  {line}" for line in difference.lines)
    else:
        yield f"{difference.path}: {shown(difference.old)} → {shown(difference.new)}{effect}"
