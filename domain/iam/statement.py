"""One statement of an IAM policy, normalised: what IAM treats alike is equal here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeVar

from domain.aws import Arn, is_account_id

ANYONE = "*"
_Value = TypeVar("_Value")
_Made = TypeVar("_Made")


class Effect(Enum):
    ALLOW = "Allow"
    DENY = "Deny"


class PrincipalKind(StrEnum):
    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


class Qualifier(StrEnum):
    """How a condition is tested against a key of several values."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Operator(StrEnum):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

    STRING_EQUALS = "StringEquals"
    STRING_NOT_EQUALS = "StringNotEquals"
    STRING_EQUALS_IGNORE_CASE = "StringEqualsIgnoreCase"
    STRING_NOT_EQUALS_IGNORE_CASE = "StringNotEqualsIgnoreCase"
    STRING_LIKE = "StringLike"
    STRING_NOT_LIKE = "StringNotLike"
    NUMERIC_EQUALS = "NumericEquals"
    NUMERIC_NOT_EQUALS = "NumericNotEquals"
    NUMERIC_LESS_THAN = "NumericLessThan"
    NUMERIC_LESS_THAN_EQUALS = "NumericLessThanEquals"
    NUMERIC_GREATER_THAN = "NumericGreaterThan"
    NUMERIC_GREATER_THAN_EQUALS = "NumericGreaterThanEquals"
    DATE_EQUALS = "DateEquals"
    DATE_NOT_EQUALS = "DateNotEquals"
    DATE_LESS_THAN = "DateLessThan"
    DATE_LESS_THAN_EQUALS = "DateLessThanEquals"
    DATE_GREATER_THAN = "DateGreaterThan"
    DATE_GREATER_THAN_EQUALS = "DateGreaterThanEquals"
    BOOL = "Bool"
    BINARY_EQUALS = "BinaryEquals"
    IP_ADDRESS = "IpAddress"
    NOT_IP_ADDRESS = "NotIpAddress"
    ARN_EQUALS = "ArnEquals"
    ARN_LIKE = "ArnLike"
    ARN_NOT_EQUALS = "ArnNotEquals"
    ARN_NOT_LIKE = "ArnNotLike"
    NULL = "Null"


@dataclass(frozen=True, slots=True)
class Caseless:
    """A name whose case IAM ignores, as it was written: an action, or a condition key."""

    written: str

    @property
    def folded(self) -> str:
        return self.written.lower()


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal. An account is its 12 digits, however it was written; anyone is "*"."""

    kind: PrincipalKind
    value: str

    @property
    def is_anyone(self) -> bool:
        return self.kind is PrincipalKind.AWS and self.value == ANYONE

    @property
    def is_root(self) -> bool:
        """Whether it is a whole account, which hands the decision to that account's own policies."""
        return self.kind is PrincipalKind.AWS and is_account_id(self.value)

    @property
    def account(self) -> str | None:
        """The account that it belongs to, where the value names it."""
        if self.is_root:
            return self.value
        arn = Arn.parse(self.value) if self.kind is PrincipalKind.AWS else None
        return arn.account if arn else None


@dataclass(frozen=True, slots=True)
class ConditionOperator:
    base: Operator
    qualifier: Qualifier | None = None
    if_exists: bool = False

    def __str__(self) -> str:
        prefix = f"{self.qualifier}:" if self.qualifier else ""
        return f"{prefix}{self.base}{'IfExists' if self.if_exists else ''}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator; any of the values may hold, and all the conditions of a statement must."""

    operator: ConditionOperator
    key: Caseless
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Values are sorted and without duplicates; None is an absent element."""

    sid: str | None = None
    effect: Effect
    principals: tuple[Principal, ...] | None = None
    not_principals: tuple[Principal, ...] | None = None
    actions: tuple[Caseless, ...] | None = None
    not_actions: tuple[Caseless, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()

    def to_json(self) -> dict[str, object]:
        elements: dict[str, object] = {
            "Sid": self.sid,
            "Effect": self.effect.value,
            "Principal": _made(_principals_json, self.principals),
            "NotPrincipal": _made(_principals_json, self.not_principals),
            "Action": _made(_names, self.actions),
            "NotAction": _made(_names, self.not_actions),
            "Resource": _made(list, self.resources),
            "NotResource": _made(list, self.not_resources),
            "Condition": _conditions_json(self.conditions),
        }
        return {name: value for name, value in elements.items() if value is not None}

    def meaning(self) -> tuple[object, ...]:
        """A hashable value, equal for statements that differ in spelling only."""
        return (
            self.sid,
            self.effect,
            _made(frozenset, self.principals),
            _made(frozenset, self.not_principals),
            _made(_folded, self.actions),
            _made(_folded, self.not_actions),
            _made(frozenset, self.resources),
            _made(frozenset, self.not_resources),
            frozenset((each.operator, each.key.folded, frozenset(each.values)) for each in self.conditions),
        )


def _made(make: Callable[[tuple[_Value, ...]], _Made], values: tuple[_Value, ...] | None) -> _Made | None:
    """What is made of an element's values, where there is such an element."""
    return None if values is None else make(values)


def _principals_json(principals: tuple[Principal, ...]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for principal in principals:
        kinds.setdefault(principal.kind.value, []).append(principal.value)
    return kinds


def _conditions_json(conditions: tuple[Condition, ...]) -> dict[str, dict[str, list[str]]] | None:
    operators: dict[str, dict[str, list[str]]] = {}
    for each in conditions:
        operators.setdefault(str(each.operator), {})[each.key.written] = list(each.values)
    return operators or None


def _names(names: tuple[Caseless, ...]) -> list[str]:
    return [name.written for name in names]


def _folded(names: tuple[Caseless, ...]) -> frozenset[str]:
    return frozenset(name.folded for name in names)
