"""Alarms: from the inputs of `aws:cloudwatch/metricAlarm:MetricAlarm` to the state that series put them in.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Alarms.html: a metric has one set of
dimensions exactly; each period gives one data point; of the last N, M have to breach. Of a query with groups each
series has a state of its own, and the alarm the worst of them (Create_Metrics_Insights_Alarm.html beside it).
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.cloudwatch.metric_math import MathInputs, evaluate_math, ids_of
from domain.cloudwatch.metrics_insights import is_query, labels_text, read_query
from domain.cloudwatch.missing_data import EXTRA_POINTS, AlarmState, MissingData, state_of
from domain.cloudwatch.series import Series, Values, Window, window
from domain.cloudwatch.token_reader import NotReadError

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge, "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt, "LessThanOrEqualToThreshold": operator.le,
}  # fmt: skip
SINGLE = "m"
"""The id of the metric of an alarm without metric queries."""
CALLS = "CallCount"
"""The usage metric whose quota is a rate a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One of `metricQueries`: a metric, an expression over the others, or a query of Metrics Insights."""

    id: str
    returned: bool
    period: int | None
    namespace: str = ""
    metric: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = ""
    expression: str = ""

    def is_about(self, series: Series) -> bool:
        """Whether the series is this metric's: other dimensions, or one less, are another's."""
        return (series.namespace, series.name) == (self.namespace, self.metric) and (
            dict(series.dimensions) == dict(self.dimensions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What an alarm compares with what, and how often."""

    name: str
    queries: Sequence[MetricQuery]
    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    treatment: MissingData

    @property
    def watched(self) -> MetricQuery:
        """The query whose points are compared."""
        return next(query for query in self.queries if query.returned)

    @property
    def period(self) -> int:
        """Of the watched query, or of the metrics that its expression is about."""
        return self.watched.period or next(query.period for query in self.queries if query.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The state, and why."""

    state: AlarmState
    reason: str


def alarm_of(inputs: Mapping[str, Any]) -> Alarm:
    """The alarm that a resource's inputs declare."""
    queries = [_query(each) for each in inputs.get("metricQueries") or []]
    single = {**inputs, "id": SINGLE, "returnData": True, "metric": {**inputs, "stat": inputs.get("statistic")}}
    return Alarm(
        name=inputs.get("name") or "",
        queries=queries or [_query(single)],
        comparison=inputs["comparisonOperator"],
        threshold=float(inputs["threshold"]),
        periods=int(inputs["evaluationPeriods"]),
        to_alarm=int(inputs.get("datapointsToAlarm") or inputs["evaluationPeriods"]),
        treatment=MissingData(inputs.get("treatMissingData") or MissingData.MISSING),
    )


def _query(inputs: Mapping[str, Any]) -> MetricQuery:
    metric = inputs.get("metric") or {}
    period = metric.get("period") or inputs.get("period")
    return MetricQuery(
        id=inputs["id"],
        returned=bool(inputs.get("returnData")),
        period=int(period) if period else None,
        namespace=metric.get("namespace") or "",
        metric=metric.get("metricName") or "",
        dimensions=dict(metric.get("dimensions") or {}),
        statistic=metric.get("stat") or "",
        expression=inputs.get("expression") or "",
    )


def evaluate_alarm(
    alarm: Alarm,
    series: Iterable[Series],
    now: datetime,
    quotas: Mapping[str, float] | None = None,
    current: AlarmState = AlarmState.INSUFFICIENT_DATA,
) -> Evaluation:
    """The state at a time; `quotas` has the quota of each usage metric by its dimension `Resource`, of calls a second.

    NotReadError where CloudWatch would refuse the alarm's expression or query, or it isn't read here."""
    points = _Points(alarm, list(series), window(now, alarm.period, alarm.periods + EXTRA_POINTS), quotas or {})
    watched = alarm.watched
    if is_query(watched.expression):
        return _of_groups(alarm, points.results(watched), current)
    return _of_values(alarm, points.values(watched.id), current)


class _Points:
    """The data points of the evaluation range, by the ids of an alarm's queries."""

    def __init__(self, alarm: Alarm, series: list[Series], seen: Window, quotas: Mapping[str, float]) -> None:
        self._queries = {query.id: query for query in alarm.queries}
        self._series = series
        self._window = seen
        self._quotas = quotas
        self._values: dict[str, Values] = {}

    def results(self, query: MetricQuery) -> dict[str, Values]:
        """The series of a query of Metrics Insights, by what tells them apart."""
        read = read_query(query.expression)
        found = read.results(self._series, self._window)
        return {labels_text(read, labels): values for labels, values in found.items()}

    def values(self, id: str, within: tuple[str, ...] = ()) -> Values:
        if id in within:
            raise NotReadError(f"refers to `{id}`, which refers to itself")
        if id not in self._values:
            self._values[id] = self._read(self._queries[id], (*within, id))
        return self._values[id]

    def _read(self, query: MetricQuery, within: tuple[str, ...]) -> Values:
        if not query.expression:
            points = [point for each in self._series if query.is_about(each) for point in each.points.items()]
            return self._window.values(points, query.statistic)
        if is_query(query.expression):
            results = self.results(query)
            if len(results) > 1:
                raise NotReadError(f"refers to `{query.id}`, which is several series")
            return next(iter(results.values()), self._window.values((), "Sum"))
        metrics = [each for each in self._queries.values() if each.metric]
        named = [name for name in ids_of(query.expression) if name in self._queries]
        inputs = MathInputs(
            values={name: self.values(name, within) for name in (*(each.id for each in metrics), *named)},
            quotas={each.id: quota for each in metrics if (quota := self._quota(each)) is not None},
        )
        return evaluate_math(query.expression, inputs)

    def _quota(self, metric: MetricQuery) -> float | None:
        quota = self._quotas.get(metric.dimensions.get("Resource", ""))
        return quota * self._window.period if quota is not None and metric.metric == CALLS else quota


def _of_values(alarm: Alarm, values: Values, current: AlarmState) -> Evaluation:
    compare = COMPARISONS[alarm.comparison]
    breaching = [None if value is None else compare(value, alarm.threshold) for value in values]
    state = state_of(breaching, alarm.periods, alarm.to_alarm, alarm.treatment, current)
    shown = ", ".join("-" if value is None else f"{value:g}" for value in values)
    return Evaluation(state=state, reason=f"{alarm.comparison} {alarm.threshold:g}: {shown}")


def _of_groups(alarm: Alarm, results: Mapping[str, Values], current: AlarmState) -> Evaluation:
    """Without a series every point is missing."""
    missing = (None,) * (alarm.periods + EXTRA_POINTS)
    found = {labels: _of_values(alarm, values, current) for labels, values in (results or {"": missing}).items()}
    for state in (AlarmState.ALARM, AlarmState.OK, AlarmState.INSUFFICIENT_DATA):
        reasons = [f"{labels} {each.reason}".strip() for labels, each in found.items() if each.state is state]
        if reasons:
            break
    return Evaluation(state=state, reason="; ".join(reasons))
