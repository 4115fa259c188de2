"""A stack's secrets: what is wrong with them is reported without their values."""

from collections.abc import Collection, Iterator, Mapping

from domain.problems import Path, Problem
from domain.wording import nearest

Wanted = Mapping[str, tuple[str, Path, str]]
"""By the secret's key: the stack's key that needs it, the path in it, and the value there."""


def secret_problems(
    wanted: Wanted, given: Collection[str], secret: Collection[str], *, project: str, stack: str
) -> Iterator[tuple[str, Problem]]:
    """The stack's key, and the problem inside its value."""
    command = f"pulumi config set --stack {stack} --secret {project}:"
    for name, (key, path, value) in wanted.items():
        if name not in given:
            message = f"needs a secret that the stack's configuration does not have: {project}:{name}"
            yield key, Problem(path, value, message, f"{command}{name}")
    for name in given:
        if name not in wanted:
            fix = nearest(name, set(wanted)) if wanted else "remove it, or name what needs it"
            message = "is not a secret of a cache, of pull_credentials, of monitoring or of self_hosted"
            yield name, Problem((), None, message, fix)
        elif name not in secret:
            message = "is written in plain text, for every reader of the repository"
            yield name, Problem((), None, message, f"make a new one, and {command}{name}")
