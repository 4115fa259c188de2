"""What CloudWatch would refuse in an alarm, or never evaluate as it is meant."""

from collections import Counter
from collections.abc import Iterator

from domain.cloudwatch.alarms import COMPARISONS, Alarm, MetricQuery
from domain.cloudwatch.limits import (
    ALARM_EVALUATION_MAX_SECONDS,
    ALARM_METRICS_MAX,
    ALARM_NAME_MAX_LENGTH,
    ALARM_PERIODS_BELOW_A_MINUTE,
    ALARM_SHORT_EVALUATION_MAX_SECONDS,
    ALARM_SHORT_PERIOD_BELOW_SECONDS,
    DIMENSIONS_MAX,
    EXPRESSION_MAX_LENGTH,
    QUERY_EVALUATION_MAX_SECONDS,
)
from domain.cloudwatch.metric_math import MathInputs, evaluate_math
from domain.cloudwatch.metrics_insights import is_query, read_query
from domain.cloudwatch.series import STATISTICS
from domain.cloudwatch.token_reader import NotReadError
from domain.problems import Problem, unless

_MINUTE = 60


def alarm_problems(alarm: Alarm) -> list[Problem]:
    """Why CloudWatch would refuse the alarm."""
    returned = [query for query in alarm.queries if query.returned]
    if len(returned) != 1:
        message = f"has {len(returned)} queries that return data"
        return [Problem(("metricQueries",), None, message, "set returnData on the one that the alarm watches")]
    if not any(query.period for query in alarm.queries):
        return [Problem(("period",), None, "has no period", "write seconds")]
    metrics = [query for query in alarm.queries if query.metric]
    return [
        *_shape_problems(alarm),
        *_time_problems(alarm),
        *unless(
            len(metrics) <= ALARM_METRICS_MAX, None,
            f"is about {len(metrics)} metrics, more than CloudWatch takes ({ALARM_METRICS_MAX})",
            "make two alarms, or a query of Metrics Insights",
        ),
        *(problem for index, query in enumerate(alarm.queries) for problem in _under(alarm, index, query)),
    ]  # fmt: skip


def _shape_problems(alarm: Alarm) -> Iterator[Problem]:
    if not 1 <= len(alarm.name) <= ALARM_NAME_MAX_LENGTH or not alarm.name.isprintable():
        fix = f"write 1 to {ALARM_NAME_MAX_LENGTH} characters, without control characters"
        yield Problem(("name",), alarm.name, "is not an alarm's name", fix)
    if alarm.comparison not in COMPARISONS:
        yield Problem(("comparisonOperator",), alarm.comparison, "is not read here", f"one of {', '.join(COMPARISONS)}")
    if not 1 <= alarm.to_alarm <= alarm.periods:
        fix = "write at least 1, and at most evaluationPeriods"
        yield Problem(("datapointsToAlarm",), alarm.to_alarm, f"is not within {alarm.periods} periods", fix)
    for query, times in Counter(query.id for query in alarm.queries).items():
        if times > 1:
            yield Problem(("metricQueries",), query, "is the id of two queries", "give each its own")


def _time_problems(alarm: Alarm) -> Iterator[Problem]:
    period, whole = alarm.period, alarm.period * alarm.periods
    if period not in ALARM_PERIODS_BELOW_A_MINUTE and (period < _MINUTE or period % _MINUTE):
        yield Problem(("period",), period, "is not a period of CloudWatch's", "write 10, 20, 30 or a multiple of 60")
    short = period < ALARM_SHORT_PERIOD_BELOW_SECONDS
    most = ALARM_SHORT_EVALUATION_MAX_SECONDS if short else ALARM_EVALUATION_MAX_SECONDS
    if any(is_query(query.expression) for query in alarm.queries):
        most = QUERY_EVALUATION_MAX_SECONDS
    if whole > most:
        message = f"times {alarm.periods} periods is longer than such an alarm looks back ({most:,} seconds)"
        yield Problem(("period",), period, message, "write fewer or shorter periods")
    periods = {query.period for query in alarm.queries if query.period}
    if len(periods) > 1:
        yield Problem(("metricQueries",), None, "have different periods", "give all metrics of an alarm the same")


def _under(alarm: Alarm, index: int, query: MetricQuery) -> Iterator[Problem]:
    path = ("metricQueries", index) if query.expression or len(alarm.queries) > 1 else ()
    for problem in _query_problems(alarm, query):
        yield problem.under(*path)


def _query_problems(alarm: Alarm, query: MetricQuery) -> Iterator[Problem]:
    if query.metric and query.statistic not in STATISTICS:
        yield Problem(
            ("stat",), query.statistic, "is not a statistic that is read here", f"one of {', '.join(STATISTICS)}"
        )
    if len(query.dimensions) > DIMENSIONS_MAX:
        yield Problem(("dimensions",), None, f"are more than {DIMENSIONS_MAX}", "write fewer")
    if bool(query.metric) is bool(query.expression):
        yield Problem((), query.id, "has a metric and an expression, or neither", "write one of both")
    if len(query.expression) > EXPRESSION_MAX_LENGTH:
        yield Problem(("expression",), None, f"is longer than {EXPRESSION_MAX_LENGTH} characters", "shorten it")
    if is_query(query.expression) and not query.period:
        yield Problem(("period",), None, "is missing", "give a query of Metrics Insights its period")
    if query.expression:
        try:
            _try(alarm, query)
        except (NotReadError, RecursionError) as error:
            yield Problem(("expression",), query.expression, str(error), "write one that CloudWatch can evaluate")


def _try(alarm: Alarm, query: MetricQuery) -> None:
    """Evaluates the expression over series without a value."""
    if is_query(query.expression):
        read_query(query.expression)
        return
    ids = {each.id for each in alarm.queries if each is not query}
    usage = {each.id: 1.0 for each in alarm.queries if each.namespace == "AWS/Usage"}
    inputs = MathInputs(values=dict.fromkeys(ids, (None,)), quotas=usage)
    evaluate_math(query.expression, inputs)
