"""The saved queries over records of CloudTrail, as a trail's log group has them and as events have them.

cloudtrail_records.json has records in the form of the examples of
https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html, denied and failed calls and other
services' calls among them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.cloudwatch.limits import QUERY_NAME_MAX_LENGTH, QUERY_TEXT_MAX_LENGTH
from domain.cloudwatch.log_queries import log_query_problems, run_log_query
from domain.cloudwatch.metric_filters import metric_filter_matches
from domain.monitoring.derived_metrics import metrics_of_trail
from domain.monitoring.saved_queries import saved_queries

Record = Mapping[str, Any]
RECORDS: list[Record] = json.loads(Path(__file__).with_name("cloudtrail_records.json").read_text(encoding="utf-8"))
MARY, SOMEONE = "arn:aws:iam::111122223333:user/Mary_Major", "arn:aws:iam::111122223333:user/Someone"
PUBLISHER = "arn:aws:sts::111122223333:assumed-role/dev.acme.payments-api/GitHubActions"
FOUND: dict[str, list[set[object]]] = {
    "who-pushed": [{"payments/api", "v1", PUBLISHER}, {"payments/api", "latest", MARY}],
    "who-pulled": [{2, "payments/api", MARY}, {1, "payments/ledger", PUBLISHER}],
    "what-was-deleted": [
        {"PolicyExecutionEvent", "payments/api"}, {"DeleteRepository", "payments/old", MARY},
        {"BatchDeleteImage", "payments/api", MARY},
    ],
    "denied-calls": [{2, "BatchGetImage", "payments/api", SOMEONE}, {1, "DeleteRepository", SOMEONE}],
}  # fmt: skip
"""By query, the rows in their order, each by what it must hold."""


def log_events(prefix: str) -> list[Record]:
    times = [{"@timestamp": each["eventTime"].replace("T", " ").replace("Z", ".000")} for each in RECORDS]
    held = [{"detail": each} if prefix else each for each in RECORDS]
    return [{**time, **each} for time, each in zip(times, held, strict=True)]


@pytest.mark.parametrize("prefix", ["", "detail."])
@pytest.mark.parametrize("name", list(FOUND))
def test_what_it_answers(prefix: str, name: str) -> None:
    (query,) = [each for each in saved_queries(prefix) if each.name == name]
    rows = [set(row.values()) for row in run_log_query(query.text, log_events(prefix))]
    assert len(rows) == len(FOUND[name])
    for row, wanted in zip(rows, FOUND[name], strict=True):
        assert wanted <= row


@pytest.mark.parametrize("prefix", ["", "detail."])
def test_cloud_watch_takes_them(prefix: str) -> None:
    found = list(saved_queries(prefix))
    assert {each.name for each in found} == set(FOUND)
    for each in found:
        assert not log_query_problems(each.text)
        assert len(each.text) <= QUERY_TEXT_MAX_LENGTH
        assert len(each.name) < QUERY_NAME_MAX_LENGTH


def test_what_the_metric_filters_of_a_trail_count() -> None:
    counted = {each.id: each.pattern for each in metrics_of_trail("111122223333")}
    minutes = {
        name: [int(each["eventTime"][14:16]) for each in RECORDS if metric_filter_matches(pattern, each)]
        for name, pattern in counted.items()
    }
    assert minutes == {"push-failures": [4], "denied-calls": [8, 9, 10]}
    others = metrics_of_trail("444455556666")
    assert not any(metric_filter_matches(each.pattern, record) for each in others for record in RECORDS)
