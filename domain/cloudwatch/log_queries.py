"""Queries of Logs Insights, run over log events.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html, the commands that audits need: fields,
display, filter, stats, sort, dedup and limit. A log event's keys are fields, joined by dots, a list's items by number
(`requestParameters.imageIds.0.imageTag`); a field with other characters than letters, digits, `.`, `_` and `@` is
written in backticks. Logs Insights finds 200 fields of an event at most.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, TypeVar

from domain.cloudwatch.limits import QUERY_ROWS_MAX, QUERY_TEXT_MAX_LENGTH
from domain.cloudwatch.log_expressions import TOKEN, Row, Value, condition, field_of, number_of, value
from domain.cloudwatch.token_reader import NotReadError, TokenReader
from domain.problems import Problem

_Item = TypeVar("_Item")
_Rows = list[dict[str, Any]]
_Command = Callable[[_Rows], _Rows]
_NUMBERS: Mapping[str, Callable[[Sequence[float]], float]] = {"sum": sum, "avg": fmean, "min": min, "max": max}
_SHOWN = "\0shown"
"""Which fields a row shows, once a command has said so."""


def run_log_query(text: str, events: Iterable[Mapping[str, Any]]) -> _Rows:
    """The rows of the result; NotReadError where the query is not one that is read here."""
    rows = [dict(_flat(event, ())) for event in events]
    for command in _read(text):
        rows = command(rows)
    return [_shown(row) for row in rows[:QUERY_ROWS_MAX]]


def log_query_problems(text: str) -> list[Problem]:
    """Why Logs Insights would refuse the query, or it isn't one that is read here."""
    if len(text) > QUERY_TEXT_MAX_LENGTH:
        message = f"has {len(text):,} characters, more than CloudWatch Logs takes ({QUERY_TEXT_MAX_LENGTH:,})"
        return [Problem((), None, message, "write two queries")]
    try:
        _read(text)
    except (NotReadError, RecursionError) as error:
        return [Problem((), text, f"is not a query: it {error}", "write commands, with `|` between them")]
    return []


