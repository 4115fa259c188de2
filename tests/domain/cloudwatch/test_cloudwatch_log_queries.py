"""Queries of Logs Insights, over log events as CloudTrail writes them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.log_queries import log_query_problems, run_log_query
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

Json = dict[str, Any]
ROLE, USER = "arn:aws:iam::111122223333:role/push", "arn:aws:iam::111122223333:user/Mary"


def event(minute: int, name: str, repository: str, **more: Any) -> Json:
    """A record of CloudTrail's; by a role, unless it says otherwise."""
    session = {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "push"}}
    return {
        "@timestamp": f"2026-11-30 12:{minute:02}:00.000", "eventSource": "ecr.amazonaws.com", "eventName": name,
        "userIdentity": {"type": "AssumedRole", "arn": f"{ROLE}/s", "sessionContext": session}, "readOnly": False,
        "requestParameters": {"repositoryName": repository, "imageIds": [{"imageTag": "v1"}, {"imageTag": "v2"}]},
        "errorCode": None, **more,
    }  # fmt: skip


MARY: Json = {"userIdentity": {"type": "IAMUser", "arn": USER, "userName": "Mary"}}
EVENTS = [
    event(1, "PutImage", "a"), event(2, "PutImage", "b", **MARY), event(3, "BatchDeleteImage", "a", **MARY),
    event(4, "DeleteRepository", "c"), event(5, "BatchGetImage", "a", errorCode="AccessDeniedException", readOnly=True),
    event(6, "PutImage", "a"), event(7, "PutImage", "10"), event(8, "PutImage", "9"),
]  # fmt: skip


def minutes(text: str) -> list[int]:
    """Of which minutes the events are that a query finds, in its order."""
    assert log_query_problems(text) == []
    return [int(row["@timestamp"][14:16]) for row in run_log_query(text, EVENTS)]


@cases(
    "text, expected",
    ('eventName = "PutImage"', [1, 2, 6, 7, 8]),
    ("eventName = 'PutImage' and requestParameters.repositoryName = 'a'", [1, 6]),
    ('eventName != "PutImage"', [3, 4, 5]), ("eventName like /Delete/", [3, 4]), ("eventName like 'Delete'", [3, 4]),
    ("eventName not like /Delete|Get/", [1, 2, 6, 7, 8]), ("eventName =~ /^Batch/", [3, 5]),
    ("eventName like /(?i)putimage/", [1, 2, 6, 7, 8]),
    ('eventName in ["PutImage", "DeleteRepository"]', [1, 2, 4, 6, 7, 8]), ('eventName not in ["PutImage"]', [3, 4, 5]),
    ("ispresent(errorCode)", [5]), ("not ispresent(errorCode)", [1, 2, 3, 4, 6, 7, 8]),
    ("isblank(errorCode)", [1, 2, 3, 4, 6, 7, 8]),
    ('errorCode != "x"', [5]), ('errorCode not like "zz"', [5]), ('errorCode not in ["x"]', [5]),
    ('not (errorCode = "AccessDeniedException")', [1, 2, 3, 4, 6, 7, 8]), ("errorCode like /AccessDenied/", [5]),
    ('eventName = "PutImage" or ispresent(errorCode) and readOnly = 0', [1, 2, 6, 7, 8]),
    ('(eventName = "PutImage" or ispresent(errorCode)) and requestParameters.repositoryName = "a"', [1, 5, 6]),
    ("requestParameters.imageIds.1.imageTag = 'v2' and readOnly = 1", [5]),
    ("requestParameters.repositoryName > 9", [7]),
    ("requestParameters.repositoryName >= 9", [7, 8]),
    ("requestParameters.repositoryName < 'b' and eventName = 'PutImage'", [1, 6, 7, 8]),
    ('userIdentity.type = "IAMUser"', [2, 3]), ('strcontains(eventName, "Delete")', [3, 4]),
    ("strcontains(errorCode, 'D')", [5]),
    (f'coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) = "{USER}"', [2, 3]),
    ("tolower(eventName) = 'putimage'", [1, 2, 6, 7, 8]), ("`requestParameters.repositoryName` = 'c'", [4]),
    (r"""'it\'s' = "it's" and eventName = 'PutImage'""", [1, 2, 6, 7, 8]), ("missing = 1", []),
    ("'xbc' like 'abc' or 'abx' like 'abc'", []),
    ("eventName LIKE 'Delete' AND NOT isPresent(errorCode)", [3, 4]),
    ("isblank(' ') and not isempty(' ') and isempty('') and ispresent(errorCode)", [5]), ("missing < 1", []),
    ("not missing = 1", [1, 2, 3, 4, 5, 6, 7, 8]),
)  # fmt: skip
def test_a_filter(text: str, expected: list[int]) -> None:
    assert minutes(f"filter {text}") == expected


def test_commands_follow_each_other() -> None:
    text = """
    # who deleted, or was denied
    fields @timestamp, eventName,
        coalesce(userIdentity.sessionContext.sessionIssuer.userName, userIdentity.userName) as who
    | filter eventName like /Delete/ or ispresent(errorCode)
    | sort @timestamp desc
    | limit 2
    """
    assert run_log_query(text, EVENTS) == [
        {"@timestamp": "2026-11-30 12:05:00.000", "eventName": "BatchGetImage", "who": "push"},
        {"@timestamp": "2026-11-30 12:04:00.000", "eventName": "DeleteRepository", "who": "push"},
    ]


