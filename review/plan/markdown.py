"""A plan as a pull request's comment."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.wording import listed
from review.formatting import FOLDED_FROM, MORE_IN_LOG, code_block, escaped, folded
from review.plan.destruction import loses_images, old_name
from review.plan.groups import SIGNS, groups, summary
from review.plan.model import Consequence, Plan, Topic
from review.plan.phrases import grouped
from review.plan.text import HEADINGS, plan_title

LIMIT = 12_000
"""A comment on GitHub holds 65,536 characters, and is shared by the plans and findings of all stacks."""
_SHORT_LINES = 10
"""The lines of a consequence's details where all of them are too many."""
_SHORT_TEXT = 600
_LOUD = {Topic.POLICY: "WARNING", Topic.LOSS: "CAUTION", Topic.KEY: "CAUTION", Topic.BLOCKED: "WARNING"}


def to_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """The plan in at most so many characters, of which 1,000 are always needed; lost images are never left out."""
    parts = [f"### {escaped(plan_title(plan))}", f"**{escaped(summary(plan))}**"]
    notes = [escaped(note) for note in plan.notes]
    changes = [folded(f"Every change ({len(plan.changes)})", "\n".join(_changes(plan)))] if plan.changes else []
    left_out = f"The changes are too many for a comment: {MORE_IN_LOG}."
    short = [_shortened(each, _SHORT_LINES) for each in plan.consequences]
    for consequences, rest in ((plan.consequences, changes), (plan.consequences, [left_out]), (short, [left_out])):
        text = "\n\n".join([*parts, *_sections(consequences), *rest, *notes])
        if len(text) <= limit:
            return text
    return "\n\n".join([*parts, *_first(plan, limit - len("\n\n".join(parts)) - len(left_out) - 50), left_out])


def _first(plan: Plan, room: int) -> list[str]:
    """Which images are lost, and as many consequences as there is room for, the worst first."""
    lost = [f"{old_name(each)} ({each.region})" for each in plan.changes if loses_images(each)]
    names = escaped(listed((name[: _SHORT_TEXT // 6] for name in lost), limit=3))
    kept = [f"> [!CAUTION]\n> **Images are lost in {len(lost)} repositories: {names}**"] if lost else []
    short = [_shortened(each, _SHORT_LINES // 2) for each in plan.consequences]
    for count in range(len(short), -1, -1):
        more = [f"{len(short) - count} more consequences are not shown here."] if count < len(short) else []
        found = [*kept, *_sections(short[:count]), *more]
        if len("\n\n".join(found)) <= room:
            return found
    return kept


def _sections(some: Iterable[Consequence]) -> list[str]:
    by_topic = grouped(some, lambda each: each.topic)
    return ["\n".join(_section(topic, alike)) for topic, alike in by_topic.items()]


def _shortened(each: Consequence, count: int) -> Consequence:
    """With the first of its lines, and how many more there are."""
    more = len(each.lines) - count
    lines = (*each.lines[:count], f"… and {more} more") if more > 0 else each.lines
    text = each.text if len(each.text) <= _SHORT_TEXT else f"{each.text[:_SHORT_TEXT]}…"
    return replace(each, text=text, lines=tuple(line[:_SHORT_TEXT] for line in lines))


def _section(topic: Topic, some: list[Consequence]) -> Iterator[str]:
    mark = "> " if topic in _LOUD else ""
    if topic in _LOUD:
        yield f"> [!{_LOUD[topic]}]"
    yield f"{mark}**{HEADINGS[topic]}**"
    for each in some:
        yield mark.rstrip()
        yield f"{mark}{escaped(each.text)}"
        if each.lines:
            body = code_block(each.lines, "diff" if each.lines[0][:2] in ("+ ", "- ", "~ ") else "text")
            if len(each.lines) >= FOLDED_FROM:
                body = folded(f"{len(each.lines)} lines", "\n".join(body)).splitlines()
            yield mark.rstrip()
            yield from (f"{mark}{line}".rstrip() for line in body)


def _changes(plan: Plan) -> list[str]:
    lines = []
    for group in groups(plan):
        names = listed(group.names, limit=10)
        lines.append(f"{SIGNS[group.op]} {group.op} {names} in {group.places}: {', '.join(group.types)}")
        lines += [f"    {line}" for line in group.lines]
    return code_block(lines, "text")
