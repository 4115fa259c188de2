"""What is in the way of a call, and an edit of the settings that is proven to grant this call and no other."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.ecr.upstreams import folder
from domain.problems import Path as KeyPath
from ops.adopt.yaml_members import NotWritable, with_item, with_value
from ops.why.causes import CAUSES, Cause
from ops.why.refused_call import RefusedCall, SettingsPlace
from render.rendering import PROGRAM, render
from review.access.access_diff import AccessChange, AccessTrend, access_changes, decided, joined
from review.access.evaluation import access_matrix
from review.access.matrix import Cell, GranteeKind, Matrix
from review.access.partial_evaluation import Permission
from settings import InvalidSettings, load
from settings.files.configuration import PROJECT_FILE, stack_file

_MANY = (GranteeKind.ORGANIZATION, GranteeKind.EVERYONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """Of one value in one file: an item more in a list, or another value."""

    file: str
    path: KeyPath
    value: object
    replaces: bool = False

    def written(self, text: str) -> str:
        return (with_value if self.replaces else with_item)(text, self.path, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Whole lines of a file, before and after; the old ones are none where lines are added before that line."""

    file: str
    line: int
    path: KeyPath
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """The first thing in the way, and what mends it."""

    cause: Cause
    because: str
    fix: str
    place: SettingsPlace | None = None
    changes: tuple[SettingsChange, ...] = ()
    grants: bool = True
    """Whether the changes grant an access; others let a call pass that the access matrix does not know."""
    edits: tuple[Edit, ...] = ()
    role: str | None = None
    """The role that the workflow assumes once the edits are deployed."""


def obstacle(
    cause: str,
    because: str,
    fix: str,
    place: SettingsPlace | None = None,
    *changes: SettingsChange,
    grants: bool = True,
) -> Obstacle:
    return Obstacle(cause=CAUSES[cause], because=because, fix=fix, place=place, changes=changes, grants=grants)


def undeployed(call: RefusedCall, because: str) -> Obstacle:
    """Of a call that the settings allow."""
    fix = f"deploy the stack, or look for drift: pulumi preview --refresh --stack {call.settings.stack}"
    return obstacle("not-deployed", because, fix)


def proven(finding: Obstacle, call: RefusedCall) -> Obstacle:
    """With the edits, where they let just this call pass; else without, and why."""
    if not finding.changes:
        return finding
    try:
        texts = dict(_texts(finding, call))
        with TemporaryDirectory(prefix="why-") as folder:
            after = _after(call, _copy(call, Path(folder), texts))
            reason = _refuted(finding, call, after)
            role = after.answer.role if call.token and after.answer else None
    except (NotWritable, InvalidSettings) as fault:
        return replace(finding, changes=(), fix=f"no edit is printed: the settings would be faulty: {fault}")
    if reason:
        return replace(finding, changes=(), fix=f"no edit is printed: {reason}")
    edits = tuple(edit for name, text in texts.items() for edit in _edits(finding, call, name, text))
    place = SettingsPlace(file=edits[0].file, line=edits[0].line, path=edits[0].path)
    return replace(finding, edits=edits, place=place, role=role)


def _texts(finding: Obstacle, call: RefusedCall) -> Iterator[tuple[str, str]]:
    for file in dict.fromkeys(each.file for each in finding.changes):
        text = (call.project / file).read_text(encoding="utf-8")
        for each in finding.changes:
            text = each.written(text) if each.file == file else text
        yield file, text


def _copy(call: RefusedCall, folder: Path, texts: Mapping[str, str]) -> Path:
    names = (PROJECT_FILE, PROGRAM, call.catalog_file, *map(stack_file, [call.settings.stack, *call.other_stacks]))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((call.project / name).read_bytes())
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _after(call: RefusedCall, folder: Path) -> RefusedCall:
    """The same call, by the changed settings in the folder; those of the other stacks must be sound as well."""
    for each in call.other_stacks:
        load(folder, each)
    stack = call.settings.stack
    return replace(call, settings=load(folder, stack), rendered=render(folder, stack))


def _refuted(finding: Obstacle, call: RefusedCall, after: RefusedCall) -> str | None:
    """Why the changed settings are no fix; None where this call alone passes by them."""
    before, then = (decided(access_matrix(each.rendered, call.boundaries)) for each in (call, after))
    wide = {_grant(each) for each in before.cells if each.principal.kind in _MANY}
    changes = access_changes(_without(before, wide), _without(then, wide))
    mine = [each for each in changes if finding.grants and _is_callers(each, after, then)]
    if more := [each for each in changes if each not in mine]:
        return f"the line would do more: {joined(more)[0]}"
    return None if not finding.grants or (mine and _passes(after)) else f"with the line it is {after.answer}"


def _is_callers(change: AccessChange, call: RefusedCall, matrix: Matrix) -> bool:
    """Whether it is what was asked for: to the caller and no one beside it, in this repository, of this kind."""
    name = f"{folder(call.cache.rule.prefix)}*" if call.cache else call.repository
    if (change.trend, change.access, change.repositories) != (AccessTrend.GAINED, call.access, (name,)):
        return False
    source, caller = call.service_source, call.caller
    if source or caller is None:
        return source is not None and change.who == f"{call.signal.service} for account {source.account}"
    if caller.provider and not call.is_cluster_token:
        return change.who == caller.label or change.who.startswith(f"{caller.label} (")
    wanted = call.stack_role or caller.arn
    return any(change.who in each.principal.names for each in matrix.cells if each.principal.id == wanted)


def _grant(cell: Cell) -> tuple[str, ...]:
    return cell.account, cell.repository, cell.access, cell.policy, cell.statement


def _without(matrix: Matrix, wide: Collection[tuple[str, ...]]) -> Matrix:
    """Without what roles have by a grant to an organization or to everyone: each of its principals has it already."""
    cells = (each for each in matrix.cells if each.principal.kind is not GranteeKind.ROLE or _grant(each) not in wide)
    return replace(matrix, cells=tuple(cells))


def _passes(call: RefusedCall) -> bool:
    if call.service_source:
        return call.service_is_allowed
    return call.answer is not None and call.answer.permission is Permission.ALLOWED


def _edits(finding: Obstacle, call: RefusedCall, file: str, text: str) -> Iterator[Edit]:
    before, after = (call.project / file).read_text(encoding="utf-8").splitlines(), text.splitlines()
    paths = [each.path for each in finding.changes if each.file == file]
    blocks = difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    for number, (_, start, end, new_start, new_end) in enumerate(each for each in blocks if each[0] != "equal"):
        yield Edit(
            file=file, line=start + 1, path=paths[min(number, len(paths) - 1)],
            old=tuple(before[start:end]), new=tuple(after[new_start:new_end]),
        )  # fmt: skip
