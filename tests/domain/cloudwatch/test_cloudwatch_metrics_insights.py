"""Queries of Metrics Insights."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.cloudwatch.metrics_insights import is_query, read_query
from domain.cloudwatch.series import Series, Values, window
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
USAGE = "AWS/Usage"


def count(repository: str, *values: float | None, namespace: str = USAGE, **more: str) -> Series:
    """A usage metric of a repository, by five minutes, oldest first."""
    dimensions = {"Service": "ECR", "Type": "Resource", "Resource": "ImagesPerRepositoryCount"}
    times = [NOW - timedelta(minutes=5 * (len(values) - index)) for index in range(len(values))]
    points = {time: value for time, value in zip(times, values, strict=True) if value is not None}
    dimensions |= {"ResourceId": f"repository/{repository}", **more}
    return Series(namespace=namespace, name="ResourceCount", dimensions=dimensions, points=points)


SERIES = [
    count("a", 1, 2), count("b", 5, None), count("c", 3, 3), count("d", 90, 90, Resource="RepositoryCount"),
    count("e", 91, 91, namespace="Other"), count("f", 92, 92, Class="None"),
]  # fmt: skip
EXACT = 'SCHEMA("AWS/Usage", Resource, ResourceId, Service, Type)'


def results(text: str) -> dict[tuple[str, ...], Values]:
    return read_query(text.replace("EXACT", EXACT)).results(SERIES, window(NOW, 300, 2))


@cases(
    "text, expected",
    ("SELECT MAX(ResourceCount) FROM EXACT WHERE Resource = 'ImagesPerRepositoryCount'", (5, 3)),
    ("select sum(ResourceCount) from EXACT where Resource = 'ImagesPerRepositoryCount' and Service != 'S3'", (9, 5)),
    ("SELECT COUNT(ResourceCount) FROM EXACT", (4, 3)), ('SELECT MAX(ResourceCount) FROM "AWS/Usage"', (92, 92)),
    ("SELECT MIN(ResourceCount) FROM EXACT WHERE ResourceId != 'repository/a'", (3, 3)),
    ("SELECT AVG(ResourceCount) FROM EXACT WHERE ResourceId = 'repository/c'", (3, 3)),
    ("SELECT MAX(ResourceCount) FROM Other", (91, 91)),
)  # fmt: skip
def test_without_groups_a_query_is_one_series(text: str, expected: Values) -> None:
    assert results(text) == {(): expected}


@cases(
    "text",
    "SELECT MAX(ResourceCount) FROM EXACT WHERE Resource = 'Other'", "SELECT MAX(resourcecount) FROM Other",
    'SELECT MAX(ResourceCount) FROM SCHEMA("AWS/Usage")', 'SELECT MAX(ResourceCount) FROM "aws/usage"',
    "SELECT MAX(ResourceCount) FROM Other WHERE Class != 'None'",
)  # fmt: skip
def test_without_a_metric_there_is_no_series(text: str) -> None:
    assert results(text) == {}


def test_groups_are_in_order_and_limited() -> None:
    grouped = "SELECT MAX(ResourceCount) FROM EXACT WHERE Resource = 'ImagesPerRepositoryCount' GROUP BY ResourceId"
    a, b, c = ("repository/a",), ("repository/b",), ("repository/c",)
    assert results(grouped) == {a: (1, 2), b: (5, None), c: (3, 3)}
    assert list(results(f"{grouped} ORDER BY MAX() DESC")) == [b, c, a]
    assert list(results(f"{grouped} ORDER BY MAX() ASC LIMIT 2")) == [a, c]
    assert list(results(f"{grouped} ORDER BY SUM() DESC LIMIT 1")) == [c]


def test_a_metric_without_a_value_in_the_window_is_no_series() -> None:
    query = read_query('SELECT MAX(ResourceCount) FROM "AWS/Usage" GROUP BY ResourceId')
    silent = [count("a", None, None), count("b", 1, None, None)]
    assert query.results(silent, window(NOW, 300, 2)) == {}


@cases(
    "text, message",
    ("SELECT MEDIAN(x) FROM a", "has no function `MEDIAN`"), ("SELECT MAX(x)", "in place of `FROM`"),
    ("SELECT MAX(x) FROM AWS/Usage", "can't be read from `/Usage`"),
    ("SELECT MAX(x) FROM a WHERE b = 'c' OR b = 'd'", "goes on with `OR`"),
    ("SELECT MAX(x) FROM a WHERE b LIKE 'c'", "LIKE"),
    ("SELECT MAX(x) FROM a WHERE b = c", "has `c` in place of a text"),
    ("SELECT MAX(x) FROM a LIMIT x", "place of a number"),
    ("SELECT MAX(x) FROM a ORDER BY MAX DESC", "in place of `(`"), ("SELECT MAX(x) FROM SCHEMA(a", "place of `)`"),
    ("SELECT MAX(x) FROM a WHERE b ( 'c'", "compares by `(`"),
)  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(NotReadError) as caught:
        read_query(text)
    assert message in str(caught.value)


def test_a_quote_in_a_value_is_escaped() -> None:
    assert read_query(r"SELECT MAX(x) FROM a WHERE b = 'it\'s'").conditions == (("b", "=", "it's"),)


@cases(
    "text, expected", ("SELECT MAX(x) FROM a", True), (" select max(x)", True), ("selected + 1", False), ("m1", False)
)
def test_a_query_begins_with_select(text: str, *, expected: bool) -> None:
    assert is_query(text) is expected
