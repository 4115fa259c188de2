"""The matrix and its changes as Markdown; whatever people wrote stays text."""

from collections.abc import Iterator, Sequence

from review.access.access_diff import AccessChange
from review.access.matrix import Access, Matrix
from review.access.text import NO_CHANGE, Row, matrix_title, notes, rows, who
from review.formatting import code, escaped, folded

_FOLDED_FROM = 8
"""So many lines are folded away."""


def to_markdown(matrix: Matrix) -> str:
    parts = [f"### {escaped(matrix_title(matrix))}"]
    for repository, regions in matrix.repositories.items():
        found = rows(matrix, repository)
        body = "\n".join(_table(found)) if found else "Nobody but whom the account's own policies let."
        parts.append(folded(f"{repository} ({', '.join(regions)}): {len(found)}", body))
    return "\n\n".join([*parts, *(escaped(f"Note: {note}") for note in notes(matrix))])


def changes_to_markdown(found: Sequence[AccessChange], heading: str) -> str:
    body = folded_lines([str(each) for each in found]) if found else escaped(NO_CHANGE)
    return f"### {escaped(heading)}\n\n{body}"


def folded_lines(lines: Sequence[str], limit: int | None = None) -> str:
    """A list of lines, folded where there are many; of those that no room is left for, how many there are."""
    shown: list[str] = []
    room = limit
    for line in lines:
        item = f"- {with_code(line)}"
        if room is not None and len(item) > room:
            shown.append(f"- … and {len(lines) - len(shown)} more: see the job's log")
            break
        shown.append(item)
        room = None if room is None else room - len(item) - 1
    body = "\n".join(shown)
    return folded(f"{len(lines)} changes", body) if len(lines) >= _FOLDED_FROM else body


def with_code(text: str) -> str:
    """The text with what stands between backticks as code."""
    parts = text.split("`")
    return "".join(code(part) if index % 2 else escaped(part) for index, part in enumerate(parts))


def _table(found: Sequence[Row]) -> Iterator[str]:
    yield f"| who | {' | '.join(access.value for access in Access)} | by |"
    yield f"| --- |{' --- |' * (len(Access) + 1)}"
    for row in found:
        marks = " | ".join(row.mark(access) for access in Access)
        yield f"| {with_code(who(row.principal))} | {marks} | {'<br>'.join(map(escaped, row.remarks))} |"