def _flat(each: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The fields of a log event; true and false are 1 and 0, and what is null is not there."""
    if isinstance(each, Mapping):
        for key, below in each.items():
            yield from _flat(below, (*path, str(key)))
    elif isinstance(each, list):
        for index, below in enumerate(each):
            yield from _flat(below, (*path, str(index)))
    elif each is not None:
        yield ".".join(path), int(each) if isinstance(each, bool) else each


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    names = row.get(_SHOWN, row)
    return {name: row[name] for name in names if row.get(name) is not None}


# --- commands


def _read(text: str) -> list[_Command]:
    reader = TokenReader(TOKEN, text, ignore_case=True)
    reader.take("|")
    commands = [_command(reader)]
    while reader.take("|"):
        commands.append(_command(reader))
    reader.end()
    return commands


def _command(reader: TokenReader) -> _Command:
    word = reader.next("name").lower()
    if word not in _COMMANDS:
        raise NotReadError(f"has the command `{word}`; read here are {', '.join(_COMMANDS)}")
    return _COMMANDS[word](reader)


def _filter(reader: TokenReader) -> _Command:
    wanted = condition(reader)
    return lambda rows: [row for row in rows if wanted(row)]


def _fields(reader: TokenReader) -> _Command:
    """Each `fields` adds to what is shown."""
    named = _listed(reader, _named)

    def run(rows: _Rows) -> _Rows:
        return [
            {**row, **_values(named, row), _SHOWN: [*row.get(_SHOWN, []), *(name for name, _ in named)]} for row in rows
        ]

    return run


def _display(reader: TokenReader) -> _Command:
    named = _listed(reader, _named)
    return lambda rows: [{**row, **_values(named, row), _SHOWN: [name for name, _ in named]} for row in rows]


def _limit(reader: TokenReader) -> _Command:
    count = int(reader.next("number"))
    return lambda rows: rows[:count]


def _sort(reader: TokenReader) -> _Command:
    orders = _listed(reader, _order)

    def run(rows: _Rows) -> _Rows:
        for field, descending in reversed(orders):
            there = [row for row in rows if field(row) is not None]
            rows = [
                *sorted(there, key=lambda row, field=field: _rank(field(row)), reverse=descending),  # type: ignore[misc]
                *(row for row in rows if field(row) is None),
            ]
        return rows

    return run


def _order(reader: TokenReader) -> tuple[Value, bool]:
    field = value(reader)
    if reader.take("desc"):
        return field, True
    if not reader.take("asc"):
        raise NotReadError("sorts without `asc` or `desc`")
    return field, False


def _rank(each: Any) -> tuple[bool, float, str]:
    number = number_of(each)
    return number is None, number or 0, str(each)


def _dedup(reader: TokenReader) -> _Command:
    fields = _listed(reader, lambda of: field_of(of.next("name")))

    def run(rows: _Rows) -> _Rows:
        first: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            first.setdefault(tuple(field(row) for field in fields), row)
        return list(first.values())

    return run


def _stats(reader: TokenReader) -> _Command:
    aggregates = _listed(reader, _aggregate)
    groups = _listed(reader, _named) if reader.take("by") else []

    def run(rows: _Rows) -> _Rows:
        grouped: dict[tuple[Any, ...], _Rows] = {} if groups else {(): []}
        for row in rows:
            grouped.setdefault(tuple(of(row) for _, of in groups), []).append(row)
        return [
            {
                **dict(zip((name for name, _ in groups), key, strict=True)),
                **{name: of(found) for name, of in aggregates},
            }
            for key, found in grouped.items()
        ]

    return run


def _aggregate(reader: TokenReader) -> tuple[str, Callable[[_Rows], Any]]:
    function = reader.next("name").lower()
    reader.expect("(")
    every = reader.take("*") or reader.at(")")
    argument, read = ("*", None) if every else _spelled(reader)
    reader.expect(")")
    name = reader.next("name").strip("`") if reader.take("as") else f"{function}({argument})"
    return name, _aggregation(function, read)


def _aggregation(function: str, read: Value | None) -> Callable[[_Rows], Any]:
    if function == "count":
        return lambda rows: sum(read is None or read(row) is not None for row in rows)
    if read is None:
        raise NotReadError(f"calls `{function}` without a field")
    if function == "count_distinct":
        return lambda rows: len({read(row) for row in rows} - {None})
    if function in {"earliest", "latest"}:
        return lambda rows: _by_time(rows, read, first=function == "earliest")
    if function not in _NUMBERS:
        raise NotReadError(f"calls `{function}`, which is not read here")
    return lambda rows: _of_numbers(_NUMBERS[function], [read(row) for row in rows])


def _by_time(rows: _Rows, read: Value, *, first: bool) -> Any:
    found = sorted((row for row in rows if read(row) is not None), key=lambda row: str(row.get("@timestamp", "")))
    return read(found[0 if first else -1]) if found else None


def _of_numbers(function: Callable[[Sequence[float]], float], values: Sequence[Any]) -> Any:
    """Over what are numbers; the least and greatest of texts, too, such as times."""
    numbers = [number for each in values if (number := number_of(each)) is not None]
    texts = [str(each) for each in values if each is not None]
    if not numbers and texts and function in {min, max}:
        return function(texts)
    return function(numbers) if numbers else None


def _named(reader: TokenReader) -> tuple[str, Value]:
    """`coalesce(a, b) as who`: a field's name is its own, unless it is given another."""
    text, read = _spelled(reader)
    return (reader.next("name").strip("`") if reader.take("as") else text), read


def _spelled(reader: TokenReader) -> tuple[str, Value]:
    """A value, with the name that Logs Insights shows it under."""
    left = reader.left()
    read = value(reader)
    return "".join(left[: len(left) - len(reader.left())]).strip("`"), read


def _listed(reader: TokenReader, one: Callable[[TokenReader], _Item]) -> list[_Item]:
    found = [one(reader)]
    while reader.take(","):
        found.append(one(reader))
    return found


def _values(named: Sequence[tuple[str, Value]], row: Row) -> dict[str, Any]:
    return {name: read(row) for name, read in named}


_COMMANDS: Mapping[str, Callable[[TokenReader], _Command]] = {
    "fields": _fields, "display": _display, "filter": _filter, "stats": _stats, "sort": _sort, "dedup": _dedup,
    "limit": _limit,
}  # fmt: skip
