"""Whether the conditions of a statement restrict it to known accounts, organizations and networks, or leave it public.

What Amazon S3 calls public is the model: the principal "*", and no condition on a fixed value.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
Only conditions count that an unknown caller can't meet, so a tag, a date or a secure transport restricts nothing."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domain.aws import ORGANIZATION_ID, is_account_id
from domain.iam.document import CURRENT_VERSION
from domain.iam.statement import Condition, Operator, Principal, PrincipalKind, Qualifier, Statement

OWN = "the resource's own"
"""The account or organization of the resource itself, where a policy variable names it."""

_STRINGS = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})
_ARNS = frozenset({Operator.ARN_EQUALS, Operator.ARN_LIKE})
_ADDRESSES = frozenset({Operator.IP_ADDRESS})

_VPC = re.compile(r"vpce?-[0-9a-f]+")
_PATH = re.compile(rf"(?P<organization>{ORGANIZATION_ID.pattern})/.*")
# A wildcard of a String operator reaches over colons: arn:*:iam::111122223333:role/* also fits another account's role
# whose path holds ":iam::111122223333:role/". A variable can bring in colons under any operator.
_STRING_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:(?P<account>[0-9]{12}):.+")
_ARN_PATTERN = re.compile(r"arn:[^:$]*:[^:$]*:[^:$]*:(?P<account>[0-9]{12}):.+")

_WIDEST_IPV4 = 2 ** (32 - 8)
_WIDEST_IPV6 = 2 ** (128 - 32)
"""Addresses of a /8 and of a /32, all ranges of a condition together: "values broader than /8 for IPv4 and /32 for IPv6
(excluding RFC1918 private ranges)" are public. Same page."""
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
"""Every IPv4 address once more, in few addresses of IPv6."""

Read = Callable[[tuple[str, ...], Operator], frozenset[str] | None]
"""The accounts, organizations or networks that the values name; None where a value names none."""


@dataclass(frozen=True, slots=True)
class _Key:
    operators: frozenset[Operator]
    read: Read
    of_services: bool = False
    """Whether a service sends it, to name the account or organization on whose behalf it calls."""
    same_as: str | None = None
    """The key that, as a variable, says that both are of one account or organization."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """A condition that no unknown caller meets."""

    names: frozenset[str]
    """Accounts, organizations, networks, or OWN."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A condition that an unknown caller can meet."""

    why: str


def _each(read: Callable[[str], str | None]) -> Read:
    def names(values: tuple[str, ...], _: Operator) -> frozenset[str] | None:
        found = frozenset(map(read, values))
        return None if None in found else frozenset(each for each in found if each is not None)

    return names


def _arn_accounts(values: tuple[str, ...], operator: Operator) -> frozenset[str] | None:
    form = _ARN_PATTERN if operator in _ARNS else _STRING_ARN
    found = [form.fullmatch(each) for each in values]
    return None if None in found else frozenset(each["account"] for each in found if each)


def _networks(values: tuple[str, ...], _: Operator) -> frozenset[str] | None:
    try:
        networks = [ipaddress.ip_network(each, strict=False) for each in values]
    except ValueError:
        return None
    ipv4 = [each for each in networks if isinstance(each, ipaddress.IPv4Network)]
    ipv6 = [each for each in networks if isinstance(each, ipaddress.IPv6Network)]
    public = [each for each in ipv4 if not any(map(each.subnet_of, _PRIVATE))]
    narrow = (
        _addresses(ipaddress.collapse_addresses(public)) <= _WIDEST_IPV4
        and _addresses(ipaddress.collapse_addresses(ipv6)) <= _WIDEST_IPV6
        and not any(each.overlaps(_MAPPED) for each in ipv6)
    )
    return frozenset(values) if narrow else None


def _addresses(networks: Iterator[ipaddress.IPv4Network] | Iterator[ipaddress.IPv6Network]) -> int:
    return sum(each.num_addresses for each in networks)


def _organization_of_path(text: str) -> str | None:
    found = _PATH.fullmatch(text)
    return found["organization"] if found else None


_account = _each(lambda text: text if is_account_id(text) else None)
_organization = _each(lambda text: text if ORGANIZATION_ID.fullmatch(text) else None)
_organization_paths = _each(_organization_of_path)
_vpc = _each(lambda text: text if _VPC.fullmatch(text) else None)
_none = _each(lambda _: None)

