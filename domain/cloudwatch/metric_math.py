"""Metric math, as alarms use it.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: arithmetic point by point,
with no value where one of two is missing; SUM makes a series of an array; and FILL has nothing to fill where a metric
never reported (inferred). SERVICE_QUOTA is the quota in the metric's own period (inferred):
https://aws.amazon.com/blogs/security/manage-your-aws-kms-api-request-rates-using-service-quotas-and-amazon-cloudwatch/
reads 10,000 requests a second as 600,000 a minute.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.cloudwatch.series import Values
from domain.cloudwatch.token_reader import NotReadError, TokenReader

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z]\w*)|(?P<sign>[-+*/(),\[\]])"
)
_Known = TypeVar("_Known")
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_Value = float | Values | list[Values] | None
"""A number, a series or an array of series; None is a number that isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MathInputs:
    """What an expression can refer to: a series and its quota, by the metric's id."""

    values: Mapping[str, Values]
    quotas: Mapping[str, float]
    """In the metric's period; without an entry the metric has no quota."""


def evaluate_math(expression: str, inputs: MathInputs) -> Values:
    """The series that an alarm watches; NotReadError where CloudWatch would refuse the expression."""
    reader = TokenReader(_TOKEN, expression)
    value = _Evaluation(reader, inputs).sum()
    reader.end()
    if not isinstance(value, tuple):
        raise NotReadError(
            f"is {'several series' if isinstance(value, list) else 'a number'}: an alarm watches one series"
        )
    return value


def ids_of(expression: str) -> list[str]:
    """The ids that an expression refers to: they begin with a small letter, which functions don't."""
    names = re.findall(r"\b[A-Za-z]\w*\b", re.sub(r"(?<!\w)\d[\w.]*", "", expression))
    return list(dict.fromkeys(name for name in names if name[0].islower()))


class _Evaluation:
    """An expression, read and evaluated in one pass."""

    def __init__(self, reader: TokenReader, inputs: MathInputs) -> None:
        self._reader = reader
        self._inputs = inputs

    def sum(self) -> _Value:
        value = self._product()
        while self._reader.at("+") or self._reader.at("-"):
            value = _combined(self._reader.next("sign"), value, self._product())
        return value

    def _product(self) -> _Value:
        value = self._one()
        while self._reader.at("*") or self._reader.at("/"):
            value = _combined(self._reader.next("sign"), value, self._one())
        return value

    def _one(self) -> _Value:
        if self._reader.take("-"):
            return _combined("*", -1.0, self._one())
        if self._reader.take("("):
            value = self.sum()
            self._reader.expect(")")
            return value
        if self._reader.take("["):
            return [_series(each) for each in self._arguments("]")]
        if self._reader.kind() == "number":
            return float(self._reader.next("number"))
        name = self._reader.next("name")
        if self._reader.take("("):
            return self._function(name)
        return _of(self._inputs.values, name, "is no metric or expression of this alarm")

    def _function(self, name: str) -> _Value:
        if name == "SERVICE_QUOTA":
            metric = self._reader.next("name")
            self._reader.expect(")")
            return float(_of(self._inputs.quotas, metric, "is a metric without a service quota"))
        arguments = self._arguments(")")
        if name == "METRICS" and not arguments:
            return list(self._inputs.values.values())
        if name == "FILL" and len(arguments) == 2 and isinstance(arguments[1], float):  # noqa: PLR2004
            return _filled(_series(arguments[0]), arguments[1])
        if name == "SUM" and len(arguments) == 1 and isinstance(arguments[0], list):
            return tuple(map(_sum, zip(*arguments[0], strict=True)))
        raise NotReadError(f"calls `{name}` in a way that isn't read here")

    def _arguments(self, end: str) -> list[_Value]:
        arguments: list[_Value] = []
        while not self._reader.take(end):
            if arguments:
                self._reader.expect(",")
            arguments.append(self.sum())
        return arguments


def _of(known: Mapping[str, _Known], name: str, message: str) -> _Known:
    if name not in known:
        raise NotReadError(f"refers to `{name}`, which {message}")
    return known[name]


def _series(value: _Value) -> Values:
    if not isinstance(value, tuple):
        raise NotReadError("has a number or an array where a series belongs")
    return value


def _combined(sign: str, left: _Value, right: _Value) -> _Value:
    if isinstance(left, float | None) and isinstance(right, float | None):
        return _point(sign, left, right)
    size = len(_series(right if isinstance(left, float | None) else left))
    lefts, rights = ((each,) * size if isinstance(each, float | None) else _series(each) for each in (left, right))
    return tuple(_point(sign, a, b) for a, b in zip(lefts, rights, strict=True))


def _point(sign: str, left: float | None, right: float | None) -> float | None:
    """No value where one is missing, and none where it is divided by zero."""
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    return float(_ARITHMETIC[sign](left, right))


def _filled(values: Values, filler: float) -> Values:
    if all(each is None for each in values):
        return values
    return tuple(filler if each is None else each for each in values)


def _sum(points: Iterable[float | None]) -> float | None:
    real = [each for each in points if each is not None]
    return sum(real) if real else None
