"""Whether a statement's conditions hold for a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from domain.iam.patterns import Variables, literal, matches, matches_arn, pattern
from domain.iam.statement import Condition, Operator, Qualifier

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_EPOCH = re.compile(r"[0-9]+")
# https://www.w3.org/TR/NOTE-datetime, but for a year alone, which reads as epoch time.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2}))?)?")
_YEAR_AND_MONTH = len("2020-01")

_Value = TypeVar("_Value")

Test = Callable[[str, str, Variables | None], bool | None]
"""Whether a policy's value fits a request's; None when one of the two can't be read, and then neither the operator nor
its negation holds."""


def hold(conditions: Sequence[Condition], context: Variables, *, variables: bool) -> bool:
    """Whether all hold; `variables` says whether the document's version has them."""
    return all(_holds(each, context, context if variables else None) for each in conditions)


def _holds(condition: Condition, context: Variables, variables: Variables | None) -> bool:
    # AWS speaks of a null data set: no value, or nothing but empty ones.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    values = context.get(condition.key.folded, ())
    if condition.operator.base is Operator.NULL:
        return str(not any(values)).lower() in {each.lower() for each in condition.values}
    if not values:
        return _holds_without_key(condition)
    match condition.operator.qualifier:
        case Qualifier.ALL:
            return not any(values) or all(_accepts(condition, each, variables) for each in values)
        case Qualifier.ANY:
            return any(values) and any(_accepts(condition, each, variables) for each in values)
        case None:
            # A key of several values needs a qualifier; without one nothing is compared.
            return len(values) == 1 and _accepts(condition, values[0], variables)


def _holds_without_key(condition: Condition) -> bool:
    if condition.operator.if_exists or condition.operator.qualifier is Qualifier.ALL:
        return True
    return condition.operator.qualifier is None and condition.operator.base in _NEGATED


def _accepts(condition: Condition, value: str, variables: Variables | None) -> bool:
    """Any of the policy's values may fit; none of them, under a negated operator."""
    negated = _NEGATED.get(condition.operator.base)
    test = _TESTS[negated or condition.operator.base]
    results = [test(each, value, variables) for each in condition.values]
    return all(each is False for each in results) if negated else any(results)


def _filled(
    read: Callable[[str, Variables | None], _Value | None], compare: Callable[[_Value, str], bool | None]
) -> Test:
    """A test of the request's value against the policy's, in which variables are filled."""

    def test(expected: str, actual: str, variables: Variables | None) -> bool | None:
        one = read(expected, variables)
        return None if one is None else compare(one, actual)

    return test


def _compared(read: Callable[[str], _Value | None], compare: Callable[[_Value, _Value], bool]) -> Test:
    """A test of the request's value against the policy's, in this order, both as they are written."""

    def test(expected: str, actual: str, _: Variables | None) -> bool | None:
        one, other = read(actual), read(expected)
        return None if one is None or other is None else compare(one, other)

    return test


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _moment(text: str) -> datetime | None:
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        if not _DATE.fullmatch(text):
            return None
        moment = datetime.fromisoformat(f"{text}-01" if len(text) == _YEAR_AND_MONTH else text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bool(text: str) -> str | None:
    return text.lower() if text.lower() in {"true", "false"} else None


def _binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii's error is one; what is not ASCII is another
        return None


def _in_range(expected: str, actual: str, _: Variables | None) -> bool | None:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)
    except ValueError:
        return None


_NEGATED = {
    Operator.STRING_NOT_EQUALS: Operator.STRING_EQUALS,
    Operator.STRING_NOT_EQUALS_IGNORE_CASE: Operator.STRING_EQUALS_IGNORE_CASE,
    Operator.STRING_NOT_LIKE: Operator.STRING_LIKE,
    Operator.NUMERIC_NOT_EQUALS: Operator.NUMERIC_EQUALS,
    Operator.DATE_NOT_EQUALS: Operator.DATE_EQUALS,
    Operator.NOT_IP_ADDRESS: Operator.IP_ADDRESS,
    Operator.ARN_NOT_EQUALS: Operator.ARN_EQUALS,
    Operator.ARN_NOT_LIKE: Operator.ARN_LIKE,
}
_arn_like = _filled(pattern, matches_arn)
_bool_equals = _compared(_bool, operator.eq)
_TESTS: dict[Operator, Test] = {
    Operator.STRING_EQUALS: _filled(literal, operator.eq),
    Operator.STRING_EQUALS_IGNORE_CASE: _filled(literal, lambda text, actual: text.lower() == actual.lower()),
    Operator.STRING_LIKE: _filled(pattern, matches),
    Operator.NUMERIC_EQUALS: _compared(_number, operator.eq),
    Operator.NUMERIC_LESS_THAN: _compared(_number, operator.lt),
    Operator.NUMERIC_LESS_THAN_EQUALS: _compared(_number, operator.le),
    Operator.NUMERIC_GREATER_THAN: _compared(_number, operator.gt),
    Operator.NUMERIC_GREATER_THAN_EQUALS: _compared(_number, operator.ge),
    Operator.DATE_EQUALS: _compared(_moment, operator.eq),
    Operator.DATE_LESS_THAN: _compared(_moment, operator.lt),
    Operator.DATE_LESS_THAN_EQUALS: _compared(_moment, operator.le),
    Operator.DATE_GREATER_THAN: _compared(_moment, operator.gt),
    Operator.DATE_GREATER_THAN_EQUALS: _compared(_moment, operator.ge),
    # "Boolean condition operators [...] Policy variables: Supported." The page on variables says the opposite; the one
    # on the operators themselves is followed.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Boolean
    Operator.BOOL: _filled(literal, lambda text, actual: _bool_equals(text, actual, None)),
    Operator.BINARY_EQUALS: _compared(_binary, operator.eq),
    Operator.IP_ADDRESS: _in_range,
    Operator.ARN_EQUALS: _arn_like,
    Operator.ARN_LIKE: _arn_like,
}
