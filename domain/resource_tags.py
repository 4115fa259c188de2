"""The tags that every resource carries, and what AWS takes as a tag's value."""

import unicodedata

from domain.problems import Problem

REQUIRED = ("owner", "environment", "project", "managed-by")
RETIRE_UNTIL = "retire-until"
"""Until which day a repository may go without what the rules ask of it; then it is removed."""

VALUE_MAX = 256
_MARKS = frozenset("_.:/=+-@")
"""Beside letters, numbers and spaces. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""


def required_tags(*, owner: str, environment: str, project: str) -> dict[str, str]:
    values = (owner, environment, project, "pulumi")
    return dict(zip(REQUIRED, values, strict=True))


def tag_value_problems(value: str) -> list[Problem]:
    """Everything that is wrong with a value; nothing is trimmed or replaced in silence."""
    if not value.strip():
        return [Problem((), value, "is blank", "write a value")]
    problems = []
    if value != value.strip():
        problems.append(Problem((), value, "begins or ends with a blank", f"write {value.strip()!r}"))
    if len(value) > VALUE_MAX:
        problems.append(Problem((), value, f"has {len(value)} characters", f"keep within {VALUE_MAX}"))
    if refused := sorted({each for each in value if not _taken(each)}):
        message = f"has characters that AWS refuses in a tag's value: {' '.join(map(repr, refused))}"
        problems.append(Problem((), value, message, f"write letters, numbers, spaces and {' '.join(sorted(_MARKS))}"))
    return problems


def _taken(character: str) -> bool:
    """Letters, numbers and separators of any script, as AWS counts them."""
    return character in _MARKS or unicodedata.category(character)[0] in "LNZ"
