"""What is wrong with those who push in one stack, once every line is sound by itself."""

from collections.abc import Iterable, Iterator, Sequence

from domain.document_text import to_text
from domain.iam.github_trust import GitHubSource, contradictions, provider_arn, source_problems, trust_problems
from domain.iam.grants import Registry
from domain.iam.limits import INLINE_TEXT_MAX, ROLES_MAX
from domain.iam.roles import push_policy
from domain.problems import Path, Problem
from settings.catalog import RepositoryEntry
from settings.models import publishers
from settings.resolve import here, source

Pushes = Sequence[tuple[Path, str, GitHubSource]]
"""Each with its path in the catalog, and its repository."""


def push_problems(entries: Iterable[tuple[str, RepositoryEntry]], registry: Registry, stack: str) -> Iterator[Problem]:
    pushes = [
        (("repositories", name, "push", index), name, source(push))
        for name, entry in entries
        for index, push in here(entry, stack)
        if (push.refs is None) != (push.environment is None)  # told elsewhere
    ]
    provider = provider_arn(registry.account, registry.region)
    for path, _, each in pushes:
        problems = [*source_problems(each), *trust_problems(each, provider=provider)]
        yield from (problem.under(*path) for problem in problems)
    for index, problem in contradictions([each for _, _, each in pushes]):
        yield problem.under(*pushes[index][0])
    yield from _too_much(pushes, registry, stack)


def _too_much(pushes: Pushes, registry: Registry, stack: str) -> Iterator[Problem]:
    """A role whose policy is too long, told where the last of its repositories stands, and more than an account has."""
    last = {each.place: path for path, _, each in pushes}
    roles = publishers(((repository, each) for _, repository, each in pushes), stack)
    for role in roles:
        length = len(to_text(push_policy(role.repositories, registry)))
        if length > INLINE_TEXT_MAX:
            many = f"pushes {len(role.repositories)} repositories, and its role's policy has {length:,} characters"
            fix = "let another environment of the repository push some of them"
            message = f"{many} where IAM takes {INLINE_TEXT_MAX:,}"
            yield Problem(last[role.source.place], role.source.github, message, fix)
    if len(roles) > ROLES_MAX:
        message = f"make {len(roles):,} publisher roles, and an account has {ROLES_MAX:,}"
        yield Problem(("repositories",), len(roles), message, "let fewer sources push, or ask AWS for a higher quota")
