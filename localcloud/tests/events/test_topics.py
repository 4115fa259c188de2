"""From a topic to its subscriptions: what one does not take is in its dead-letter queue, and the others have theirs."""

import json

import pytest

from localcloud.events.journal import DeliveryOutcome
from localcloud.tests.cases import cases
from localcloud.tests.events.monitored import EVENTS, PUSHES, TOPICS, USE_KEY, Monitored, Subscriber
from localcloud.tests.statements import allow


def redrive(queue: str) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": queue})}


def test_a_dead_endpoint_loses_nothing_and_stops_no_other(monitored: Monitored, endpoint: Subscriber) -> None:
    topic, dead = monitored.open_topic("alarms"), monitored.open_queue("undelivered", TOPICS)
    queue = monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "http", endpoint.url, **redrive(dead))
    monitored.subscribe(topic, "sqs", queue)
    assert endpoint.confirmed.wait(10)
    monitored.rule("pushes", PUSHES, topic)
    monitored.push("v1")
    assert (monitored.messages(dead), len(endpoint.notifications)) == ([], 1)
    endpoint.status = 503
    monitored.push("v2")
    (letter,) = monitored.messages(dead)
    assert json.loads(letter["body"]["Message"])["detail"]["image-tag"] == "v2"
    assert len(endpoint.notifications) == 5  # the first, and four attempts for the second
    assert len(monitored.messages(queue)) == 2
    failure = monitored.failure()
    assert (failure.target, failure.outcome) == (endpoint.url, DeliveryOutcome.DEAD_LETTERED)
    assert "answered 503" in str(failure.error)
    counted = monitored.metrics("AWS/SNS")
    assert (counted["NumberOfNotificationsFailed"], counted["NumberOfNotificationsRedrivenToDlq"]) == (1, 1)
    # EventBridge has done its part: the topic took the message.
    assert "FailedInvocations" not in monitored.metrics()


def test_an_endpoint_that_refuses_is_not_asked_again(monitored: Monitored, endpoint: Subscriber) -> None:
    topic = monitored.open_topic("alarms")
    monitored.subscribe(topic, "http", endpoint.url)
    assert endpoint.confirmed.wait(10)
    monitored.rule("pushes", PUSHES, topic)
    endpoint.status = 403
    monitored.push()
    assert monitored.failure().outcome is DeliveryOutcome.LOST
    assert len(endpoint.notifications) == 1


def test_an_endpoint_that_is_gone_is_a_failure(monitored: Monitored, endpoint: Subscriber) -> None:
    topic, dead = monitored.open_topic("alarms"), monitored.open_queue("undelivered", TOPICS)
    monitored.subscribe(topic, "http", endpoint.url, **redrive(dead))
    assert endpoint.confirmed.wait(10)
    endpoint.stop()
    monitored.rule("pushes", PUSHES, topic)
    monitored.push("v1")
    assert [each["body"]["Type"] for each in monitored.messages(dead)] == ["Notification"]
    assert f"{endpoint.url} can't be reached" in str(monitored.failure().error)


@cases("cause", "gone", "denied", "key")
def test_a_queue_that_does_not_take_it_is_a_failure(monitored: Monitored, cause: str) -> None:
    topic, dead = monitored.open_topic("alarms"), monitored.open_queue("undelivered", TOPICS)
    sender = allow("sqs:SendMessage", Principal=TOPICS if cause != "denied" else EVENTS)
    key = monitored.key(allow(*USE_KEY, Principal=TOPICS if cause != "key" else EVENTS))
    queue = monitored.queue("subscribed", sender, key=key)
    monitored.subscribe(topic, "sqs", queue, **redrive(dead))
    if cause == "gone":
        sqs = monitored.client("sqs")
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="subscribed")["QueueUrl"])
    monitored.rule("pushes", PUSHES, topic)
    monitored.push("v1")
    (letter,) = monitored.messages(dead)
    assert letter["body"]["Type"] == "Notification"
    error = monitored.failure().error
    wanted = {"gone": "NO_RESOURCE", "denied": "sqs:SendMessage", "key": "kms:Decrypt"}
    assert wanted[cause] in str(error)


def test_a_dead_letter_queue_of_another_topic_loses_the_message(monitored: Monitored) -> None:
    topic = monitored.open_topic("alarms")
    other = {"ArnEquals": {"aws:SourceArn": monitored.arn("sns", "other")}}
    dead = monitored.queue("undelivered", allow("sqs:SendMessage", Principal=TOPICS, Condition=other))
    monitored.subscribe(topic, "sqs", monitored.queue("closed"), **redrive(dead))
    monitored.rule("pushes", PUSHES, topic)
    monitored.push()
    failure = monitored.failure()
    assert (failure.outcome, str(failure.error).count("sqs:SendMessage")) == (DeliveryOutcome.LOST, 4)
    assert monitored.metrics("AWS/SNS")["NumberOfNotificationsFailedToRedriveToDlq"] == 1


def test_a_filter_policy_chooses_what_a_subscriber_gets(monitored: Monitored) -> None:
    topic, queue = monitored.open_topic("alarms"), monitored.open_queue("subscribed", TOPICS)
    chosen = json.dumps({"detail": {"image-tag": [{"prefix": "v"}]}})
    monitored.subscribe(topic, "sqs", queue, FilterPolicy=chosen, FilterPolicyScope="MessageBody")
    none = monitored.open_queue("by-attribute", TOPICS)
    monitored.subscribe(topic, "sqs", none, FilterPolicy=json.dumps({"severity": ["high"]}))
    monitored.rule("pushes", PUSHES, topic)
    for number, tag in enumerate(("v1", "latest")):
        monitored.push(tag, number=number)
    tags = [json.loads(each["body"]["Message"])["detail"]["image-tag"] for each in monitored.messages(queue)]
    assert (tags, monitored.messages(none)) == (["v1"], [])


def test_a_subscription_that_nobody_confirmed_gets_nothing(monitored: Monitored) -> None:
    topic = monitored.open_topic("alarms")
    monitored.subscribe(topic, "https", "https://hooks.acme.example/registry")
    monitored.rule("pushes", PUSHES, topic)
    monitored.push()
    (delivery,) = monitored.seen().deliveries
    assert (delivery.target, delivery.outcome) == (topic, DeliveryOutcome.DELIVERED)


def test_a_slow_subscriber_delays_no_push_and_is_waited_for(monitored: Monitored, endpoint: Subscriber) -> None:
    topic, queue = monitored.open_topic("alarms"), monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "http", endpoint.url)
    monitored.subscribe(topic, "sqs", queue)
    assert endpoint.confirmed.wait(10)
    monitored.rule("pushes", PUSHES, topic)
    endpoint.answers.clear()
    monitored.push("v1")
    with pytest.raises(TimeoutError):
        monitored.cloud.events.settled(0.3)
    assert endpoint.notifications == []
    # The other subscription has its message meanwhile.
    sqs = monitored.client("sqs")
    url = sqs.get_queue_url(QueueName="subscribed")["QueueUrl"]
    wanted = ["ApproximateNumberOfMessages"]
    there = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    assert there == {"ApproximateNumberOfMessages": "1"}
    endpoint.answers.set()
    monitored.cloud.events.settled()
    assert len(endpoint.notifications) == 1
