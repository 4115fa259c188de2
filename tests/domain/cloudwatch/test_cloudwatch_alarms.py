"""Alarms, from a resource's inputs to a state."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.alarm_problems import alarm_problems
from domain.cloudwatch.alarms import alarm_of, evaluate_alarm
from domain.cloudwatch.missing_data import AlarmState
from domain.cloudwatch.series import Series, window
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

Json = dict[str, Any]
NOW = datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
DIMENSIONS = {"Service": "ECR", "Type": "API", "Resource": "PutImage"}


def reported(*values: float | None, name: str = "CallCount", period: int = 60, **dimensions: str) -> Series:
    """A value for each of the last periods, the latest last; a dimension replaces one, an empty one removes it."""
    named = {key: value for key, value in {**DIMENSIONS, **dimensions}.items() if value}
    times = [MINUTE - timedelta(seconds=period * (len(values) - index)) for index in range(len(values))]
    points = {time: value for time, value in zip(times, values, strict=True) if value is not None}
    return Series(namespace="AWS/Usage", name=name, dimensions=named, points=points)


def metric(id: str = "m1", **inputs: Any) -> Json:
    """A metric of an alarm; a metric's keys replace those of PutImage's calls."""
    given = {"namespace": "AWS/Usage", "metricName": "CallCount", "dimensions": DIMENSIONS, "period": 60, "stat": "Sum"}
    return {"id": id, "metric": {**given, **inputs}}


def expression(text: str, id: str = "e1", *, watched: bool = True, **inputs: Any) -> Json:
    return {"id": id, "expression": text, **({"returnData": True} if watched else {}), **inputs}


def declared(*queries: Json, **inputs: Any) -> Json:
    """Above 80 in two of the last three periods."""
    return {
        "name": "push-rate", "comparisonOperator": "GreaterThanThreshold", "threshold": 80, "evaluationPeriods": 3,
        "datapointsToAlarm": 2, "treatMissingData": "notBreaching", "metricQueries": list(queries), **inputs,
    }  # fmt: skip


def single(**inputs: Any) -> Json:
    """An alarm of one metric, without metric queries."""
    plain = {**metric()["metric"], "statistic": "Sum"}
    return declared(**{**{key: value for key, value in plain.items() if key != "stat"}, **inputs})


def state(inputs: Json, *series: Series, quotas: Mapping[str, float] | None = None, current: str = "OK") -> str:
    alarm = alarm_of(inputs)
    assert alarm_problems(alarm) == []
    return evaluate_alarm(alarm, series, NOW, quotas, AlarmState(current)).state


QUOTA = declared(metric(), expression("m1 / SERVICE_QUOTA(m1) * 100"))


@cases(
    "series, expected",
    (reported(481, 481, 0), "ALARM"), (reported(480, 480, 480), "OK"), (reported(0, 481, 0), "OK"), (reported(), "OK"),
    (reported(481, 481, Resource="BatchGetImage"), "OK"), (reported(481, 481, Class="None"), "OK"),
    (reported(481, 481, Type=""), "OK"), (reported(481, 481, name="ThrottleCount"), "OK"),
)  # fmt: skip
def test_calls_against_their_quota(series: Series, expected: str) -> None:
    """Ten calls a second are 600 a minute."""
    assert state(QUOTA, series, quotas={"PutImage": 10}) == expected


def test_a_count_of_resources_is_not_a_rate() -> None:
    count = metric(metricName="ResourceCount", dimensions={"Resource": "RepositoryCount"}, stat="Maximum", period=300)
    alarm = declared(count, expression("m1/SERVICE_QUOTA(m1)*100"), evaluationPeriods=1, datapointsToAlarm=1)
    over, below = (
        Series(namespace="AWS/Usage", name="ResourceCount", dimensions={"Resource": "RepositoryCount"}, points=points)
        for points in ({MINUTE - timedelta(seconds=60): 81.0}, {MINUTE - timedelta(seconds=60): 80.0})
    )
    assert state(alarm, over, quotas={"RepositoryCount": 100}) == "ALARM"
    assert state(alarm, below, quotas={"RepositoryCount": 100}) == "OK"


def test_a_metric_without_a_quota_has_no_state() -> None:
    with pytest.raises(NotReadError, match="`m1`, which is a metric without a service quota"):
        evaluate_alarm(alarm_of(QUOTA), [reported(1)], NOW, {"BatchGetImage": 1})


@cases(
    "comparison, value, expected",
    ("GreaterThanThreshold", 80, "OK"), ("GreaterThanThreshold", 81, "ALARM"),
    ("GreaterThanOrEqualToThreshold", 80, "ALARM"), ("GreaterThanOrEqualToThreshold", 79, "OK"),
    ("LessThanThreshold", 80, "OK"), ("LessThanThreshold", 79, "ALARM"),
    ("LessThanOrEqualToThreshold", 80, "ALARM"), ("LessThanOrEqualToThreshold", 81, "OK"),
)  # fmt: skip
def test_a_threshold(comparison: str, value: float, expected: str) -> None:
    assert state(single(comparisonOperator=comparison), reported(value, value, value)) == expected


@cases(
    "statistic, expected",
    ("Sum", "ALARM"),
    ("Maximum", "OK"),
    ("Average", "OK"),
    ("Minimum", "OK"),
    ("SampleCount", "OK"),
)
def test_a_statistic_is_of_all_points_of_a_period(statistic: str, expected: str) -> None:
    points = {MINUTE - timedelta(seconds=second): 30.0 for second in (1, 20, 60, 61, 90, 120)}
    series = Series(namespace="AWS/Usage", name="CallCount", dimensions=DIMENSIONS, points=points)
    assert state(single(statistic=statistic), series) == expected


def test_a_point_of_the_minute_that_is_not_over_does_not_count_yet() -> None:
    series = Series(namespace="AWS/Usage", name="CallCount", dimensions=DIMENSIONS, points={MINUTE: 99.0})
    assert state(single(evaluationPeriods=1, datapointsToAlarm=1), series) == "OK"
    assert (
        evaluate_alarm(
            alarm_of(single(evaluationPeriods=1, datapointsToAlarm=1)), [series], NOW + timedelta(minutes=1)
        ).state
        == "ALARM"
    )


@cases("second, period, end", (35, 10, 30), (30, 10, 30), (59, 30, 30), (59, 60, 0), (59, 300, 0), (29, 30, 0))
def test_a_window_ends_with_a_period_below_a_minute_or_with_the_minute(second: int, period: int, end: int) -> None:
    assert window(MINUTE.replace(second=second, microsecond=9), period, 3).end == MINUTE.replace(second=end)


@cases(
    "treatment, current, expected",
    ("missing", "OK", "INSUFFICIENT_DATA"), ("ignore", "ALARM", "ALARM"), ("ignore", "OK", "OK"),
    ("breaching", "OK", "ALARM"), ("notBreaching", "ALARM", "OK"), (None, "OK", "INSUFFICIENT_DATA"),
)  # fmt: skip
def test_nothing_is_reported(treatment: str | None, current: str, expected: str) -> None:
    assert state(single(treatMissingData=treatment), current=current) == expected
    math = declared(metric(), expression("FILL(m1, 99)"), treatMissingData=treatment)
    assert state(math, current=current) == expected
    query = expression("SELECT MAX(CallCount) FROM \"AWS/Usage\" WHERE Resource = 'PutImage'", period=60)
    assert state(declared(query, treatMissingData=treatment), current=current) == expected


def test_all_of_the_last_periods_is_what_an_alarm_without_datapoints_asks_for() -> None:
    alarm = single(datapointsToAlarm=None)
    assert state(alarm, reported(99, 99, 99)) == "ALARM"
    assert state(alarm, reported(99, 0, 99)) == "OK"


def test_an_expression_can_refer_to_another() -> None:
    errors = metric("errors", metricName="ErrorCount")
    rate = expression("FILL(errors, 0) / calls", "rate", watched=False)
    alarm = declared(metric("calls"), errors, rate, expression("rate * 100", "percent"))
    assert state(alarm, reported(10, 10, 10), reported(9, 9, None, name="ErrorCount")) == "ALARM"
    assert state(alarm, reported(10, 10, 10), reported(9, 8, None, name="ErrorCount")) == "OK"


def test_an_expression_has_the_period_of_its_metrics() -> None:
    alarm = declared(expression("m1 * 1"), metric(period=300), evaluationPeriods=1, datapointsToAlarm=1)
    assert state(alarm, reported(30, 30, 30)) == "ALARM"
    assert state(alarm, reported(30, 30, 20)) == "OK"


def test_an_expression_cannot_refer_to_itself() -> None:
    alarm = declared(metric(), expression("b + m1", "a"), expression("a + m1", "b", watched=False))
    with pytest.raises(NotReadError, match="refers to `a`, which refers to itself"):
        evaluate_alarm(alarm_of(alarm), [], NOW)


def test_an_expression_is_of_what_the_alarm_has() -> None:
    with pytest.raises(NotReadError, match="refers to `m2`, which is no metric or expression"):
        evaluate_alarm(alarm_of(declared(metric(), expression("m2"))), [], NOW)
    grouped = 'SELECT MAX(ResourceCount) FROM "AWS/Usage" GROUP BY ResourceId ORDER BY MAX() DESC'
    several = declared(expression(grouped, "q1", watched=False, period=60), expression("q1 / 10"))
    with pytest.raises(NotReadError, match="refers to `q1`, which is several series"):
        evaluate_alarm(alarm_of(several), [images("a", 1), images("b", 1)], NOW)


def worst(**inputs: Any) -> Json:
    text = 'SELECT MAX(ResourceCount) FROM "AWS/Usage" GROUP BY ResourceId ORDER BY MAX() DESC LIMIT 2'
    return declared(expression(text, period=60), **inputs)


def images(repository: str, *values: float) -> Series:
    return reported(*values, name="ResourceCount", ResourceId=f"repository/{repository}")


def test_of_a_query_with_groups_one_series_is_enough() -> None:
    found = evaluate_alarm(
        alarm_of(worst()), [images("a", 1, 1, 1), images("b", 81, 81, 81), images("c", 9, 9, 9)], NOW
    )
    assert found.state == "ALARM"
    assert found.reason == "ResourceId=repository/b GreaterThanThreshold 80: -, -, 81, 81, 81"
    assert state(worst(), images("a", 1, 1, 1), images("b", 80, 80, 80)) == "OK"
    assert state(worst(), reported(99, 99, 99, name="ResourceCount")) == "OK"


def test_what_is_below_the_limit_of_a_query_is_not_seen() -> None:
    many = [images(name, value, value, value) for name, value in (("a", 1), ("b", 2), ("c", 3))]
    below = {"comparisonOperator": "LessThanThreshold"}
    assert state(worst(threshold=2, **below), *many) == "OK"
    assert state(worst(threshold=3, **below), *many) == "ALARM"


def test_a_query_can_be_part_of_an_expression() -> None:
    query = expression('SELECT MAX(ResourceCount) FROM "AWS/Usage"', "q1", watched=False, period=60)
    percent = declared(query, expression("q1 / 1000 * 100"))
    assert state(percent, images("a", 801, 801, 801)) == "ALARM"
    assert state(percent, images("a", 800, 800, 800)) == "OK"
    assert state(percent) == "OK"


@given(st.lists(st.none() | st.integers(0, 160).map(float), max_size=6))
def test_a_metric_and_an_expression_of_it_agree(values: list[float | None]) -> None:
    series = reported(*values)
    plain, math = (
        evaluate_alarm(alarm_of(each), [series], NOW).state
        for each in (single(), declared(metric(), expression("m1 * 1")))
    )
    assert plain == math


# --- what CloudWatch refuses

QUERY = 'SELECT MAX(ResourceCount) FROM "AWS/Usage"'


@cases(
    "inputs, path, message",
    (single(name=""), ("name",), "is not an alarm's name"), (single(name="a" * 256),
    ("name",), "is not an alarm's name"),
    (single(name="a\nb"), ("name",), "is not an alarm's name"),
    (single(comparisonOperator="GreaterThanUpperThreshold"), ("comparisonOperator",), "is not read here"),
    (single(datapointsToAlarm=4), ("datapointsToAlarm",), "is not within 3 periods"),
    (single(period=45), ("period",), "is not a period"), (single(period=90), ("period",), "is not a period"),
    (single(period=None), ("period",), "has no period"),
    (single(period=1_800, evaluationPeriods=49), ("period",), "(86,400 seconds)"),
    (single(period=86_400, evaluationPeriods=8), ("period",), "(604,800 seconds)"),
    (declared(expression(QUERY, period=300), evaluationPeriods=37), ("period",), "(10,800 seconds)"),
    (
        declared(expression(QUERY, "q", watched=False, period=300), expression("q * 1"), evaluationPeriods=37),
        ("period",), "(10,800 seconds)",
    ),
    (declared(metric(stat="p99"), expression("m1")), ("metricQueries", 0, "stat"), "is not a statistic"),
    (declared(metric(), expression("e1 + m1")), ("metricQueries", 1, "expression"), "refers to `e1`"),
    (single(statistic="p99"), ("stat",), "is not a statistic that is read here"),
    (single(dimensions={str(number): "x" for number in range(31)}), ("dimensions",), "are more than 30"),
    (declared(metric()), ("metricQueries",), "has 0 queries that return data"),
    (declared(metric(), expression("m1"), expression("m1", "e2")), ("metricQueries",), "has 2 queries that"),
    (declared(metric(), metric(), expression("m1")), ("metricQueries",), "is the id of two queries"),
    (declared(metric(), metric("m2", period=300), expression("m1 + m2")), ("metricQueries",), "have different periods"),
    (declared(*(metric(f"m{number}") for number in range(11)), expression("m1")), (), "is about 11 metrics"),
    (declared(metric(), expression("m2")), ("metricQueries", 1, "expression"), "refers to `m2`"),
    (declared(metric(), expression("m1 +")), ("metricQueries", 1, "expression"), "an end in place"),
    (declared(metric(namespace="AWS/ECR"), expression("SERVICE_QUOTA(m1)*m1")),
    ("metricQueries", 1, "expression"), "quota"),
    (declared(metric(), expression("m1 + " * 600 + "m1")), ("metricQueries", 1, "expression"), "is longer than 2048"),
    (declared(metric(), {"id": "x"}, expression("m1")),
    ("metricQueries", 1), "has a metric and an expression, or neither"),
    (declared(metric(), {**metric("x"), "expression": "m1"}, expression("m1")), ("metricQueries", 1), "or neither"),
    (declared(metric(), expression(QUERY)), ("metricQueries", 1, "period"), "is missing"),
    (declared(expression("SELECT MAX(x)", period=60)),
    ("metricQueries", 0, "expression"), "has an end in place of `FROM`"),
)  # fmt: skip
def test_cloudwatch_refuses(inputs: Json, path: tuple[Any, ...], message: str) -> None:
    problems = alarm_problems(alarm_of(inputs))
    assert [(problem.path, message in problem.message, bool(problem.fix)) for problem in problems] == [
        (path, True, True)
    ]


@cases(
    "inputs",
    single(period=10), single(period=1_800, evaluationPeriods=48), single(period=86_400, evaluationPeriods=7),
    declared(expression(QUERY, period=300), evaluationPeriods=36), single(name="a" * 255), single(name="a"),
    single(period=3_600, evaluationPeriods=25), single(dimensions={str(number): "x" for number in range(30)}),
    declared(metric(), expression(" " * 2_046 + "m1")),
    declared(*(metric(f"m{number}") for number in range(10)), expression("SUM(METRICS())")),
)  # fmt: skip
def test_at_the_limit_cloudwatch_takes_it(inputs: Json) -> None:
    assert alarm_problems(alarm_of(inputs)) == []
