"""The tokens among a stack's secrets: what is wrong with them is reported without their values."""

from collections.abc import Collection, Iterator, Mapping

from domain.problems import Path, Problem
from domain.wording import nearest

Wanted = Mapping[str, tuple[str, Path, str]]
"""By the token's key: the stack's key that needs it, the path in it, and who logs in."""


def token_problems(
    wanted: Wanted, given: Collection[str], secret: Collection[str], *, project: str, stack: str
) -> Iterator[tuple[str, Problem]]:
    """The stack's key, and the problem inside its value."""
    command = f"pulumi config set --stack {stack} --secret {project}:"
    for name, (key, path, user) in wanted.items():
        if name not in given:
            message = f"logs in with a token that the stack's configuration does not have: {project}:{name}"
            yield key, Problem(path, user, message, f"{command}{name}")
    for name in given:
        if name not in wanted:
            fix = nearest(name, set(wanted)) if wanted else "remove it, or name who logs in with it"
            yield name, Problem((), None, "is not the token of a cache or of pull_credentials", fix)
        elif name not in secret:
            message = "is written in plain text, for every reader of the repository"
            yield name, Problem((), None, message, f"make a new token, and {command}{name}")
