"""Metrics Insights queries, as alarms use them.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html: one
function over all the metrics that fit, or one series for each group. Its grammar has AND alone: no OR, no LIKE.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.cloudwatch.series import Series, Values, Window
from domain.cloudwatch.token_reader import NotReadError, TokenReader

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<name>\"[^\"]*\"|[A-Za-z_][\w]*)|(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>\d+)|(?P<sign>!=|[=(),])"
)
_STATISTICS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query, read."""

    statistic: str
    metric: str
    namespace: str
    schema: frozenset[str] | None
    conditions: tuple[tuple[str, str, str], ...]
    groups: tuple[str, ...]
    order: str | None
    descending: bool
    limit: int | None

    def results(self, series: Iterable[Series], window: Window) -> dict[tuple[str, ...], Values]:
        """The series that the query returns, by the labels of its groups; by none where it has no groups."""
        grouped: dict[tuple[str, ...], list[Series]] = {}
        for each in series:
            if self._fits(each):
                grouped.setdefault(tuple(each.dimensions[label] for label in self.groups), []).append(each)
        results = {labels: self._values(found, window) for labels, found in grouped.items()}
        results = {labels: values for labels, values in results.items() if any(each is not None for each in values)}
        if self.order:
            ranks = {labels: self._rank(grouped[labels], window) for labels in results}
            results = {labels: results[labels] for labels in sorted(results, key=ranks.__getitem__)}
        return dict(list(results.items())[: self.limit])

    def _fits(self, series: Series) -> bool:
        labels = series.dimensions
        return (
            (series.namespace, series.name) == (self.namespace, self.metric)
            and self.schema in {None, frozenset(labels)}
            and all(group in labels for group in self.groups)
            and all(
                label in labels and (labels[label] == value) is (operator == "=")
                for label, operator, value in self.conditions
            )
        )

    def _values(self, series: list[Series], window: Window) -> Values:
        return window.values((point for each in series for point in each.points.items()), self.statistic)

    def _rank(self, series: list[Series], window: Window) -> float:
        whole = Window(end=window.end, period=window.period * window.periods, periods=1)
        (value,) = whole.values((point for each in series for point in each.points.items()), self.order or "Maximum")
        return (value or 0) * (-1 if self.descending else 1)


def is_query(expression: str) -> bool:
    return re.match(r"\s*select\b", expression, re.IGNORECASE) is not None


def read_query(text: str) -> Query:
    """The query; NotReadError where CloudWatch would refuse it."""
    reader = TokenReader(_TOKEN, text, ignore_case=True)
    reader.expect("SELECT")
    statistic = _function(reader)
    metric = _name(reader)
    reader.expect(")")
    reader.expect("FROM")
    namespace, schema = _source(reader)
    conditions = _conditions(reader)
    groups = _listed(reader) if reader.take("GROUP", "BY") else []
    order, descending = _order(reader)
    limit = int(reader.next("number")) if reader.take("LIMIT") else None
    reader.end()
    return Query(
        statistic=statistic, metric=metric, namespace=namespace, schema=schema, conditions=conditions,
        groups=tuple(groups), order=order, descending=descending, limit=limit,
    )  # fmt: skip


def _source(reader: TokenReader) -> tuple[str, frozenset[str] | None]:
    if not reader.take("SCHEMA", "("):
        return _name(reader), None
    namespace, *labels = _listed(reader)
    reader.expect(")")
    return namespace, frozenset(labels)


def _conditions(reader: TokenReader) -> tuple[tuple[str, str, str], ...]:
    conditions: list[tuple[str, str, str]] = []
    while reader.take("AND" if conditions else "WHERE"):
        label, operator = _name(reader), reader.next("sign")
        if operator not in {"=", "!="}:
            raise NotReadError(f"compares by `{operator}`: Metrics Insights knows `=` and `!=`")
        conditions.append((label, operator, re.sub(r"\\(.)", r"\1", reader.next("text")[1:-1])))
    return tuple(conditions)


def _order(reader: TokenReader) -> tuple[str | None, bool]:
    if not reader.take("ORDER", "BY"):
        return None, False
    statistic = _function(reader)
    reader.expect(")")
    return statistic, reader.take("DESC") or (reader.take("ASC") and False)


def _function(reader: TokenReader) -> str:
    name = reader.next("name").upper()
    if name not in _STATISTICS:
        raise NotReadError(f"has no function `{name}`: Metrics Insights knows {', '.join(_STATISTICS)}")
    reader.expect("(")
    return _STATISTICS[name]


def _listed(reader: TokenReader) -> list[str]:
    names = [_name(reader)]
    while reader.take(","):
        names.append(_name(reader))
    return names


def _name(reader: TokenReader) -> str:
    return reader.next("name").strip('"')


def labels_text(query: Query, labels: tuple[str, ...]) -> str:
    """`Resource=PutImage`: which of the series of a query with groups."""
    named: Mapping[str, str] = dict(zip(query.groups, labels, strict=True))
    return ", ".join(f"{name}={value}" for name, value in named.items())
