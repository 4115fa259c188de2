"""A plan as a comment on a pull request. Whatever people wrote stays text: it can't leave its place in the comment."""

import re
from collections.abc import Iterable, Iterator

from review.markdown import escaped, folded
from review.plan.groups import SIGNS, groups, summary
from review.plan.model import Plan, Statement, Topic
from review.plan.text import HEADINGS, title
from review.plan.words import grouped, listed

LIMIT = 60_000
"""A comment on GitHub holds 65,536 characters; some are left to whoever puts more around it."""
_FOLDED_FROM = 8
"""So many lines of details are folded away."""
_LOUD = {Topic.LOSS: "CAUTION", Topic.KEY: "CAUTION", Topic.BLOCKED: "WARNING"}


def to_markdown(plan: Plan) -> str:
    lines = [f"### {escaped(title(plan))}", "", f"**{escaped(summary(plan))}**"]
    for topic, statements in grouped(plan.statements, lambda statement: statement.topic).items():
        lines += ["", *_section(topic, statements)]
    if plan.changes:
        lines += ["", folded(f"Every change ({len(plan.changes)})", "\n".join(_changes(plan)))]
    for note in plan.notes:
        lines += ["", escaped(note)]
    return _within("\n".join(lines))


def code_block(lines: Iterable[str], language: str = "") -> list[str]:
    """Lines in a fence that is longer than any in them."""
    inside = [" ".join(line.splitlines()) for line in lines]
    longest = max((len(run) for line in inside for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *inside, fence]


def _section(topic: Topic, statements: list[Statement]) -> Iterator[str]:
    mark = "> " if topic in _LOUD else ""
    if topic in _LOUD:
        yield f"> [!{_LOUD[topic]}]"
    yield f"{mark}**{HEADINGS[topic]}**"
    for statement in statements:
        yield mark.rstrip()
        yield f"{mark}{escaped(statement.text)}"
        if statement.lines:
            body = code_block(statement.lines, "diff" if statement.lines[0][:2] in ("+ ", "- ", "~ ") else "text")
            if len(statement.lines) >= _FOLDED_FROM:
                body = folded(f"{len(statement.lines)} lines", "\n".join(body)).splitlines()
            yield mark.rstrip()
            yield from (f"{mark}{line}".rstrip() for line in body)


def _changes(plan: Plan) -> list[str]:
    lines = []
    for group in groups(plan):
        names = listed(group.names, limit=10)
        lines.append(f"{SIGNS[group.op]} {group.op} {names} in {group.places}: {', '.join(group.types)}")
        lines += [f"    {line}" for line in group.lines]
    return code_block(lines, "text")


def _within(text: str) -> str:
    """The whole, or without what is folded away at the end."""
    if len(text) <= LIMIT:
        return text
    head, _, _ = text.rpartition("\n<details>")
    said = "\n\nThe changes are too many for a comment: `python -m review plan` prints them."
    return head[: LIMIT - len(said)] + said if len(head) > LIMIT - len(said) else head + said
