"""The access matrix for a terminal: a table for each repository, with the statements that allow each access."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.wording import listed
from render.output import Style, painted, sign_styles, width, wrapped
from review.access.access_diff import AccessChange, joined
from review.access.matrix import Access, Cell, Grantee, Matrix
from review.access.partial_evaluation import Permission
from review.plan.phrases import grouped

MARKS = {Permission.ALLOWED: "yes", Permission.CONDITIONAL: "if"}
NONE = "-"
NO_CHANGE = "No access changes."
NO_PRINCIPAL = "No principal, beside those that the account's own identity policies allow."
OTHERS_POLICIES = "*: only as far as the principal's own identity policies allow it too; they are not in this stack."
_WIDEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One principal at one repository, in regions where it has the same access."""

    principal: Grantee
    cells: dict[Access, Cell]
    remarks: tuple[str, ...]
    """By which statements, and under which conditions."""

    def mark(self, access: Access) -> str:
        cell = self.cells.get(access)
        return MARKS[cell.decision] if cell else NONE


def to_text(matrix: Matrix) -> str:
    lines = [painted(matrix_title(matrix), Style.BOLD)]
    for repository, regions, found in tables(matrix):
        lines += ["", painted(f"{repository}  {', '.join(regions)}", Style.BOLD), *_table(found)]
    lines += [line for note in notes(matrix) for line in ("", *wrapped(f"Note: {note}", "  "))]
    return "\n".join(lines)


def changes_to_text(found: Sequence[AccessChange], heading: str) -> str:
    lines: list[str] = []
    for each in joined(found):
        line = f"  {each.trend.sign} {each}"
        lines += wrapped(line, "      ", *sign_styles(line))
    return "\n".join([painted(heading, Style.BOLD), "", *(lines or [f"  {NO_CHANGE}"])])


def matrix_title(matrix: Matrix) -> str:
    return f"{matrix.project}, stack {matrix.stack} (account {matrix.account}): access"


def notes(matrix: Matrix) -> Iterator[str]:
    if any(cell.principal.by_own_policies for cell in matrix.cells):
        yield OTHERS_POLICIES
    yield from matrix.notes
    yield from matrix.topics


def tables(matrix: Matrix) -> Iterator[tuple[str, tuple[str, ...], list[Row]]]:
    """Each repository with its regions and rows: by principal, and where its access differs by region, by these."""
    cells = grouped(matrix.cells, lambda cell: cell.repository)
    for repository, everywhere in matrix.repositories.items():
        own = grouped(cells.get(repository, ()), lambda cell: (cell.principal, cell.regions, cell.account))
        yield repository, everywhere, [_row(some, everywhere) for some in own.values()]


def _row(cells: Sequence[Cell], everywhere: Sequence[str]) -> Row:
    regions = cells[0].regions
    where = "" if set(regions) == set(everywhere) else f"in {listed(regions)}"
    return Row(
        principal=cells[0].principal,
        cells={cell.access: cell for cell in cells},
        remarks=tuple(_remarks(cells, where)),
    )


def _remarks(cells: Sequence[Cell], where: str) -> Iterator[str]:
    if where:
        yield where
    yield f"by {listed(grouped(cells, lambda cell: f'{cell.policy} {cell.statement}'))}"
    if any(cell.login is False for cell in cells):
        yield "no login: its policies don't allow ecr:GetAuthorizationToken"
    for cell in cells:
        if cell.actions:
            yield f"{cell.access}: {listed((each.removeprefix('ecr:') for each in cell.actions), limit=10)}"
    for conditions, some in grouped(cells, lambda cell: cell.conditions).items():
        if conditions:
            yield f"{listed(cell.access for cell in some)} {', '.join(conditions)}"


def principal_label(principal: Grantee) -> str:
    """A role with the principals that can assume it before its own name."""
    if principal.entrants:
        return f"{listed(principal.entrants)} ({principal.label})"
    return f"{principal.label}{' *' if principal.by_own_policies else ''}"


def _table(found: Sequence[Row]) -> Iterator[str]:
    if not found:
        yield f"  {NO_PRINCIPAL}"
        return
    title, accesses = "principal", "  ".join(Access)
    room = min(width() - len(accesses) - 4, _WIDEST)
    column = max(len(title), min(max(len(principal_label(row.principal)) for row in found), room))
    yield f"  {title:<{column}}  {accesses}"
    for row in found:
        marks = "  ".join(f"{row.mark(access):<{len(access)}}" for access in Access)
        name = principal_label(row.principal)
        if len(name) > column:
            yield from wrapped(f"  {name}", "    ")
            name = ""
        yield f"  {name:<{column}}  {marks}".rstrip()
        for remark in row.remarks:
            yield from wrapped(f"      {remark}", "        ")
