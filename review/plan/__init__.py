"""What a change does to a stack's resources, and the consequences."""

from review.plan.as_json import to_json
from review.plan.markdown import to_markdown
from review.plan.model import Change, Consequence, Difference, Fate, Op, Plan, Protection, Topic
from review.plan.render_diff import NotComparable, plan
from review.plan.text import to_text

__all__ = [
    "Change",
    "Consequence",
    "Difference",
    "Fate",
    "NotComparable",
    "Op",
    "Plan",
    "Protection",
    "Topic",
    "plan",
    "to_json",
    "to_markdown",
    "to_text",
]
