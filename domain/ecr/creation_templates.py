"""Repository creation templates: which of them applies to a repository that Amazon ECR creates by itself.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html"""

from collections.abc import Iterable
from enum import Enum

ROOT = "ROOT"
"""The prefix of the template for every repository that no other template template_covers."""


class Occasion(Enum):
    """Why Amazon ECR creates a repository; a template names the occasions that it applies to."""

    REPLICATION = "REPLICATION"
    PULL_THROUGH_CACHE = "PULL_THROUGH_CACHE"
    CREATE_ON_PUSH = "CREATE_ON_PUSH"


def template_covers(prefix: str, name: str) -> bool:
    """Whether a template of this prefix is for the repository: "there is always an assumed `/`" at a prefix's end."""
    return prefix == ROOT or name.startswith(f"{prefix.removesuffix('/')}/")


def nearest_prefix(prefixes: Iterable[str], name: str) -> str | None:
    """The longest prefix that template_covers the repository; None where no template does."""
    found = [each for each in prefixes if template_covers(each, name)]
    return max(found, key=lambda each: (each != ROOT, len(each)), default=None)
