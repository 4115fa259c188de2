"""The comparison for people, and for programs."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from domain.iam.github_trust import BY_NAME, IMMUTABLE
from domain.problems import Path, path_text
from domain.wording import counted
from ops.github_subjects.comparing import Line, SubjectDifference
from ops.github_subjects.rest import LiveSource
from render.output import Style, painted, wrapped

_VERSION = 1
Place = Callable[[Path], tuple[str, int | None]]
"""The file and line of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSource:
    """One repository; `live` is None where it is not found."""

    github: str
    live: LiveSource | None
    differences: Sequence[SubjectDifference]

    @property
    def is_equal(self) -> bool:
        return not any(each.breaks for each in self.differences)


def to_json(stack: str, sources: Sequence[ComparedSource], place: Place) -> str:
    found = [
        {
            "github": each.github,
            "equal": each.is_equal,
            "live": None if each.live is None else asdict(each.live),
            "differences": [_difference(one, place) for one in each.differences],
        }
        for each in sources
    ]
    return json.dumps({"version": _VERSION, "stack": stack, "sources": found}, indent=1, ensure_ascii=False)


def _difference(difference: SubjectDifference, place: Place) -> dict[str, object]:
    lines = []
    for each in difference.lines:
        file, line = place(each.path)
        lines.append({"file": file, "line": line, "path": path_text(each.path), "write": each.write})
    return {
        "kind": difference.kind,
        "breaks": difference.breaks,
        "message": difference.message,
        "lines": lines,
        "command": difference.command,
    }


def to_text(stack: str, sources: Sequence[ComparedSource], place: Place) -> str:
    return "\n".join(_lines(stack, sources, place))


def _lines(stack: str, sources: Sequence[ComparedSource], place: Place) -> Iterator[str]:
    if not sources:
        yield f"no GitHub repository pushes in stack {stack}"
        return
    for each in sources:
        yield from _source(each, place)
    different = sum(not each.is_equal for each in sources)
    yield ""
    yield f"{counted(len(sources), 'GitHub repository')}: {len(sources) - different} as the catalog, {different} not"


def _source(source: ComparedSource, place: Place) -> Iterator[str]:
    yield painted(source.github, Style.BOLD)
    if not source.differences and source.live is not None:
        form = IMMUTABLE if source.live.prefix == source.live.with_ids else BY_NAME
        yield f"  = id {source.live.repository_id} of owner {source.live.owner_id}, subject: {form}"
    for each in source.differences:
        sign, style = ("!", Style.RED) if each.breaks else ("i", Style.DIM)
        yield from wrapped(f"  {sign} {each.message}", "    ", style)
        yield from (f"    {_line(one, place)}" for one in each.lines)
        if each.command:
            yield f"    {each.command}"


def _line(line: Line, place: Place) -> str:
    file, number = place(line.path)
    return f"{file}:{number}  {line.write}"
