"""Conditions and values of Logs Insights queries: fields and comparisons.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html. A comparison with
a field that isn't there is not true, whichever it is; `not (…)` of it is (inferred).
"""

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


def condition(reader: TokenReader) -> Condition:
    """Conditions joined by `or`."""
    return read_condition(reader, _one, either="or", both="and")


def value(reader: TokenReader) -> Value:
    """A field, a text or a number."""
    if reader.kind() == "text":
        text = re.sub(r"\\(.)", r"\1", reader.next("text")[1:-1])
        return lambda _: text
    if reader.kind() == "number":
        number = float(reader.next("number"))
        return lambda _: number
    name = reader.next("name")
    if reader.take("("):
        raise NotReadError(f"calls `{name}`, which is not read here")
    plain = name.strip("`")
    return lambda row: row.get(plain)


def number_of(each: Any) -> float | None:
    """As a number, where it is one: what logs have as text, too."""
    try:
        return float(each)
    except (TypeError, ValueError):
        return None


def _one(reader: TokenReader) -> Condition:
    if reader.take("not"):
        negated = _one(reader)
        return lambda row: not negated(row)
    if reader.take("("):
        inner = condition(reader)
        reader.expect(")")
        return inner
    if reader.take("ispresent", "("):
        tested = value(reader)
        reader.expect(")")
        return lambda row: tested(row) is not None
    return _comparison(reader)


def _comparison(reader: TokenReader) -> Condition:
    left = value(reader)
    if reader.take("like"):
        matches = _pattern(reader)
        return lambda row: left(row) is not None and matches(str(left(row)))
    if reader.take("in"):
        reader.expect("[")
        listed = _listed(reader)
        return lambda row: left(row) is not None and any(_equal(left(row), each(row)) for each in listed)
    sign = reader.next("sign")
    if sign not in {"=", "!="}:
        raise NotReadError(f"has `{sign}` in place of a comparison")
    right = value(reader)
    return lambda row: None not in (left(row), right(row)) and _equal(left(row), right(row)) is (sign == "=")


def _listed(reader: TokenReader) -> list[Value]:
    values = [value(reader)]
    while reader.take(","):
        values.append(value(reader))
    reader.expect("]")
    return values


def _pattern(reader: TokenReader) -> Callable[[str], bool]:
    """A regular expression between slashes."""
    try:
        pattern = re.compile(reader.next("pattern")[1:-1])
    except re.error as error:
        raise NotReadError(f"has a regular expression that can't be read: {error}") from error
    return lambda found: pattern.search(found) is not None


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return number_of(left) == number_of(right)
    return str(left) == str(right)
