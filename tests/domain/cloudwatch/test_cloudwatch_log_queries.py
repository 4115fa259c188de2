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
    ('eventName != "PutImage"', [3, 4, 5]), ("eventName like /Delete/", [3, 4]),
    ("eventName like /(?i)putimage/", [1, 2, 6, 7, 8]),
    ('eventName in ["PutImage", "DeleteRepository"]', [1, 2, 4, 6, 7, 8]),
    ("ispresent(errorCode)", [5]), ("not ispresent(errorCode)", [1, 2, 3, 4, 6, 7, 8]),
    ('errorCode != "x"', [5]),
    ('not (errorCode = "AccessDeniedException")', [1, 2, 3, 4, 6, 7, 8]), ("errorCode like /AccessDenied/", [5]),
    ('eventName = "PutImage" or ispresent(errorCode) and readOnly = 0', [1, 2, 6, 7, 8]),
    ('(eventName = "PutImage" or ispresent(errorCode)) and requestParameters.repositoryName = "a"', [1, 5, 6]),
    ("requestParameters.imageIds.1.imageTag = 'v2' and readOnly = 1", [5]),
    ("requestParameters.repositoryName = 9.0", [8]),
    ('userIdentity.type = "IAMUser"', [2, 3]),
    (f'userIdentity.arn = "{USER}"', [2, 3]), ("`requestParameters.repositoryName` = 'c'", [4]),
    (r"""'it\'s' = "it's" and eventName = 'PutImage'""", [1, 2, 6, 7, 8]), ("missing = 1", []),
    ("'xbc' like /abc/ or 'abx' like /abc/", []),
    ("eventName LIKE /Delete/ AND NOT isPresent(errorCode)", [3, 4]),
    ("missing != 1", []),
    ("not missing = 1", [1, 2, 3, 4, 5, 6, 7, 8]),
)  # fmt: skip
def test_a_filter(text: str, expected: list[int]) -> None:
    assert minutes(f"filter {text}") == expected


def test_commands_follow_each_other() -> None:
    text = """
    # who deleted, or was denied
    fields @timestamp, eventName, userIdentity.type as who
    | filter eventName like /Delete/ or ispresent(errorCode)
    | sort @timestamp desc
    | limit 2
    """
    assert run_log_query(text, EVENTS) == [
        {"@timestamp": "2026-11-30 12:05:00.000", "eventName": "BatchGetImage", "who": "AssumedRole"},
        {"@timestamp": "2026-11-30 12:04:00.000", "eventName": "DeleteRepository", "who": "AssumedRole"},
    ]


def test_a_name_that_was_given_is_a_field() -> None:
    assert minutes("fields userIdentity.userName as who, @timestamp | filter who = 'Mary'") == [2, 3]
    shown = run_log_query("fields eventName as what | fields userIdentity.userName | filter what = 'PutImage'", EVENTS)
    assert shown[:2] == [{"what": "PutImage"}, {"what": "PutImage", "userIdentity.userName": "Mary"}]


def test_groups_are_counted() -> None:
    text = "stats count(*), COUNT(*) as times by eventName | sort times desc, eventName asc"
    assert run_log_query(text, EVENTS) == [
        {"eventName": name, "times": times, "count(*)": times}
        for name, times in (("PutImage", 5), ("BatchDeleteImage", 1), ("BatchGetImage", 1), ("DeleteRepository", 1))
    ]


def test_a_group_by_what_is_not_there_has_no_such_field() -> None:
    rows = run_log_query("stats count(*) as n by errorCode, readOnly", EVENTS)
    assert rows == [{"readOnly": 0, "n": 7}, {"errorCode": "AccessDeniedException", "readOnly": 1, "n": 1}]
    assert run_log_query("stats count(*) as n", []) == [{"n": 0}]
    assert run_log_query("stats count(*) as n by eventName", []) == []


def test_what_is_sorted_by_is_last_where_it_is_not_there() -> None:
    assert minutes("sort errorCode asc, @timestamp desc") == [5, 8, 7, 6, 4, 3, 2, 1]
    assert minutes("sort requestParameters.repositoryName asc, @timestamp desc | limit 3") == [8, 7, 6]


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
    ("filter a in b", "place of `[`"), ("filter a like 'b'", "has `'b'` in place of a pattern"),
    ("filter detail.repository-name = 'a'", "can't be read from `-name"),
    ("filter a not = 1", "place of a sign"),
    ("filter a < 1", "has `<` in place of a comparison"),
    ("fields md5(a)", "calls `md5`, which is not read here"), ("stats median(a)", "calls `median`"),
    ("stats sum(a)", "calls `sum`"), ("stats count(a)", "place of `*`"),
    ("filter ispresent(a, b)", "has `,` in place of `)`"), ("filter strcontains(a, b)", "calls `strcontains`"),
    ("filter a = 1 | dedup a", "has the command `dedup`; read here are fields, filter, stats, sort, limit"),
    ("filter a | | limit 1", "in place of a comparison"),
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
