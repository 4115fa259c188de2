"""The tags that every resource carries, and what AWS takes as a tag."""

import unicodedata

from domain.problems import Problem

OWNER = "owner"
REQUIRED = (OWNER, "environment", "project", "managed-by")
RETIRE_UNTIL = "retire-until"
"""Until which day a repository may go without what the rules ask of it; then it is removed."""

TAGS_MAX = 50
KEY_MAX = 128
VALUE_MAX = 256
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/, InvalidTagParameterException, TooManyTagsException"""
_MARKS = frozenset("_.:/=+-@")
"""Beside letters, numbers and spaces. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""

CHARACTERS = f"letters, numbers, spaces and {' '.join(sorted(_MARKS))}"


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
    if refused := refused_characters(value):
        message = f"has characters that AWS refuses in a tag's value: {' '.join(map(repr, refused))}"
        problems.append(Problem((), value, message, f"write {CHARACTERS}"))
    return problems


def refused_characters(text: str) -> list[str]:
    """Those of a key or a value that are no letter, number or separator of any script, as AWS counts them."""
    return sorted({each for each in text if each not in _MARKS and unicodedata.category(each)[0] not in "LNZ"})