def test_a_name_that_was_given_is_a_field() -> None:
    assert minutes("fields userIdentity.userName as who, @timestamp | filter who = 'Mary'") == [2, 3]
    shown = run_log_query("fields eventName as what | fields userIdentity.userName | filter what = 'PutImage'", EVENTS)
    assert shown[:2] == [{"what": "PutImage"}, {"what": "PutImage", "userIdentity.userName": "Mary"}]
    assert run_log_query("fields eventName | display readOnly | limit 1", EVENTS) == [{"readOnly": 0}]


def test_groups_are_counted() -> None:
    counted = "count_distinct(requestParameters.repositoryName)"
    text = f"stats count(*) as times, {counted} by eventName | sort times desc, eventName asc"
    assert run_log_query(text, EVENTS) == [
        {"eventName": "PutImage", "times": 5, counted: 4}, {"eventName": "BatchDeleteImage", "times": 1, counted: 1},
        {"eventName": "BatchGetImage", "times": 1, counted: 1},
        {"eventName": "DeleteRepository", "times": 1, counted: 1},
    ]  # fmt: skip


@cases(
    "text, expected",
    ("count()", {"count(*)": 8}), ("count(*)", {"count(*)": 8}), ("count(errorCode) as n", {"n": 1}),
    ("max(@timestamp) as last", {"last": "2026-11-30 12:08:00.000"}),
    ("min(requestParameters.repositoryName) as n", {"n": 9.0}),
    ("sum(readOnly) as n, avg(readOnly) as m", {"n": 1.0, "m": 0.125}), ("latest(eventName) as n", {"n": "PutImage"}),
    ("latest(requestParameters.repositoryName) as n", {"n": "9"}),
    ("earliest(requestParameters.repositoryName) as n", {"n": "a"}),
    ("earliest(errorCode) as n", {"n": "AccessDeniedException"}), ("sum(missing) as n, max(missing) as m", {}),
)  # fmt: skip
def test_an_aggregate(text: str, expected: Json) -> None:
    assert run_log_query(f"stats {text}", EVENTS) == [expected]


def test_a_group_by_what_is_not_there_has_no_such_field() -> None:
    rows = run_log_query("stats count(*) as n by errorCode, readOnly", EVENTS)
    assert rows == [{"readOnly": 0, "n": 7}, {"errorCode": "AccessDeniedException", "readOnly": 1, "n": 1}]
    assert run_log_query("stats count(*) as n", []) == [{"n": 0}]
    assert run_log_query("stats count(*) as n by eventName", []) == []


def test_what_is_sorted_by_is_last_where_it_is_not_there() -> None:
    assert minutes("sort errorCode asc, @timestamp desc") == [5, 8, 7, 6, 4, 3, 2, 1]
    assert minutes("sort requestParameters.repositoryName asc, @timestamp desc | limit 3") == [8, 7, 6]


def test_the_first_of_each_remains() -> None:
    assert minutes("sort @timestamp desc | dedup eventName, userIdentity.type") == [8, 5, 4, 3, 2]


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3)), max_size=8))
def test_groups_hold_every_event(events: list[Json]) -> None:
    rows = run_log_query("stats count(*) as n by a, b", events)
    assert sum(row["n"] for row in rows) == len(events)
    kept = run_log_query("filter a = 1", events), run_log_query("filter not (a = 1)", events)
    assert len(kept[0]) + len(kept[1]) == len(events)


@cases(
    "text, message",
    ("", "has an end in place of a name"), ("find x", "has the command `find`"),
    ("filter", "has an end in place of a name"),
    ("filter a", "an end in place of a sign"), ("filter a = ", "an end in place of a name"),
    ("filter (a = 1", "place of `)`"),
    ("filter a = 1 filter b = 2", "goes on with `filter`"), ("sort a", "sorts without `asc` or `desc`"),
    ("limit x", "place of a number"),
    ("filter a like b", "has `b` in place of a pattern"), ("filter a like /(/", "can't be read"),
    ("filter a in b", "place of `[`"),
    ("filter detail.repository-name = 'a'", "can't be read from `-name"), ("filter a not = 1", "place of a comparison"),
    ("fields md5(a)", "calls `md5`, which is not read here"), ("stats median(a)", "calls `median`"),
    ("stats sum(*)", "without a field"),
    ("filter ispresent(a, b)", "calls `ispresent` with 2 values"), ("filter strcontains(a)", "with 1 values"),
    ("fields coalesce()", "calls `coalesce`"), ("filter a | | limit 1", "in place of a comparison"),
    ("filter a , b", "place of a comparison"),
)  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    (problem,) = log_query_problems(text)
    assert message in problem.message
    with pytest.raises(NotReadError):
        run_log_query(text, EVENTS)


def test_limits() -> None:
    text = "fields a #" + "x" * 9_990
    assert log_query_problems(text) == []
    assert (
        log_query_problems(text + "y")[0].message == "has 10,001 characters, more than CloudWatch Logs takes (10,000)"
    )
    assert len(run_log_query("fields a", [{"a": 1}] * 10_001)) == 10_000
