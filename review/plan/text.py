"""A plan for a terminal: the consequences, the worst first, then every change."""

from collections.abc import Iterable, Iterator

from render.output import Style, painted, sign_styles, wrapped
from review.plan.groups import SIGNS, groups, summary
from review.plan.model import NOTHING_TO_DO, Consequence, Plan, Topic
from review.plan.phrases import grouped

HEADINGS = {
    Topic.LOSS: "Images lost",
    Topic.RETENTION: "Retention",
    Topic.KEY: "Keys deleted",
    Topic.BLOCKED: "The deployment fails",
    Topic.POLICY: "Policy violations (mandatory)",
    Topic.RENAME: "Renames",
    Topic.CLUSTER: "Clusters",
    Topic.SOURCE: "GitHub",
    Topic.PLACE: "Accounts and regions",
    Topic.WEAKER: "Weaker protection",
    Topic.RETIREMENT: "Retirement",
    Topic.ADOPTION: "Adoption",
    Topic.PROTECTION: "Protection",
    Topic.COST: "Cost",
    Topic.ADVICE: "Policy violations (advisory)",
}
_RED_TOPICS = frozenset((Topic.LOSS, Topic.KEY, Topic.BLOCKED, Topic.POLICY))


def to_text(plan: Plan) -> str:
    lines = [painted(plan_title(plan), Style.BOLD), summary(plan), *consequence_lines(plan.consequences)]
    return "\n".join([*lines, *change_lines(plan)])


def consequence_lines(some: Iterable[Consequence]) -> list[str]:
    """By topic, the worst first."""
    lines: list[str] = []
    for topic, alike in grouped(some, lambda each: each.topic).items():
        lines += ["", heading(HEADINGS[topic], *((Style.RED,) if topic in _RED_TOPICS else ()))]
        for each in alike:
            rule = f"{each.id}  " if each.fails else ""
            lines += wrapped(f"  {rule}{each.text}", "    ")
            lines += (part for line in each.lines for part in wrapped(f"    {line}", "      ", *sign_styles(line)))
            if fix := fix_of(each):
                lines += wrapped(f"    fix: {fix}", "      ", Style.DIM)
    return lines


def change_lines(plan: Plan) -> list[str]:
    """Every change, and the notes on the plan."""
    lines = ["", heading("Changes"), *_changes(plan)] if plan.changes else []
    for note in plan.notes:
        lines += ["", *wrapped(f"Note: {note}", "  ")]
    return lines


def fix_of(each: Consequence) -> str:
    """What to do about it, where something is to be done."""
    return each.fix if each.id and not NOTHING_TO_DO.startswith(each.fix) else ""


def heading(title: str, *styles: Style) -> str:
    return painted(title, Style.BOLD, *styles)


def plan_title(plan: Plan) -> str:
    base = f" from {plan.against}" if plan.against else ""
    nothing = "the stack's state is empty" if plan.previewed else f"the base has no stack {plan.stack}"
    new = f": {nothing}, everything is created" if plan.is_new else ""
    return f"{plan.project}, stack {plan.stack}: changes{base}{new}"


def _changes(plan: Plan) -> Iterator[str]:
    for group in groups(plan):
        yield from wrapped(f"  {SIGNS[group.op]} {group.op}  {group.about}", "      ", *sign_styles(SIGNS[group.op]))
        for line in group.lines:
            yield from wrapped(f"      {line}", "        ", *sign_styles(line.lstrip()))
