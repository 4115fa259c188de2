"""Conditions and values of Logs Insights queries: fields, functions and comparisons.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html. A comparison with
a field that isn't there is not true, whichever it is; `not (…)` of it is (inferred).
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.cloudwatch.token_reader import NotReadError, TokenReader, read_condition

TOKEN = re.compile(
    r"(?P<space>(?:\s|\#[^\n]*)+)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<pattern>/(?:[^/\\\n]|\\.)+/)"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))|(?P<name>`[^`]+`|[@\w][\w.@]*)|(?P<sign>!=|<=|>=|=~|[=<>()\[\],|*])"
)
Row = Mapping[str, Any]
Value = Callable[[Row], Any]
Condition = Callable[[Row], bool]
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TESTS = ("ispresent", "isblank", "isempty")
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "tolower": lambda value: None if value is None else str(value).lower(),
    "toupper": lambda value: None if value is None else str(value).upper(),
    "concat": lambda *values: "".join("" if each is None else str(each) for each in values),
    "strlen": lambda value: None if value is None else len(str(value)),
}


def condition(reader: TokenReader) -> Condition:
    """Conditions joined by `or`."""
    return read_condition(reader, _one, either="or", both="and")


def value(reader: TokenReader) -> Value:
    """A field, a text, a number or a function of them."""
    if reader.kind() == "text":
        text = re.sub(r"\\(.)", r"\1", reader.next("text")[1:-1])
        return lambda _: text
    if reader.kind() == "number":
        number = float(reader.next("number"))
        return lambda _: number
    name = reader.next("name")
    if reader.take("("):
        return _function(name, arguments(reader))
    return field_of(name)


def field_of(name: str) -> Value:
    plain = name.strip("`")
    return lambda row: row.get(plain)


def arguments(reader: TokenReader) -> list[Value]:
    """The values until the parenthesis that closes."""
    values: list[Value] = []
    while not reader.take(")"):
        if values:
            reader.expect(",")
        values.append(value(reader))
    return values


def number_of(each: Any) -> float | None:
    """As a number, where it is one: what logs have as text, too."""
    try:
        return float(each)
    except (TypeError, ValueError):
        return None


def _function(name: str, values: list[Value]) -> Value:
    if name.lower() not in _FUNCTIONS or not values:
        raise NotReadError(f"calls `{name}`, which is not read here")
    function = _FUNCTIONS[name.lower()]
    return lambda row: function(*(each(row) for each in values))


def _one(reader: TokenReader) -> Condition:
    if reader.take("not"):
        negated = _one(reader)
        return lambda row: not negated(row)
    if reader.take("("):
        inner = condition(reader)
        reader.expect(")")
        return inner
    for name in _TESTS:
        if reader.take(name, "("):
            return _test(name, arguments(reader))
    if reader.take("strcontains", "("):
        inside, text = _two(arguments(reader))
        return lambda row: str(text(row)) in str(inside(row) or "")
    return _comparison(reader)


def _test(name: str, values: list[Value]) -> Condition:
    if len(values) != 1:
        raise NotReadError(f"calls `{name}` with {len(values)} values")
    (tested,) = values
    if name == "ispresent":
        return lambda row: tested(row) is not None
    return lambda row: not str("" if tested(row) is None else tested(row)).strip(" " if name == "isblank" else "\0")


def _two(values: list[Value]) -> tuple[Value, Value]:
    if len(values) != 2:  # noqa: PLR2004
        raise NotReadError(f"calls `strcontains` with {len(values)} values")
    return values[0], values[1]


def _comparison(reader: TokenReader) -> Condition:
    left = value(reader)
    negated = reader.take("not")
    if reader.take("like") or reader.take("=~"):
        matches = _pattern(reader)
        return lambda row: left(row) is not None and matches(str(left(row))) is not negated
    if reader.take("in"):
        reader.expect("[")
        listed = _listed(reader)
        return lambda row: left(row) is not None and any(_equal(left(row), each(row)) for each in listed) is not negated
    sign = reader.next("sign")
    if negated or sign not in {"=", "!=", *_ORDER}:
        raise NotReadError(f"has `{sign}` in place of a comparison")
    right = value(reader)
    return lambda row: _compared(sign, left(row), right(row))


def _listed(reader: TokenReader) -> list[Value]:
    values = [value(reader)]
    while reader.take(","):
        values.append(value(reader))
    reader.expect("]")
    return values


def _pattern(reader: TokenReader) -> Callable[[str], bool]:
    """A regular expression between slashes, or a text that is somewhere inside."""
    if reader.kind() == "text":
        text = reader.next("text")[1:-1]
        return lambda found: text in found
    try:
        pattern = re.compile(reader.next("pattern")[1:-1])
    except re.error as error:
        raise NotReadError(f"has a regular expression that can't be read: {error}") from error
    return lambda found: pattern.search(found) is not None


def _compared(sign: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if sign in {"=", "!="}:
        return _equal(left, right) is (sign == "=")
    numbers = number_of(left), number_of(right)
    if None not in numbers:
        return _ORDER[sign](*numbers)
    return isinstance(left, str) and isinstance(right, str) and _ORDER[sign](left, right)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return number_of(left) == number_of(right)
    return str(left) == str(right)
