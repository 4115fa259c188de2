"""The shape of a stack's key `github`."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from domain.github_source import WAIT_MINUTES_MAX, Reviewers, reviewers_problems
from domain.iam.github import OWNER
from domain.iam.github_trust import environment_problems
from domain.model_problems import invalid_value
from domain.problems import Problem, unless
from settings.written.catalog import GitHubName
from settings.written.fields import Model, Text, checked, matching, no_credential

EVERY_OTHER = "*"
"""In place of an environment's name: those that are not named."""
_JOB = "remove it: the job brings its own, see docs/github.md"


def _environment_problems(name: str) -> list[Problem]:
    return [] if name == EVERY_OTHER else environment_problems(name)


def _number(problems: Callable[[Any], list[Problem]]) -> Any:
    return checked(problems)


def _id_problems(number: int) -> list[Problem]:
    return unless(number > 0, number, "is not a GitHub id", "write its digits: `gh api orgs/ORG/teams/NAME --jq .id`")


def _number_problems(number: int) -> list[Problem]:
    return unless(number > 0, number, "is not a number of GitHub's", "write what docs/github.md prints of what exists")


def _by_name(adopt: Any) -> Any:
    """Names alone are refused with the object that they would be."""
    names = [adopt] if isinstance(adopt, str) else adopt
    if isinstance(names, list):
        meant: dict[str, Any] = {each: {} for each in names if isinstance(each, str)}
        raise invalid_value("is not an object", "write an object: {payments-api: {}}", meant or None)
    return adopt


def _minutes_problems(minutes: int) -> list[Problem]:
    fix = f"write 0 to {WAIT_MINUTES_MAX:,} minutes"
    return unless(0 <= minutes <= WAIT_MINUTES_MAX, minutes, "is not a valid time to wait", fix)


def _reviewers_problems(reviewers: Any) -> list[Problem]:
    return reviewers_problems(Reviewers(teams=reviewers.teams, users=reviewers.users))


Id = Annotated[StrictInt, _number(_id_problems)]
Number = Annotated[StrictInt, _number(_number_problems)]


class ReviewersEntry(Model):
    """Who approves a job before it enters an environment, six at most."""

    teams: tuple[Id, ...] = Field((), description="their ids: `gh api orgs/ORG/teams/NAME --jq .id`")
    users: tuple[Id, ...] = Field((), description="their ids: `gh api users/NAME --jq .id`")


class EnvironmentEntry(Model):
    """How jobs enter an environment; which refs it admits is the catalog's to say."""

    reviewers: Annotated[ReviewersEntry, _number(_reviewers_problems)] = Field(
        ReviewersEntry(), description="`{teams: [4201], users: [1024]}`, six together"
    )
    wait_minutes: Annotated[StrictInt, _number(_minutes_problems)] = Field(0, description="how long a job waits")
    prevent_self_review: StrictBool = Field(default=True, description="the person who started the job can't approve it")
    admins_bypass: StrictBool = Field(default=False, description="administrators can enter without an approval")


class RegistrySource(Model):
    """The repository of this project itself."""

    repository: GitHubName = Field(description="its name, without its owner")
    renamed_from: GitHubName | None = Field(None, description="its name before: what is declared of it is kept")
    required_checks: tuple[Text, ...] = Field(("offline", "gate"), description="jobs that must pass before a merge")
    linear_history: StrictBool = Field(default=False, description="no merge commits")
    signed_commits: StrictBool = Field(default=False, description="only commits with a verified signature")
    reviewers: Annotated[ReviewersEntry, _number(_reviewers_problems)] = Field(
        ReviewersEntry(), description="of the environments that deploy, delete and preview"
    )


class AdoptedEntry(Model):
    """The numbers of what exists already, and has no name by which it could be imported."""

    ruleset: Number | None = Field(None, description="the one that becomes the declared one, by its number")
    policies: dict[StrictStr, dict[StrictStr, Number]] = Field(
        {}, description="those of each environment, by ref: `{production: {refs/heads/main: 71}}`"
    )


class GitHubOptions(Model):
    """The source side of delivery: what is declared at GitHub of the repositories that push."""

    owner: Annotated[
        StrictStr, matching(re.compile(OWNER), "is not the name of an owner", "write an organization or a user: acme")
    ] = Field(description="the organization or user whose repositories are declared")
    owner_is_user: StrictBool = Field(default=False, description="a user, who has no teams")
    repositories: tuple[GitHubName, ...] | None = Field(
        None, description="only these of the owner's; every one that pushes, if left out"
    )
    owns_repositories: StrictBool = Field(
        default=False, description="this stack declares what a repository has once: its ruleset"
    )
    environments: dict[Annotated[StrictStr, checked(_environment_problems)], EnvironmentEntry] = Field(
        {}, description="by their names; `*` is every other"
    )
    adopt: Annotated[dict[GitHubName, AdoptedEntry], BeforeValidator(_by_name)] = Field(
        {}, description="repositories whose environments and variables exist already: they are imported"
    )
    registry: RegistrySource | None = Field(None, description="the repository of this project itself")

    _no_credential = model_validator(mode="before")(no_credential(_JOB))

    def declares(self, source: str) -> bool:
        """Whether the repository, OWNER/NAME, is one that the stack declares."""
        owner, _, name = source.casefold().partition("/")
        named = self.repositories is None or name in {each.casefold() for each in self.repositories}
        return owner == self.owner.casefold() and named
