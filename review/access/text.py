"""The matrix for a terminal: a table for each repository, and what stands behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.wording import listed
from render.output import wrapped
from review.access.access_diff import AccessChange
from review.access.matrix import Access, Cell, Grantee, Matrix
from review.access.partial_evaluation import Permission
from review.plan.phrases import grouped

MARKS = {Permission.ALLOWED: "yes", Permission.CONDITIONAL: "if"}
NONE = "-"
BY_OWN = "as far as their own policies let them"
_NOBODY = "Nobody but whom the account's own policies let."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One principal at one repository, in regions where it may do the same."""

    principal: Grantee
    cells: dict[Access, Cell]
    remarks: tuple[str, ...]
    """By which statements, and with what the reader must know."""

    def mark(self, access: Access) -> str:
        cell = self.cells.get(access)
        return MARKS[cell.decision] if cell else NONE


def to_text(matrix: Matrix) -> str:
    lines = [matrix_title(matrix)]
    for repository, regions in matrix.repositories.items():
        lines += ["", f"{repository}  {', '.join(regions)}", *_table(rows(matrix, repository))]
    lines += [line for note in notes(matrix) for line in ("", *wrapped(f"Note: {note}", "  "))]
    return "\n".join(lines)


def changes_to_text(found: Sequence[AccessChange], heading: str) -> str:
    lines = [line for each in found for line in wrapped(f"  {each}", "    ")]
    return "\n".join([heading, "", *(lines or [f"  {NO_CHANGE}"])])


NO_CHANGE = "Nobody can do more or less than before."


def matrix_title(matrix: Matrix) -> str:
    return f"{matrix.project}, stack {matrix.stack} (account {matrix.account}): who may do what"


def notes(matrix: Matrix) -> Iterator[str]:
    if any(cell.principal.by_own_policies for cell in matrix.cells):
        yield f"those marked * may {BY_OWN}, which nobody here sees."
    yield from matrix.notes


def rows(matrix: Matrix, repository: str) -> list[Row]:
    """By principal, and where a principal's access is not the same in all regions, by these."""
    everywhere = matrix.repositories[repository]
    cells = [cell for cell in matrix.cells if cell.repository == repository]
    return [
        Row(
            principal=principal,
            cells={cell.access: cell for cell in some},
            remarks=tuple(_remarks(some, "" if set(regions) == set(everywhere) else f"in {listed(regions)}")),
        )
        for (principal, regions, _), some in grouped(cells, lambda c: (c.principal, c.regions, c.account)).items()
    ]


def _remarks(cells: Sequence[Cell], where: str) -> Iterator[str]:
    if where:
        yield where
    by = grouped(cells, lambda cell: f"{cell.policy} {cell.statement}")
    yield f"by {listed(by)}"
    if any(cell.login is False for cell in cells):
        yield "no login: its policies don't allow ecr:GetAuthorizationToken"
    for cell in cells:
        if cell.actions:
            yield f"{cell.access}: {listed((each.removeprefix('ecr:') for each in cell.actions), limit=10)}"
    for conditions, some in grouped(cells, lambda cell: cell.conditions).items():
        if conditions:
            yield f"{listed(cell.access for cell in some)} {', '.join(conditions)}"


def who(principal: Grantee) -> str:
    """The principal as a reader knows it; of a role first who gets into it."""
    if principal.entrants:
        return f"{listed(principal.entrants)} ({principal.label})"
    return f"{principal.label}{' *' if principal.by_own_policies else ''}"


def _table(found: Sequence[Row]) -> Iterator[str]:
    if not found:
        yield f"  {_NOBODY}"
        return
    width = max(len(who(row.principal)) for row in found)
    width = max(3, min(width, 60))
    columns = [access.value for access in Access]
    yield f"  {'who':<{width}}  {'  '.join(columns)}"
    for row in found:
        marks = "  ".join(f"{row.mark(access):<{len(access.value)}}" for access in Access)
        name = who(row.principal)
        if len(name) > width:
            yield from wrapped(f"  {name}", "    ")
            name = ""
        yield f"  {name:<{width}}  {marks}".rstrip()
        for remark in row.remarks:
            yield from wrapped(f"      {remark}", "        ")
