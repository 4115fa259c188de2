"""Who may pull from a repository, by its policy."""

import re
from collections.abc import Iterator

from domain.iam.actions import PULL_ACTIONS
from domain.iam.document import Condition, Effect, Principal, PrincipalKind, Statement, parse
from domain.iam.matching import covers

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_ORGANIZATION_KEY = "aws:principalorgid"


def pullers(policy: object) -> frozenset[str] | None:
    """Everyone whom the policy allows to pull, in words; nobody without one, None where it can't be read."""
    if policy is None:
        return frozenset()
    try:
        document = parse(str(policy))
    except (ValueError, RecursionError):
        return None
    return frozenset(who for each in document.statements if _allows_pulls(each) for who in _named(each))


def _allows_pulls(statement: Statement) -> bool:
    return statement.effect is Effect.ALLOW and any(covers(statement, action) for action in PULL_ACTIONS)


def _named(statement: Statement) -> Iterator[str]:
    if statement.principals is None:
        but = ", ".join(each.value for each in statement.not_principals or ())
        yield f"anyone but {but}{_where(statement.conditions)}"
    for principal in statement.principals or ():
        yield from _one(principal, statement.conditions)


def _one(principal: Principal, conditions: tuple[Condition, ...]) -> Iterator[str]:
    values = [value for each in conditions for value in each.values]
    accounts = sorted({account for value in values for account in _ACCOUNT.findall(value)})
    if principal.is_anyone and [each.key.folded for each in conditions] == [_ORGANIZATION_KEY]:
        yield from (f"organization {value}" for value in values)
    elif principal.kind is PrincipalKind.SERVICE and accounts:
        # What the conditions say beside the account has the region in it.
        yield from (f"{principal.value} for {account}" for account in accounts)
    else:
        yield f"{'anyone' if principal.is_anyone else principal.value}{_where(conditions)}"


def _where(conditions: tuple[Condition, ...]) -> str:
    told = [f"{each.operator} {each.key.written} {', '.join(each.values)}" for each in conditions]
    return f" where {' and '.join(told)}" if told else ""
