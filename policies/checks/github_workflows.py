"""Trust policies that allow workflows of GitHub Actions to assume a role."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from domain.iam.document import Document
from domain.iam.github import ISSUER, Subject
from domain.iam.matching import covers
from domain.iam.statement import ConditionOperator, Operator, Principal, PrincipalKind, Statement
from policies.checks.policy_documents import allow_statements
from policies.pack.rule import Parameters

EQUALS = ConditionOperator(Operator.STRING_EQUALS)
LIKE = ConditionOperator(Operator.STRING_LIKE)
TAGS, BRANCHES = ":ref:refs/tags/", ":ref:refs/heads/"
_ASSUME = "sts:AssumeRoleWithWebIdentity"
_PROVIDER = "oidc-provider/"


class GithubParameters(Parameters):
    issuers: tuple[str, ...] = Field(
        (ISSUER,),
        min_length=1,
        description="issuers of GitHub's OIDC tokens; those of an enterprise, under the path of one, are included",
    )


def github_statements(
    document: Document, parameters: GithubParameters
) -> Iterator[tuple[str, Statement, tuple[str, ...]]]:
    """The statements under which a workflow can assume the role: name, statement, and the issuers of its token.

    A token has the condition keys of its own issuer only: one issuer whose keys are restricted is enough."""
    for name, statement in allow_statements(document):
        if covers(statement, _ASSUME):
            for issuers in dict.fromkeys(_trusted_issuers(statement, parameters.issuers)):
                yield name, statement, issuers


def _trusted_issuers(statement: Statement, issuers: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """For each principal that a token of GitHub can match: the possible issuers of the token."""
    known = tuple(each.lower().removeprefix("https://").rstrip("/") for each in issuers)
    if statement.not_principals is not None:
        yield known
    for principal in statement.principals or ():
        provider = principal.value.rpartition(_PROVIDER)[2].lower()
        if principal.is_anyone or (principal.kind is PrincipalKind.FEDERATED and {"*", "?"} & set(provider)):
            yield known
        elif _is_github(principal, provider, known):
            yield (provider,)


def _is_github(principal: Principal, provider: str, known: tuple[str, ...]) -> bool:
    """The issuer of an enterprise has the enterprise as its path."""
    return principal.kind is PrincipalKind.FEDERATED and any(
        provider == each or provider.startswith(f"{each}/") for each in known
    )


def parse_subject(value: str, *, like: bool, patterns_after: Sequence[str] = (TAGS,)) -> Subject | None:
    """The subject in a condition's value; under StringLike, it may have a wildcard after one of these texts."""
    return Subject.parse(_without_pattern(value, patterns_after) if like else value)


def _without_pattern(value: str, patterns_after: Sequence[str]) -> str:
    """The value with a name in place of a pattern of tags or branches."""
    for kind in patterns_after:
        repository, _, name = value.partition(kind)
        if {"*", "?"} & set(name):
            return f"{repository}{kind}pattern"
    return value
