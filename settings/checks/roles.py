"""What is wrong with a stack's own roles, once every line that asks for one is sound by itself."""

from collections.abc import Iterable, Iterator, Sequence

from domain.document_text import to_text
from domain.iam.github_trust import GitHubSource, contradictions, provider_arn, source_problems, trust_problems
from domain.iam.grants import Registry
from domain.iam.limits import INLINE_TEXT_MAX
from domain.iam.roles import pull_policy, push_policy
from domain.problems import Path, Problem
from settings.declared.resolve import here, source
from settings.declared.settings import Publisher, publishers
from settings.written.catalog import TASKS, RepositoryEntry

Entries = Sequence[tuple[str, RepositoryEntry]]
Pushes = Sequence[tuple[Path, str, GitHubSource]]
"""Each with its path in the catalog, and its repository."""


def role_problems(entries: Entries, registries: Sequence[Registry], stack: str) -> Iterator[Problem]:
    """`registries` are the stack's own, home first."""
    home = registries[0]
    pushes = list(_pushes(entries, stack))
    roles = publishers(((repository, each) for _, repository, each in pushes), stack)
    yield from _source_problems(pushes, provider_arn(home.account, home.region))
    yield from _push_problems(roles, {each.place: path for path, _, each in pushes}, home)
    yield from _task_problems(entries, registries)


def _pushes(entries: Entries, stack: str) -> Iterator[tuple[Path, str, GitHubSource]]:
    for name, entry in entries:
        for index, push in here(entry, stack):
            if (push.refs is None) != (push.environment is None):  # told elsewhere
                yield ("repositories", name, "push", index), name, source(push)


def _source_problems(pushes: Pushes, provider: str) -> Iterator[Problem]:
    for path, _, each in pushes:
        for problem in (*source_problems(each), *trust_problems(each, provider=provider)):
            yield problem.under(*path)
    for index, problem in contradictions([each for _, _, each in pushes]):
        yield problem.under(*pushes[index][0])


def _push_problems(roles: Iterable[Publisher], last: dict[tuple[str, ...], Path], home: Registry) -> Iterator[Problem]:
    """Of a role's policy that is too long, told where the last of its repositories stands."""
    for role in roles:
        length = len(to_text(push_policy(role.repositories, home)))
        if length > INLINE_TEXT_MAX:
            fix = "let another environment of the repository push some of them"
            message = f"pushes {len(role.repositories)} repositories, {_too_long(length)}"
            yield Problem((*last[role.source.place], "github"), role.source.github, message, fix)


def _task_problems(entries: Entries, registries: Sequence[Registry]) -> Iterator[Problem]:
    paths = {name: path for name, entry in entries for path in _task_paths((name, entry))}
    length = len(to_text(pull_policy(list(paths), registries)))
    if length > INLINE_TEXT_MAX:
        fix = "let some be pulled by roles of your own: {account: NAME, role: ROLE}"
        yield Problem(list(paths.values())[-1], TASKS, f"pulls {len(paths)} repositories, {_too_long(length)}", fix)


def _task_paths(named: tuple[str, RepositoryEntry]) -> list[Path]:
    name, entry = named
    found = (index for index, pull in enumerate(entry.pull) if pull.service == TASKS)
    return [("repositories", name, "pull", index, "service") for index in found]


def _too_long(length: int) -> str:
    return f"and its role's policy has {length:,} characters where IAM takes {INLINE_TEXT_MAX:,}"
