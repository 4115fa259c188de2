"""Metric math."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.metric_math import MathInputs, evaluate_math, ids_of
from domain.cloudwatch.series import Values
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

INPUTS = MathInputs(
    values={"m1": (1.0, None, 3.0), "m2": (10.0, 20.0, 0.0), "none": (None, None, None)},
    quotas={"m1": 600.0},
)  # fmt: skip


@cases(
    "expression, expected",
    ("m1", (1, None, 3)), ("m1 + m2", (11, None, 3)), ("m2 - 1", (9, 19, -1)), ("1 - m2", (-9, -19, 1)),
    ("m1 * 2 + 1", (3, None, 7)), ("2 * (m1 + 1)", (4, None, 8)), ("-m2", (-10, -20, 0)),
    ("m1 / m2", (0.1, None, None)),
    ("m2 - 1 - 1", (8, 18, -2)), ("100 / 10 / m2", (1, 0.5, None)),
    ("m1/SERVICE_QUOTA(m1)*100", (100 / 600, None, 0.5)),
    ("FILL(m1, 0)", (1, 0, 3)), ("FILL(m1, 0) + m2", (11, 20, 3)),
    ("FILL(none, 0)", (None, None, None)), ("SUM([m1, m2])", (11, 20, 3)),
    ("SUM([none])", (None, None, None)),
    ("SUM(METRICS())", (11, 20, 3)), ("m1 * 1.5e1", (15, None, 45)),
)  # fmt: skip
def test_an_expression(expression: str, expected: Values) -> None:
    assert evaluate_math(expression, INPUTS) == pytest.approx(expected)


@cases(
    "expression, message",
    ("m3", "refers to `m3`, which is no metric"),
    ("SERVICE_QUOTA(m2)", "`m2`, which is a metric without a service quota"),
    ("1 + 1", "is a number"), ("SUM(m1)", "calls `SUM`"), ("MAX([m1, m2])", "calls `MAX`"),
    ("[m1, m2]", "is several series"),
    ("METRICS()", "several series"),
    ("m1 +", "an end in place of a name"), ("(m1", "has an end in place of `)`"), ("m1 m2", "goes on with `m2`"),
    ("ANOMALY_DETECTION_BAND(m1)", "calls `ANOMALY_DETECTION_BAND`"), ("FILL(m1)", "calls `FILL`"),
    ("FILL(m1, m2)", "calls `FILL`"),
    ("SUM(m1, m2)", "calls `SUM`"),
    ("m1 > 3", "can't be"),
    ("[m1, m2] + 1", "has a number or an array where a series belongs"), ("FILL(1, 0)", "where a series belongs"),
    ("PERIOD(m1)", "calls `PERIOD`"), ("SUM(m1 m2)", "has `m2` in place of `,`"), ("", "an end in place"),
)  # fmt: skip
def test_what_is_refused(expression: str, message: str) -> None:
    with pytest.raises(NotReadError) as caught:
        evaluate_math(expression, INPUTS)
    assert message in str(caught.value)


@given(st.lists(st.none() | st.integers(-9, 9).map(float), min_size=1, max_size=5))
def test_addition_and_sum_agree_where_nothing_is_missing(values: list[float | None]) -> None:
    inputs = MathInputs(values={"a": tuple(values), "b": (1.0,) * len(values)}, quotas={})
    added, summed = evaluate_math("a + b", inputs), evaluate_math("SUM([a, b])", inputs)
    assert [one if one is not None else 1 for one in added] == list(summed)


def test_ids_are_what_is_not_a_function() -> None:
    assert ids_of("100 * (m1 / SERVICE_QUOTA(m1)) + FILL(errors, 1e3)") == ["m1", "errors"]
