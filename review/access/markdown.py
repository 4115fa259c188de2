"""The access matrix and its changes as Markdown."""

from collections.abc import Iterator, Sequence

from review.access.access_diff import AccessChange, joined
from review.access.matrix import Access, Matrix
from review.access.text import NO_CHANGE, NO_PRINCIPAL, Row, matrix_title, notes, principal_label, tables
from review.formatting import escaped, folded, folded_lines, with_code


def to_markdown(matrix: Matrix) -> str:
    parts = [f"### {escaped(matrix_title(matrix))}"]
    for repository, regions, found in tables(matrix):
        body = "\n".join([*_table(found), ""]) if found else NO_PRINCIPAL
        parts.append(folded(f"{repository} ({', '.join(regions)}): {len(found)}", body))
    return "\n\n".join([*parts, *(escaped(f"Note: {note}") for note in notes(matrix))])


def changes_to_markdown(found: Sequence[AccessChange], heading: str) -> str:
    body = folded_lines([str(each) for each in joined(found)]) if found else escaped(NO_CHANGE)
    return f"### {escaped(heading)}\n\n{body}"


def _table(found: Sequence[Row]) -> Iterator[str]:
    yield f"| principal | {' | '.join(access.value for access in Access)} | allowed |"
    yield f"| --- |{' --- |' * (len(Access) + 1)}"
    for row in found:
        marks = " | ".join(row.mark(access) for access in Access)
        yield f"| {with_code(principal_label(row.principal))} | {marks} | {'<br>'.join(map(escaped, row.remarks))} |"
