"""Metric filters over JSON log events: which they match, and what they publish.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html: a selector has
to lead to a string or a number, else nothing is compared, not even by `!=` (for a field that isn't there that is
inferred). An asterisk is any text at the beginning or the end of a string. Patterns of words and of columns are not
read here, nor regular expressions between percent signs.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.cloudwatch.limits import FILTER_DIMENSIONS_MAX, FILTER_PATTERN_MAX_LENGTH
from domain.cloudwatch.token_reader import NotReadError, TokenReader, read_condition
from domain.problems import Problem, unless

_SELECTOR = r"\$(?:\.[\w-]+|\.\*|\.?\['[^']*'\]|\[\d+\]|\[\*\])+"
_TOKEN = re.compile(
    rf'(?P<space>\s+)|(?P<selector>{_SELECTOR})|(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>&&|\|\||!=|<=|>=|[={{}}()<>])'
    r"|(?P<word>[\w*.:+-]+)"
)
_STEP = re.compile(r"\.(?P<key>[\w-]+)|\.?\['(?P<quoted>[^']*)'\]|\[(?P<index>\d+)\]|(?P<each>\.\*|\[\*\])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_Condition = Callable[[Any], bool]
WILDCARD_SELECTORS_MAX = 1
"""In a selector."""


def metric_filter_matches(pattern: str, record: object) -> bool:
    """Whether the filter counts the log event; NotReadError where the pattern isn't one that is read here."""
    return _read(pattern)(record)


def published(
    pattern: str, value: str, dimensions: Mapping[str, str], record: object
) -> tuple[dict[str, str], float] | None:
    """The dimensions and the value that the filter publishes for the log event.

    None where it doesn't match, or a field of a dimension or the value isn't there."""
    if not metric_filter_matches(pattern, record):
        return None
    named = {name: _only(selector, record) for name, selector in dimensions.items()}
    number = _only(value, record) if value.startswith("$") else value
    if None in named.values() or number is None or not _NUMBER.fullmatch(str(number)):
        return None
    return {name: str(each) for name, each in named.items()}, float(str(number))


def metric_filter_problems(pattern: str, dimensions: Mapping[str, str] | None = None) -> list[Problem]:
    """Why CloudWatch Logs would refuse the filter, or it isn't one that is read here."""
    if len(pattern) > FILTER_PATTERN_MAX_LENGTH:
        message = f"has {len(pattern):,} characters, more than CloudWatch Logs takes ({FILTER_PATTERN_MAX_LENGTH:,})"
        return [Problem(("pattern",), None, message, "make two filters that publish one metric")]
    try:
        _read(pattern)
    except (NotReadError, RecursionError) as error:
        fix = 'write conditions in braces: `{ $.errorCode = "AccessDenied*" }`'
        return [Problem(("pattern",), pattern, f"is not a pattern for JSON: it {error}", fix)]
    named = dimensions or {}
    message = f"has {len(named)} dimensions, more than CloudWatch Logs takes ({FILTER_DIMENSIONS_MAX})"
    return [
        *(problem.under("dimensions") for problem in unless(
            len(named) <= FILTER_DIMENSIONS_MAX, None, message, "leave some out",
        )),
        *(
            Problem(("dimensions", name), selector, "leads to no field", "write the path of one: `$.detail.name`")
            for name, selector in named.items() if not re.fullmatch(_SELECTOR, selector)
        ),
    ]  # fmt: skip


# --- selectors


def _selected(selector: str, record: object) -> list[Any]:
    """What a selector leads to: several things by a wildcard, nothing where the way is not there."""
    found = [record]
    for step in _STEP.finditer(selector):
        found = [below for value in found for below in _below(step, value)]
    return found


def _below(step: re.Match[str], value: Any) -> Iterator[Any]:
    key = step["key"] or step["quoted"]
    if step["each"]:
        if isinstance(value, Mapping) and step["each"] == ".*":
            yield from value.values()
        if isinstance(value, list) and step["each"] == "[*]":
            yield from value
    elif step["index"]:
        yield from value[int(step["index"]) :][:1] if isinstance(value, list) else ()
    elif isinstance(value, Mapping) and key in value:
        yield value[key]


def _only(selector: str, record: object) -> object:
    """The string or number that a selector leads to."""
    found = [each for each in _selected(selector, record) if _is_value(each)]
    return found[0] if len(found) == 1 else None


def _is_value(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


# --- conditions


def _read(pattern: str) -> _Condition:
    if not pattern.strip():
        return lambda _: True
    reader = TokenReader(_TOKEN, pattern)
    reader.expect("{")
    condition = _either(reader)
    reader.expect("}")
    reader.end()
    return condition


def _either(reader: TokenReader) -> _Condition:
    return read_condition(reader, _one, either="||", both="&&")


def _one(reader: TokenReader) -> _Condition:
    if reader.take("("):
        condition = _either(reader)
        reader.expect(")")
        return condition
    selector = reader.next("selector")
    if len(re.findall(r"\.\*|\[\*\]", selector)) > WILDCARD_SELECTORS_MAX:
        raise NotReadError(f"has two wildcards in `{selector}`, where CloudWatch Logs takes one")
    return _state(reader, selector) or _comparison(reader, selector)


def _state(reader: TokenReader, selector: str) -> _Condition | None:
    """A condition about a field being there, null or true."""
    if reader.take("EXISTS"):
        return lambda record: bool(_selected(selector, record))
    if reader.take("NOT", "EXISTS"):
        return lambda record: not _selected(selector, record)
    for word, value in (("NULL", None), ("TRUE", True), ("FALSE", False)):
        if reader.take("IS", word):
            return lambda record, value=value: any(each is value for each in _selected(selector, record))  # type: ignore[misc]
    return None


def _comparison(reader: TokenReader, selector: str) -> _Condition:
    sign = reader.next("sign")
    if sign not in {"=", "!=", *_ORDER}:
        raise NotReadError(f"has `{sign}` in place of a comparison")
    quoted = reader.kind() == "text"
    word = reader.next("text", "word")
    text = re.sub(r"\\(.)", r"\1", word[1:-1]) if quoted else word
    number = float(word) if not quoted and _NUMBER.fullmatch(word) else None
    if sign in _ORDER:
        if number is None:
            raise NotReadError(f"compares by `{sign}` with `{word}`, which is no number")
        return lambda record: any(
            _is_number(each) and _ORDER[sign](each, number) for each in _selected(selector, record)
        )
    return lambda record: any(
        _equal(text, number, each) is (sign == "=") for each in _selected(selector, record) if _is_value(each)
    )


def _is_number(value: object) -> bool:
    return _is_value(value) and not isinstance(value, str)


def _equal(text: str, number: float | None, value: Any) -> bool:
    if _is_number(value):
        return value == number if number is not None else text == "*"
    if text.startswith("*") and text.endswith("*"):
        return text.strip("*") in value
    if text.startswith("*") or text.endswith("*"):
        return bool(value.endswith(text[1:]) if text.startswith("*") else value.startswith(text[:-1]))
    return bool(text == value)
