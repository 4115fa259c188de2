"""Queries of Logs Insights, run over log events.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html, what our queries have: the commands
fields, filter, stats with `count(*)`, sort and limit. A log event's keys are fields, joined by dots, a list's items by
number (`requestParameters.imageIds.0.imageTag`); a field with other characters than letters, digits, `.`, `_` and `@`
is written in backticks. Logs Insights finds 200 fields of an event at most.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from domain.cloudwatch.limits import QUERY_ROWS_MAX, QUERY_TEXT_MAX_LENGTH
from domain.cloudwatch.log_expressions import TOKEN, Row, Value, condition, number_of, value
from domain.cloudwatch.token_reader import NotReadError, TokenReader
from domain.problems import Problem

_Item = TypeVar("_Item")
_Rows = list[dict[str, Any]]
_Command = Callable[[_Rows], _Rows]
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


def _stats(reader: TokenReader) -> _Command:
    counts = _listed(reader, _count)
    groups = _listed(reader, _named) if reader.take("by") else []

    def run(rows: _Rows) -> _Rows:
        grouped: dict[tuple[Any, ...], _Rows] = {} if groups else {(): []}
        for row in rows:
            grouped.setdefault(tuple(of(row) for _, of in groups), []).append(row)
        return [
            {**dict(zip((name for name, _ in groups), key, strict=True)), **dict.fromkeys(counts, len(found))}
            for key, found in grouped.items()
        ]

    return run


def _count(reader: TokenReader) -> str:
    """The name of how many there are: `count(*) as calls`."""
    function = reader.next("name")
    if function.lower() != "count":
        raise NotReadError(f"calls `{function}`, which is not read here")
    for each in "(*)":
        reader.expect(each)
    return reader.next("name").strip("`") if reader.take("as") else "count(*)"


def _named(reader: TokenReader) -> tuple[str, Value]:
    """`userIdentity.arn as who`: a field's name is its own, unless it is given another."""
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
    "fields": _fields, "filter": _filter, "stats": _stats, "sort": _sort, "limit": _limit,
}  # fmt: skip
