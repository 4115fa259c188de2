"""What a change does to a stack, in words, and what of it is dangerous."""

from review.plan.changes import NotComparable, plan
from review.plan.dangers import Danger, dangers
from review.plan.document import to_json
from review.plan.markdown import to_markdown
from review.plan.model import Change, Difference, Fate, Loss, Op, Plan, Protection, Statement, Topic
from review.plan.text import to_text

__all__ = [
    "Change",
    "Danger",
    "Difference",
    "Fate",
    "Loss",
    "NotComparable",
    "Op",
    "Plan",
    "Protection",
    "Statement",
    "Topic",
    "dangers",
    "plan",
    "to_json",
    "to_markdown",
    "to_text",
]
