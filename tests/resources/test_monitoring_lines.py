"""The line in the tree of each type that monitoring is made of."""

from typing import Any

import pytest

from domain.aws import RegistryId
from resources import TYPES
from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY, QUERY_DEFINITION
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY
from tests.cases import cases
from tests.monitoring_declarations import EXPRESSION, declarations

REGISTRY = RegistryId(account="111122223333", region="us-east-1")
DECLARED = declarations(REGISTRY)
P = "container-registry-prod"
METRIC = {
    "name": "a", "comparisonOperator": "LessThanThreshold", "threshold": 1.0, "evaluationPeriods": 24.0,
    "metricName": "RepositoryPullCount", "statistic": "Sum", "period": 3600.0, "treatMissingData": "breaching",
}  # fmt: skip


@cases(
    "token, line",
    (TOPIC, f"{P}-monitoring · customer key"),
    (TOPIC_POLICY, f"FromOurOwn: events.amazonaws.com, aws:SourceAccount 111122223333, {P}-monitoring"),
    (TOPIC_SUBSCRIPTION, "email platform@acme.example"),
    (QUEUE, f"{P}-undelivered · customer key · messages kept 14 days"),
    (QUEUE_POLICY, f"FromOurOwn: events.amazonaws.com, aws:SourceAccount 111122223333, {P}-undelivered"),
    (LOG_GROUP, f"/aws/events/{P}-monitoring · customer key · kept 90 days"),
    (LOG_RESOURCE_POLICY, "FromOurOwn: events.amazonaws.com, aws:SourceAccount 111122223333, *"),
    (EVENT_RULE, f"{P}-findings-basic · ECR Image Scan"),
    (EVENT_TARGET, f"{P}-findings-basic to topic · as a message"),
    (LOG_METRIC_FILTER, f"{P} FindingsCritical by Repository · from /aws/events/{P}-monitoring"),
    (
        METRIC_ALARM,
        f"{P}-api-put-image · {EXPRESSION} ≥ 80 · 2 of 3 periods of 1 min · no data: notBreaching",
    ),
    (COMPOSITE_ALARM, f"{P}-registry · of 1 alarm"),
    (DASHBOARD, f"{P}-us-east-1 · 2 widgets"),
    (QUERY_DEFINITION, f"{P}/who-pushed · over /aws/events/{P}-monitoring"),
    (SLACK_CHANNEL, f"{P}-us-east-1 · Slack channel C0123ABCD of workspace T0123ABCD"),
)
def test_a_line(token: str, line: str) -> None:
    assert " · ".join(TYPES[token].describe(DECLARED[token])) == line


@cases(
    "token, inputs, line",
    (TOPIC, {"name": "a"}, "a · not encrypted"),
    (QUEUE, {"name": "a"}, "a · Amazon SQS's own key · messages kept 4 days"),
    (LOG_GROUP, {"name": "a"}, "a · CloudWatch Logs' own key · kept for ever"),
    (EVENT_RULE, {"name": "a", "scheduleExpression": "rate(1 day)"}, "a · rate(1 day)"),
    (
        EVENT_RULE,
        {"name": "a", "eventPattern": '{"source":[{"prefix":"aws."}]}', "state": "DISABLED"},
        'a · {"prefix": "aws."} · disabled',
    ),
    (EVENT_TARGET, {"rule": "a", "targetId": "log"}, "a to log · as it is · lost when it can't be delivered"),
    (
        METRIC_ALARM,
        METRIC,
        "a · Sum RepositoryPullCount < 1 · 24 periods of 60 min · no data: breaching",
    ),
    (
        METRIC_ALARM,
        {**METRIC, "evaluationPeriods": 1},
        "a · Sum RepositoryPullCount < 1 · 1 period of 60 min · no data: breaching",
    ),
    (COMPOSITE_ALARM, {"alarmName": "a", "alarmRule": "ALARM(b) OR ALARM(c)"}, "a · of 2 alarms"),
    (QUERY_DEFINITION, {"name": "a", "queryString": ""}, "a · over any log group"),
)
def test_a_line_of_another_declaration(token: str, inputs: dict[str, Any], line: str) -> None:
    assert " · ".join(TYPES[token].describe(inputs)) == line


@pytest.mark.parametrize("token", DECLARED)
def test_an_input_of_the_example_is_one_of_the_types(token: str) -> None:
    record = TYPES[token]
    assert set(DECLARED[token]) <= {*record.replaces, *record.updates, "region"}
