"""A plan as a pull request's comment."""

from collections.abc import Iterable, Iterator

from domain.wording import counted
from review.formatting import FOLDED_FROM, MORE_IN_LOG, Part, code, code_block, escaped, fitted, folded
from review.plan.groups import SIGNS, groups, summary
from review.plan.model import Consequence, Plan, Topic
from review.plan.phrases import grouped
from review.plan.text import HEADINGS, fix_of, plan_title

LIMIT = 12_000
"""A comment on GitHub holds 65,536 characters, and is shared by the plans and findings of all stacks."""
_LOUD = {Topic.LOSS: "CAUTION", Topic.KEY: "CAUTION", Topic.BLOCKED: "WARNING", Topic.POLICY: "WARNING"}


def to_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """The plan in so many characters, of which what is grave takes as many as it needs."""
    notes = [Part(escaped(note)) for note in plan.notes]
    parts = [
        Part(f"### {escaped(plan_title(plan))}"),
        *consequence_parts(plan.consequences),
        *notes,
        changes_part(plan),
    ]
    return fitted(parts, limit)


def consequence_parts(some: Iterable[Consequence]) -> list[Part]:
    """A part for each topic; only what is not grave has a shorter form."""
    parts = []
    for topic, alike in grouped(some, lambda each: each.topic).items():
        grave = [each for each in alike if each.is_grave]
        more = f"**{HEADINGS[topic]}**: {counted(len(alike) - len(grave), 'consequence')} more: {MORE_IN_LOG}."
        short = [_section(topic, grave)] if grave else []
        parts.append(Part(_section(topic, alike), "\n\n".join([*short, more]) if len(grave) < len(alike) else None))
    return parts


def changes_part(plan: Plan) -> Part:
    """How many changes there are; a click shows all of them."""
    title = f"Changes: {summary(plan)}" if plan.changes else summary(plan)
    if not plan.changes:
        return Part(f"**{escaped(title)}**")
    left_out = f"The changes are too many for a comment: {MORE_IN_LOG}."
    return Part(folded(title, "\n".join(_changes(plan))), f"**{escaped(title)}**. {left_out}")


def alert(topic: Topic, some: list[Consequence]) -> str:
    """GitHub's name for how loud a topic is: CAUTION, WARNING, or none."""
    return _LOUD.get(topic, "CAUTION" if topic is Topic.RETENTION and any(each.id for each in some) else "")


def _section(topic: Topic, some: list[Consequence]) -> str:
    loud = alert(topic, some)
    lines = [f"[!{loud}]"] if loud else []
    lines += [f"**{HEADINGS[topic]}**", *(line for each in some for line in _item(each))]
    return "\n".join(f"> {line}".rstrip() for line in lines) if loud else "\n".join(lines)


def _item(each: Consequence) -> Iterator[str]:
    """One item of a list: the rule where it fails, what happens, and the fix."""
    rule, fix = f"❌ {code(str(each.id))} " if each.fails else "", fix_of(each)
    yield f"- {rule}{escaped(each.text)}{f' *Fix: {escaped(fix)}*' if fix else ''}"
    if each.lines:
        body = code_block(each.lines, "diff" if each.lines[0][:2] in ("+ ", "- ", "~ ") else "text")
        if len(each.lines) >= FOLDED_FROM:
            body = folded(f"{len(each.lines)} lines", "\n".join(body)).splitlines()
        yield from ("", *(f"  {line}".rstrip() for line in body))


def _changes(plan: Plan) -> list[str]:
    lines = []
    for group in groups(plan):
        lines.append(f"{SIGNS[group.op]} {group.op} {group.about}")
        lines += [f"    {line}" for line in group.lines]
    return code_block(lines, "text")
