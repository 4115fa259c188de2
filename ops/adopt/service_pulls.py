"""For which accounts a statement lets a service pull."""

from collections.abc import Iterator, Sequence

from domain.aws import Arn, RegistryId, is_account_id
from domain.iam.grants import PullService, ServiceGrant
from domain.iam.statement import ANYONE, Condition, Operator, Principal

_PATTERNS = frozenset({Operator.STRING_LIKE, Operator.ARN_LIKE, Operator.ARN_EQUALS})
_TEXTS = frozenset({Operator.STRING_EQUALS, Operator.STRING_LIKE})
_EVERYTHING = {PullService.LAMBDA: ("function:*", ANYONE), PullService.CODEBUILD: ("project/*", ANYONE)}
"""How a source names whatever of an account's uses the service."""


class CannotSay(Exception):
    """Why the catalog has no word for it."""


def served(principal: Principal, conditions: Sequence[Condition], registry: RegistryId) -> Iterator[ServiceGrant]:
    """A grant for each account that the conditions let the service work for; for our own where they name none."""
    service = next((each for each in PullService if each.principal == principal.value), None)
    if service is None:
        raise CannotSay(f"`pull` knows the services {' and '.join(each.value for each in PullService)}")
    named = [_accounts(service, each, registry) for each in conditions]
    given = [accounts for accounts in named if accounts is not None]
    accounts = frozenset.intersection(*given) if given else frozenset({registry.account})
    if not accounts:
        raise CannotSay("its conditions name no account together")
    yield from (ServiceGrant(service=service, account=account) for account in sorted(accounts))


def _accounts(service: PullService, condition: Condition, registry: RegistryId) -> frozenset[str] | None:
    """The accounts that one condition names; None when it lets in all."""
    operator = condition.operator
    plain = operator.qualifier is None and not operator.if_exists
    if plain and condition.key.folded == "aws:sourceaccount" and operator.base in _TEXTS:
        found = list(condition.values)
    elif plain and condition.key.folded == "aws:sourcearn" and operator.base in _PATTERNS:
        found = [_account(service, value, registry) for value in condition.values]
    else:
        raise CannotSay("`pull` has no such condition")
    if ANYONE in found:
        return None
    if not all(map(is_account_id, found)):
        raise CannotSay("its condition names no account of 12 digits")
    return frozenset(found)


def _account(service: PullService, value: str, registry: RegistryId) -> str:
    arn = Arn.parse(value)
    if arn is None or arn.service != service.value or arn.partition not in (registry.partition, ANYONE):
        raise CannotSay(f"{value} is no source that {service.value} has here")
    if arn.region not in (registry.region, ANYONE):
        raise CannotSay(f"{value} is in another region")
    if arn.resource not in _EVERYTHING[service]:
        raise CannotSay(f"`pull` names no single source: `{{service: {service.value}}}` means all of an account's")
    return arn.account
