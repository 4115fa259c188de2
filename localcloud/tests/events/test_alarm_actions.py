"""Alarms whose state is set, and what CloudWatch may publish then."""

import json
from typing import Any

import pytest

from localcloud.events.alarm_actions import AlarmMissing
from localcloud.events.journal import Delivery, DeliveryOutcome
from localcloud.tests.events.monitored import ALARMS, EVENTS, REGION, TOPICS, USE_KEY, Monitored
from localcloud.tests.statements import allow


def alarm(monitored: Monitored, name: str, *topics: str) -> None:
    monitored.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription="what it means",
        MetricName="FailedInvocations",
        Namespace="AWS/Events",
        Dimensions=[{"Name": "RuleName", "Value": "pushes"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=list(topics),
    )


def composite(monitored: Monitored, name: str, rule: str, *topics: str) -> None:
    monitored.client("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=rule, AlarmActions=list(topics))


def state(monitored: Monitored, name: str) -> str:
    found = monitored.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    ((each,),) = ([each] for each in (*found["MetricAlarms"], *found["CompositeAlarms"]))
    assert each["ActionsEnabled"]
    return str(each["StateValue"])


def set_state(monitored: Monitored, name: str, value: str = "ALARM") -> tuple[Delivery, ...]:
    return monitored.cloud.events.alarm_state(monitored.account, REGION, name, value, "it is too much")


def test_an_alarm_reaches_the_subscribers_of_its_topic_once(monitored: Monitored) -> None:
    topic, queue = monitored.open_topic("alarms"), monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "sqs", queue)
    alarm(monitored, "failed", topic)
    (delivery,) = set_state(monitored, "failed")
    assert (delivery.target, delivery.outcome) == (topic, DeliveryOutcome.DELIVERED)
    (message,) = monitored.messages(queue)
    assert message["body"]["Subject"] == f'ALARM: "failed" in {REGION}'
    about: dict[str, Any] = json.loads(message["body"]["Message"])
    assert (about["AlarmName"], about["AlarmDescription"]) == ("failed", "what it means")
    assert (about["OldStateValue"], about["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert (about["NewStateReason"], about["AWSAccountId"]) == ("it is too much", monitored.account)
    assert about["Trigger"]["MetricName"] == "FailedInvocations"
    assert state(monitored, "failed") == "ALARM"
    # The same state again is no change, and the other has no action.
    assert set_state(monitored, "failed") == set_state(monitored, "failed", "OK") == ()
    assert monitored.messages(queue) == []


def test_a_composite_acts_with_the_alarm_that_changes_it(monitored: Monitored) -> None:
    topic, queue = monitored.open_topic("alarms"), monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "sqs", queue)
    for name in ("one", "two"):
        alarm(monitored, name)
    composite(monitored, "registry", "ALARM(one) OR ALARM(two)", topic)
    assert [each.source.rpartition(":")[2] for each in set_state(monitored, "one")] == ["registry"]
    assert set_state(monitored, "two") == ()
    (message,) = monitored.messages(queue)
    about = json.loads(message["body"]["Message"])
    assert (about["AlarmRule"], about["NewStateValue"]) == ("ALARM(one) OR ALARM(two)", "ALARM")
    assert state(monitored, "registry") == "ALARM"


def refused(monitored: Monitored, topic: str, because: str) -> None:
    queue = monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "sqs", queue)
    alarm(monitored, "failed", topic)
    (delivery,) = set_state(monitored, "failed")
    assert (delivery.outcome, because in str(delivery.error)) == (DeliveryOutcome.LOST, True), delivery
    assert monitored.messages(queue) == []
    assert monitored.seen().failures == (delivery,)


def test_an_alarm_is_refused_by_a_topic_that_is_for_events_alone(monitored: Monitored) -> None:
    refused(monitored, monitored.topic("alarms", allow("sns:Publish", Principal=EVENTS)), "sns:Publish")


def test_an_alarm_is_refused_by_a_topic_of_another_account_s_alarms(monitored: Monitored) -> None:
    other = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    topic = monitored.topic("alarms", allow("sns:Publish", Principal=ALARMS, Condition=other))
    refused(monitored, topic, "sns:Publish")


def test_an_alarm_is_refused_by_a_key_that_it_can_not_use(monitored: Monitored) -> None:
    decrypts = allow("kms:Decrypt", Principal=ALARMS)
    refused(monitored, monitored.open_topic("alarms", key=monitored.key(decrypts)), "kms:GenerateDataKey")


def test_an_alarm_uses_a_key_under_the_condition_of_its_account(monitored: Monitored) -> None:
    key = monitored.key(allow(*USE_KEY, Principal=ALARMS, Condition=monitored.here))
    alarm(monitored, "failed", monitored.open_topic("alarms", key=key))
    (delivery,) = set_state(monitored, "failed")
    assert delivery.outcome is DeliveryOutcome.DELIVERED


def test_the_default_policy_of_a_topic_is_for_the_alarms_of_its_account(monitored: Monitored) -> None:
    topic = str(monitored.client("sns").create_topic(Name="default")["TopicArn"])
    alarm(monitored, "failed", topic)
    (delivery,) = set_state(monitored, "failed")
    assert delivery.outcome is DeliveryOutcome.DELIVERED
    monitored.rule("pushes", {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}, topic)
    monitored.push()
    assert "sns:Publish" in str(monitored.failure().error)


def test_an_alarm_that_is_not_there_is_named_with_those_that_are(monitored: Monitored) -> None:
    alarm(monitored, "failed")
    with pytest.raises(AlarmMissing, match="'fialed', but failed"):
        set_state(monitored, "fialed")
