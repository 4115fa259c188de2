"""Statements of a role's trust that let GitHub's workflows in."""

from collections.abc import Iterator, Sequence

from domain.iam.github import Subject
from domain.iam.statement import ConditionOperator, Operator, Principal, PrincipalKind, Statement

ASSUME = "sts:AssumeRoleWithWebIdentity"
EQUALS = ConditionOperator(Operator.STRING_EQUALS)
LIKE = ConditionOperator(Operator.STRING_LIKE)
TAGS, BRANCHES = ":ref:refs/tags/", ":ref:refs/heads/"
_PROVIDER = "oidc-provider/"


def trusted_issuers(statement: Statement, issuers: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """For each principal that GitHub's tokens may fit, of which issuers they may be."""
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
    """An enterprise's own issuer is GitHub's, with the enterprise as its path."""
    return principal.kind is PrincipalKind.FEDERATED and any(
        provider == each or provider.startswith(f"{each}/") for each in known
    )


def subject(value: str, *, like: bool, patterns_after: Sequence[str] = (TAGS,)) -> Subject | None:
    """The subject that a condition's value is; under StringLike, a pattern may follow these words."""
    return Subject.parse(_without_pattern(value, patterns_after) if like else value)


def _without_pattern(value: str, patterns_after: Sequence[str]) -> str:
    """The value with a name in place of a pattern of tags, or of branches."""
    for kind in patterns_after:
        repository, _, name = value.partition(kind)
        if {"*", "?"} & set(name):
            return f"{repository}{kind}pattern"
    return value
