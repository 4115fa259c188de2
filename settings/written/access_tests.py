"""The shape of tests of access: what a principal can or can't do with a repository."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictStr

from domain.iam.github_trust import environment_problems, ref_problems, repository_problems, workflow_problems
from domain.model_problems import OtherWords
from domain.problems import Problem, unless
from settings.written.fields import Model, PrincipalArn, RepositoryName, StackName, checked, unchanged


def _one_ref_problems(ref: str) -> list[Problem]:
    """A token is of one ref."""
    fix = f"name one ref, such as {ref.replace('*', '1.0')}"
    return ref_problems(ref) or unless("*" not in ref, ref, "has a wildcard, and a token has none", fix)


PRINCIPALS = ("github", "account", "role", "namespace", "arn", "everyone")
RUNS = ("refs", "environment", "pull_request")


class TestedPrincipal(Model):
    """Exactly one of github, account, role, namespace, arn and everyone."""

    __test__: ClassVar[bool] = False
    OTHER_WORDS: ClassVar[OtherWords] = {
        "branch": ("refs", lambda branch: [f"refs/heads/{branch}"]),
        "tag": ("refs", lambda tag: [f"refs/tags/{tag}"]),
        "repository": ("github", unchanged),
        "repo": ("github", unchanged),
        "workflow": ("job_workflow_ref", unchanged),
    }

    github: Annotated[StrictStr, checked(repository_problems)] | None = Field(
        None, description="workflows of a repository that a `push` of the catalog names, with one of the next three"
    )
    refs: Annotated[tuple[Annotated[StrictStr, checked(_one_ref_problems)], ...], Field(min_length=1)] | None = Field(
        None, description="run for these branches and tags, each without a wildcard"
    )
    environment: Annotated[StrictStr, checked(environment_problems)] | None = Field(
        None, description="run in this deployment environment"
    )
    pull_request: Literal[True] | None = Field(None, description="run for a pull request")
    job_workflow_ref: Annotated[StrictStr, checked(workflow_problems)] | None = Field(
        None, description="the reusable workflow that is running, where a role asks for one"
    )
    account: StrictStr | None = Field(
        None, description="any principal of an account, by its name in `accounts`, that its own policies allow it"
    )
    organization: StrictStr | None = Field(
        None, description="the organisation of `account` or of the account of `arn`, by its name in `organizations`"
    )
    role: StrictStr | None = Field(None, description="a role of the stack, as the access matrix names it")
    namespace: StrictStr | None = Field(
        None, description="what a namespace of a cluster pulls with: `CLUSTER/NAMESPACE`"
    )
    arn: PrincipalArn | None = Field(None, description="any other role or user that its own policies allow it")
    everyone: Literal[True] | None = Field(None, description="an AWS principal that no policy names")

    @property
    def is_one(self) -> bool:
        """Whether it has exactly the keys of one principal; else it has a fault."""
        runs = [getattr(self, key) for key in RUNS]
        named = [getattr(self, key) for key in PRINCIPALS]
        return _given(named) == 1 and _given(runs) == (self.github is not None)


def _given(values: Iterable[object]) -> int:
    return sum(each is not None for each in values)


class AccessTestEntry(Model):
    """One test; it holds in every registry of every stack, unless it says otherwise."""

    principal: TestedPrincipal = Field(description="who asks: the next table")
    action: Literal["pull", "push", "delete", "configure"] = Field(
        description="a column of the access matrix: `pull`, `push`, `delete` or `configure`"
    )
    expect: Literal["allowed", "denied"] = Field(description="`allowed` or `denied`, without any condition")
    stacks: Annotated[tuple[StackName, ...], Field(min_length=1)] | None = Field(
        None, description="only in these stacks"
    )
    regions: Annotated[tuple[StrictStr, ...], Field(min_length=1)] | None = Field(
        None, description="only in these regions, those of other stacks with them"
    )


class SharedAccessTest(AccessTestEntry):
    """A test of several repositories, at the top of the catalog."""

    repositories: Annotated[tuple[RepositoryName, ...], Field(min_length=1)] = Field(description="their names")
