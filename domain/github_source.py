"""A repository of GitHub's as the source of images: its environments, their variables, the rules of its branches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.problems import Problem, unless

REVIEWERS_MAX = 6
"""Users and teams together: https://docs.github.com/en/rest/deployments/environments"""
WAIT_MINUTES_MAX = 43_200
"""30 days; the same page."""
VARIABLE_VALUE_MAX = 48 * 1024
"""https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
ENVIRONMENT_VARIABLES_MAX, REPOSITORY_VARIABLES_MAX = 100, 500
"""The same page."""
REQUESTS_PER_HOUR = 5_000
"""Of an installation of a GitHub App: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
REQUESTS_PER_WRITE, REQUESTS_PER_IMPORT = 3, 5
"""At most: the provider reads the repository and what it wrote, too; an import reads twice before it writes."""
ACTIONS_APP = 15_368
"""GitHub Actions: a check of this name by another app does not count."""
BRANCHES, TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """Who approves a job before it enters an environment, by their ids."""

    teams: tuple[int, ...] = ()
    users: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.teams or self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An Actions variable, which every job of its environment or repository reads: no secret."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A deployment environment; with `admits` empty it admits every branch and tag."""

    name: str
    reviewers: Reviewers
    wait_minutes: int
    prevent_self_review: bool
    admins_bypass: bool
    admits: tuple[str, ...]
    """refs/heads/main, or a pattern of tags: refs/tags/v*."""
    variables: tuple[Variable, ...]

    @property
    def branches(self) -> tuple[str, ...]:
        return tuple(each.removeprefix(BRANCHES) for each in self.admits if each.startswith(BRANCHES))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(each.removeprefix(TAGS) for each in self.admits if each.startswith(TAGS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """What a change of the default branch must pass."""

    checks: tuple[str, ...]
    """Jobs, by their names."""
    review: bool
    """Whether a code owner must approve."""
    linear_history: bool
    signed_commits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The numbers of what exists already and has no name to be imported by."""

    ruleset: int | None = None
    policies: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """By environment and ref."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubRepository:
    """What one stack declares of a repository."""

    owner: str
    name: str
    environments: tuple[Environment, ...]
    variables: tuple[Variable, ...]
    """The repository's own, whose names end in the stack's."""
    ruleset: Ruleset | None
    """Of the one stack that owns what is the repository's own."""
    adopt: Adoption | None
    """Of one whose environments and variables exist already, and are imported."""
    renamed_from: str | None = None
    """The name that it was declared by before."""

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


def import_id(repository: str, *parts: str) -> str:
    """By which the provider finds what a repository has; it separates the parts by a colon, and writes one otherwise:
    github/util.go of integrations/terraform-provider-github."""
    return ":".join((repository, *(each.replace(":", "??") for each in parts)))


def requests(repositories: Sequence[GitHubRepository]) -> int:
    """How many requests a first deployment makes: each owner is read, and with each write the repository; GitHub
    answers nothing to the write of a variable, which is then read, too. See the functions Create of
    resource_github_*.go in terraform-provider-github v6.13.0."""
    count = len({each.owner.casefold() for each in repositories})
    for each in repositories:
        environments = sum(2 + 2 * len(one.admits) + 3 * len(one.variables) for one in each.environments)
        count += environments + 3 * len(each.variables) + (2 if each.ruleset else 0)
    return count


def reads(repositories: Sequence[GitHubRepository]) -> int:
    """How many requests it takes to read all that is declared, as a refresh does."""
    count = 0
    for each in repositories:
        count += sum(1 + len(one.admits) + len(one.variables) for one in each.environments)
        count += len(each.variables) + (1 if each.ruleset else 0)
    return count


def reviewers_problems(reviewers: Reviewers) -> list[Problem]:
    count = len(reviewers.teams) + len(reviewers.users)
    message = f"are {count} reviewers, and GitHub takes {REVIEWERS_MAX}"
    return unless(count <= REVIEWERS_MAX, count, message, "name a team in place of its members")
