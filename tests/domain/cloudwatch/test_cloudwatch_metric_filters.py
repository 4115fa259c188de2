"""Metric filters, by CloudWatch Logs' own examples."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.metric_filters import metric_filter_matches, metric_filter_problems, published
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
FIRST: dict[str, Any] = {
    "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": None, "ThisFlag": True,
    "cluster.name": "c", "a-b_c": {"latency": 50.5}, "account": "111122223333", "empty": [],
}  # fmt: skip
SECOND: dict[str, Any] = {
    "user": {"id": 1, "email": "John.Stiles@example.com"}, "actions": ["GET", "PUT", "DELETE"],
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}  # fmt: skip


@cases(
    "pattern, expected",
    ('{ $.eventType = "UpdateTrail" }', True), ("{ $.eventType = UpdateTrail }", True),
    ('{$.eventType="updatetrail"}', False),
    ("{ $.sourceIPAddress != 123.123.* }", True), ("{ $.sourceIPAddress != 111.111.* }", False),
    ('{ $.arrayKey[0] = "value" }', True), ('{ $.arrayKey[1] = "value" }', False), ("{ $.eventType[0] = U }", False),
    ("{ $.objectList[1].id = 2 }", True), ("{ $.objectList[9].id = 2 }", False), ("{ $.objectList.id = 2 }", False),
    ("{ $.SomeObject IS NULL }", True), ("{ $.eventType IS NULL }", False), ("{ $.SomeOtherObject IS NULL }", False),
    ("{ $.SomeOtherObject NOT EXISTS }", True), ("{ $.SomeObject NOT EXISTS }", False),
    ("{ $.SomeObject EXISTS }", True),
    ("{ $.other EXISTS }", False), ("{ $.ThisFlag IS TRUE }", True), ("{ $.ThisFlag IS FALSE }", False),
    ("{ $.eventType IS TRUE }", False), ("{ $.arrayKey = 1 }", False), ("{ $.arrayKey != 1 }", False),
    ("{ $.SomeObject != x }", False), ("{ $.missing != x }", False), ("{ $.ThisFlag = true }", False),
    ("{ $.eventType = Update* }", True), ('{ $.eventType = "*Trail" }', True), ("{ $.eventType = *date* }", True),
    ("{ $.eventType = Up*Trail }", False), ("{ $.eventType = * }", True), ("{ $.missing = * }", False),
    ("{ $.a-b_c.latency = * }", True), ("{ $.a-b_c.latency >= 50.5 }", True), ("{ $.a-b_c.latency < 50.5 }", False),
    ("{ $.a-b_c.latency <= 5.05e1 }", True), ("{ $.a-b_c.latency > +50 }", True), ("{ $.a-b_c.latency = 50.5 }", True),
    ('{ $.a-b_c.latency = "50.5" }', False), ("{ $.a-b_c.latency != 51 }", True),
    ("{ $.account = 111122223333 }", True),
    ("{ $.account > 1 }", False), ("{ $.arrayKey[*] = value }", True), ("{ $.arrayKey[*] = *value }", True),
    ("{ $.arrayKey[*] = other }", False), ("{ $.* = UpdateTrail }", True), ("{ $.* = other }", False),
    ("{ $.objectList[*].id = 2 }", True), ("{ $.objectList[*].id > 2 }", False), ("{ $.['cluster.name'] = c }", True),
    ("{ $['cluster.name'] = d }", False), ("{ $.empty[*] EXISTS }", False), ("", True), ("  ", True),
)  # fmt: skip
def test_a_condition(pattern: str, *, expected: bool) -> None:
    assert metric_filter_problems(pattern) == []
    assert metric_filter_matches(pattern, FIRST) is expected


@cases(
    "pattern, expected",
    ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
    ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
    ('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', True),
    ('{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = no) && $.actions[2] = nomatch }', False),
    ("{ $.coordinates[2][0] = 7 }", True),
)  # fmt: skip
def test_and_goes_before_or(pattern: str, *, expected: bool) -> None:
    assert metric_filter_matches(pattern, SECOND) is expected


@pytest.mark.parametrize("record", ["text", None, 3, [{"x": 1}]])
def test_an_event_that_is_no_object_matches_nothing(record: object) -> None:
    assert not metric_filter_matches("{ $.x = 1 }", record)


@given(st.text(max_size=5) | st.integers(), st.text("ab", min_size=1, max_size=3))
def test_not_equal_is_the_complement_where_the_field_is_there(value: object, text: str) -> None:
    record = {"x": value}
    assert metric_filter_matches(f'{{ $.x = "{text}" }}', record) is not metric_filter_matches(
        f'{{ $.x != "{text}" }}', record
    )


DIMENSIONS = {"Repository": "$.detail.repository-name"}


@cases(
    "value, dimensions, detail, expected",
    ("1", DIMENSIONS, {"repository-name": "a/b"}, ({"Repository": "a/b"}, 1.0)), ("1", {}, {}, ({}, 1.0)),
    ("1", DIMENSIONS, {}, None), ("1", DIMENSIONS, {"repository-name": ["a"]}, None),
    ("$.detail.n", {}, {"n": 3}, ({}, 3.0)),
    ("$.detail.n", {}, {"n": "4"}, ({}, 4.0)), ("$.detail.n", {}, {"n": "four"}, None), ("$.detail.n", {}, {}, None),
    ("$.detail.n[*]", {}, {"n": [1, 2]}, None),
)  # fmt: skip
def test_what_is_published(value: str, dimensions: dict[str, str], detail: dict[str, Any], expected: object) -> None:
    assert published("{ $.source = aws.ecr }", value, dimensions, {"source": "aws.ecr", "detail": detail}) == expected
    assert published("{ $.source = aws.ecr }", value, dimensions, {"source": "aws.ec2", "detail": detail}) is None


@cases(
    "pattern, message",
    ("ERROR", "has `ERROR` in place of `{`"), ("[ip, user]", "can't be read from `[ip, user]`"),
    ("{ }", "in place of a selector"),
    ("{ $.x }", "has `}` in place of a comparison"), ("{ x = 1 }", "in place of a selector"),
    ("{ $.x = 1", "has an end in place of `}`"),
    ("{ ($.x = 1 }", "in place of `)`"), ("{ $.x = 1 } y", "goes on with `y`"),
    ("{ $.x = }", "in place of a text or word"),
    ("{ $.x > abc }", "compares by `>` with `abc`"), ('{ $.x > "3" }', "which is no number"),
    ("{ $.x && $.y }", "place of a comparison"),
    ("{ $.x = %re% }", "can't be read from `%re% }`"), ("{ $.a[*].b[*] = 1 }", "has two wildcards"),
    ("{ $.x IS 3 }", "IS"),
    ("{ $.x EQUALS 3 }", "EQUALS"), ("{ $.x = 1 and $.y = 2 }", "`and` in place of `}`"),
    ("{ " + "(" * 990, "is not a pattern"),
)  # fmt: skip
def test_what_is_refused(pattern: str, message: str) -> None:
    (problem,) = metric_filter_problems(pattern)
    assert problem.path == ("pattern",)
    assert message in problem.message
    with pytest.raises((NotReadError, RecursionError)):
        metric_filter_matches(pattern, {})


def test_limits() -> None:
    pattern = '{ $.x = "' + "a" * 1_012 + '" }'
    assert len(pattern) == 1_024
    assert metric_filter_problems(pattern, dict.fromkeys("abc", "$.x")) == []
    assert [problem.message for problem in metric_filter_problems(pattern + " ")] == [
        "has 1,025 characters, more than CloudWatch Logs takes (1,024)"
    ]
    assert [
        (problem.path, problem.message) for problem in metric_filter_problems("", dict.fromkeys("abcd", "$.x"))
    ] == [(("dimensions",), "has 4 dimensions, more than CloudWatch Logs takes (3)")]
    assert [problem.path for problem in metric_filter_problems("", {"a": "x"})] == [("dimensions", "a")]