_KEYS = {
    "aws:principalaccount": _Key(_STRINGS, _account, same_as="aws:resourceaccount"),
    "aws:principalarn": _Key(_STRINGS | _ARNS, _arn_accounts),
    "aws:principalorgid": _Key(_STRINGS, _organization, same_as="aws:resourceorgid"),
    "aws:principalorgpaths": _Key(_STRINGS, _organization_paths),
    "aws:resourceaccount": _Key(_STRINGS, _none, same_as="aws:principalaccount"),
    "aws:resourceorgid": _Key(_STRINGS, _none, same_as="aws:principalorgid"),
    "kms:calleraccount": _Key(_STRINGS, _account),
    "aws:sourcevpc": _Key(_STRINGS, _vpc),
    "aws:sourcevpcarn": _Key(_STRINGS | _ARNS, _arn_accounts),
    "aws:sourcevpce": _Key(_STRINGS, _vpc),
    "aws:vpceaccount": _Key(_STRINGS, _account, same_as="aws:resourceaccount"),
    "aws:vpceorgid": _Key(_STRINGS, _organization, same_as="aws:resourceorgid"),
    "aws:vpceorgpaths": _Key(_STRINGS, _organization_paths),
    "aws:sourceip": _Key(_ADDRESSES, _networks),
    "aws:sourceaccount": _Key(_STRINGS, _account, of_services=True, same_as="aws:resourceaccount"),
    "aws:sourcearn": _Key(_STRINGS | _ARNS, _arn_accounts, of_services=True),
    "aws:sourceorgid": _Key(_STRINGS, _organization, of_services=True, same_as="aws:resourceorgid"),
    "aws:sourceorgpaths": _Key(_STRINGS, _organization_paths, of_services=True),
}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"
_ENCRYPTION_CONTEXT_KEY = _Key(_STRINGS | _ARNS, _arn_accounts, of_services=True)
"""Any caller of AWS KMS chooses it, so it restricts services alone.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""


def narrowings(statement: Statement, version: str, *, service: bool = False) -> Iterator[Narrow | Loose]:
    """What each condition does to a statement for every principal, or to one for a service that calls for any account.

    All conditions must hold, so one that is narrow is enough. `version` is the document's."""
    for condition in statement.conditions:
        if condition.operator.base is not Operator.NULL:
            yield _narrowing(condition, version, demanded=demands_key(statement, condition), service=service)


def demands_key(statement: Statement, condition: Condition) -> bool:
    """Whether the condition fails where its key is not there, by itself or by a Null beside it."""
    operator = condition.operator
    by_itself = not operator.if_exists and operator.qualifier is not Qualifier.ALL
    return by_itself or any(_refuses_absence(each, condition.key.folded) for each in statement.conditions)


def _refuses_absence(condition: Condition, key: str) -> bool:
    operator = condition.operator
    null = operator.base is Operator.NULL and operator.qualifier is None and condition.key.folded == key
    return null and {each.lower() for each in condition.values} == {"false"}


def _narrowing(condition: Condition, version: str, *, demanded: bool, service: bool) -> Narrow | Loose:
    operator, key = condition.operator, condition.key.folded
    known = _ENCRYPTION_CONTEXT_KEY if service and key.startswith(_ENCRYPTION_CONTEXT) else _KEYS.get(key)
    words = f"{operator} {condition.key.written}"
    if known is None or (service and not known.of_services):
        return Loose(f"{words} does not say {'on whose behalf a service calls' if service else 'who calls'}")
    if operator.base not in known.operators:
        return Loose(f"{words} is not an equality test for a caller")
    if not demanded:
        return Loose(f"{words} also holds where the key is absent")
    names = _own(known, condition.values, version) or known.read(condition.values, operator.base)
    if not names:
        values = ", ".join(map(repr, condition.values)) or "an empty list"
        return Loose(f"{words} is not limited to fixed values: {values}")
    return Narrow(names)


def _own(known: _Key, values: tuple[str, ...], version: str) -> frozenset[str] | None:
    own = known.same_as and tuple(each.lower() for each in values) == (f"${{{known.same_as}}}",)
    return frozenset({OWN}) if own and version == CURRENT_VERSION else None


@dataclass(frozen=True, slots=True)
class PublicPrincipal:
    """A principal of an Allow that may be, or call on behalf of, a caller that the statement does not name."""

    principal: Principal | None
    """None for NotPrincipal."""
    why: tuple[str, ...]
    """Why each of the conditions does not restrict it."""

    @property
    def is_anyone(self) -> bool:
        return self.principal is None or self.principal.is_anyone

    def __str__(self) -> str:
        if self.principal is None:
            return "every principal except some (NotPrincipal)"
        if self.principal.is_anyone:
            return "everyone (*)"
        kind = "service" if self.principal.kind is PrincipalKind.SERVICE else "identity provider"
        return f"the {kind} {self.principal.value!r}, on behalf of any account,"


def public_principals(statement: Statement, version: str) -> Iterator[PublicPrincipal]:
    """The principals by which an unknown caller is allowed, by principals and conditions; Deny is not considered."""
    every = () if statement.not_principals is None else (None,)
    for principal in (*every, *filter(_is_open, statement.principals or ())):
        service = principal is not None and not principal.is_anyone
        found = list(narrowings(statement, version, service=service))
        if not any(isinstance(each, Narrow) for each in found):
            yield PublicPrincipal(principal, tuple(each.why for each in found if isinstance(each, Loose)))


def _is_open(principal: Principal) -> bool:
    return principal.is_anyone or principal.kind in {PrincipalKind.SERVICE, PrincipalKind.FEDERATED}
