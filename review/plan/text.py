"""A plan for a terminal: the consequences, the worst first, then every change."""

from collections.abc import Iterator

from domain.wording import listed
from render.output import wrapped
from review.plan.groups import SIGNS, groups, summary
from review.plan.model import Plan, Topic
from review.plan.phrases import grouped

HEADINGS = {
    Topic.POLICY: "Policy violations (mandatory)",
    Topic.LOSS: "Images lost",
    Topic.KEY: "Keys deleted",
    Topic.BLOCKED: "The deployment fails",
    Topic.RENAME: "Renames",
    Topic.PLACE: "Accounts and regions",
    Topic.WEAKER: "Weaker protection",
    Topic.RETIREMENT: "Retirement",
    Topic.RETENTION: "Retention",
    Topic.ADOPTION: "Adoption",
    Topic.PROTECTION: "Protection",
    Topic.ADVICE: "Policy violations (advisory)",
}


def to_text(plan: Plan) -> str:
    lines = [plan_title(plan), summary(plan)]
    for topic, some in grouped(plan.consequences, lambda each: each.topic).items():
        lines += ["", HEADINGS[topic]]
        for each in some:
            lines += wrapped(f"  {each.text}", "    ")
            for line in each.lines:
                lines += wrapped(f"    {line}", "      ")
    if plan.changes:
        lines += ["", "Changes", *_changes(plan)]
    for note in plan.notes:
        lines += ["", *wrapped(f"Note: {note}", "  ")]
    return "\n".join(lines)


def plan_title(plan: Plan) -> str:
    base = f" from {plan.against}" if plan.against else ""
    nothing = "the stack's state is empty" if plan.previewed else f"the base has no stack {plan.stack}"
    new = f": {nothing}, everything is created" if plan.is_new else ""
    return f"{plan.project}, stack {plan.stack}: changes{base}{new}"


def _changes(plan: Plan) -> Iterator[str]:
    for group in groups(plan):
        what = f"{listed(group.names, limit=10)} in {group.places}: {', '.join(group.types)}"
        yield from wrapped(f"  {SIGNS[group.op]} {group.op}  {what}", "      ")
        for line in group.lines:
            yield from wrapped(f"      {line}", "        ")
