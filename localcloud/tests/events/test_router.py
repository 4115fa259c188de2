"""A rule of the emulator's at work on what our ECR tells: from a push to a queue, a topic, a log group."""

import json
from typing import Any

import pytest

from localcloud.events.journal import DeliveryOutcome
from localcloud.tests.cases import cases
from localcloud.tests.events.monitored import (
    ALARMS,
    EVENTS,
    NAME,
    PUSHES,
    REGION,
    TOPICS,
    USE_KEY,
    Monitored,
    Subscriber,
)
from localcloud.tests.statements import allow, text

OTHER = {"StringEquals": {"aws:SourceAccount": "999999999999"}}


def test_a_push_reaches_the_queue_of_its_rule_as_the_event_that_it_is(monitored: Monitored) -> None:
    queue = monitored.open_queue("pushes", EVENTS)
    rule = monitored.rule("pushes", PUSHES, queue)
    digest = monitored.push("v1")
    (message,) = monitored.messages(queue)
    event = message["body"]
    assert (event["source"], event["detail-type"]) == ("aws.ecr", "ECR Image Action")
    assert (event["account"], event["region"], event["resources"]) == (monitored.account, REGION, [])
    detail = {"result": "SUCCESS", "repository-name": NAME, "image-digest": digest, "action-type": "PUSH"}
    assert event["detail"] == {**detail, "image-tag": "v1"}
    (delivery,) = monitored.seen().deliveries
    assert (delivery.source, delivery.target, delivery.outcome) == (rule, queue, DeliveryOutcome.DELIVERED)
    assert monitored.metrics() == {"Invocations": 1, "MatchedEvents": 1, "TriggeredRules": 1}


def test_a_subscribed_queue_and_endpoint_get_the_sentence_of_the_transformer(
    monitored: Monitored, endpoint: Subscriber
) -> None:
    topic = monitored.open_topic("alarms")
    queue = monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "sqs", queue)
    monitored.subscribe(topic, "sqs", monitored.open_queue("raw", TOPICS), RawMessageDelivery="true")
    monitored.subscribe(topic, "http", endpoint.url)
    monitored.subscribe(topic, "email", "platform@acme.example")
    assert endpoint.confirmed.wait(10)
    transformer = {
        "InputPathsMap": {"name": "$.detail.repository-name", "tag": "$.detail.image-tag"},
        "InputTemplate": '{"sentence": "<name> has <tag>, says <aws.events.rule-name>"}',
    }
    monitored.rule("pushes", PUSHES, topic, InputTransformer=transformer)
    monitored.push("v1")
    sentence = json.dumps({"sentence": f"{NAME} has v1, says pushes"})
    (message,) = monitored.messages(queue)
    assert (message["body"]["Type"], message["body"]["TopicArn"]) == ("Notification", topic)
    assert json.loads(message["body"]["Message"]) == json.loads(sentence)
    (raw,) = monitored.messages(monitored.arn("sqs", "raw"))
    assert raw["body"] == json.loads(sentence)
    assert [json.loads(each["Message"]) for each in endpoint.notifications] == [json.loads(sentence)]
    assert endpoint.kinds == ["SubscriptionConfirmation", "Notification"]
    # The rest is said to be declared, and not delivered.
    assert [each.target for each in monitored.seen().failures] == ["platform@acme.example"]
    assert monitored.failure().outcome is DeliveryOutcome.NOT_HERE


def test_what_is_for_encrypted_connections_alone_is_reached_by_services(monitored: Monitored) -> None:
    only = {
        "Effect": "Deny",
        "Principal": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    publish, send = (allow(each, Principal=EVENTS) for each in ("sns:Publish", "sqs:SendMessage"))
    topic = monitored.topic("tls", publish, {**only, "Action": "sns:Publish"})
    queue = monitored.queue("tls", send, allow("sqs:SendMessage", Principal=TOPICS), {**only, "Action": "sqs:*"})
    monitored.subscribe(topic, "sqs", queue)
    monitored.rule("through-topic", PUSHES, topic)
    monitored.rule("straight", PUSHES, queue)
    monitored.push()
    assert len(monitored.messages(queue)) == 2
    assert monitored.seen().failures == ()


def test_messages_reach_a_subscriber_in_the_order_of_the_events(monitored: Monitored, endpoint: Subscriber) -> None:
    topic = monitored.open_topic("ordered")
    monitored.subscribe(topic, "http", endpoint.url)
    assert endpoint.confirmed.wait(10)
    monitored.rule("pushes", PUSHES, topic)
    tags = [f"v{number}" for number in range(20)]
    for number, tag in enumerate(tags):
        monitored.push(tag, number=number)
    monitored.cloud.events.settled()
    assert [json.loads(each["Message"])["detail"]["image-tag"] for each in endpoint.notifications] == tags


def test_a_log_group_gets_the_event_where_a_resource_policy_allows_it(monitored: Monitored) -> None:
    logs = monitored.client("logs")
    logs.create_log_group(logGroupName="/aws/events/pushes")
    group = monitored.arn("logs", "log-group:/aws/events/pushes")
    dead = monitored.open_queue("dead", EVENTS)
    monitored.rule("pushes", PUSHES, group, dead_letters=dead)
    monitored.push("v1")
    (letter,) = monitored.messages(dead)
    assert (letter["ERROR_CODE"], "logs:CreateLogStream" in letter["ERROR_MESSAGE"]) == ("NO_PERMISSIONS", True)
    writes = allow("logs:CreateLogStream", "logs:PutLogEvents", resource=f"{group}:*", Principal=EVENTS)
    logs.put_resource_policy(policyName="events", policyDocument=text({**writes, "Condition": monitored.here}))
    monitored.push("v2")
    monitored.push("v3")
    assert monitored.messages(dead) == []
    (stream,) = logs.describe_log_streams(logGroupName="/aws/events/pushes")["logStreams"]
    found = logs.get_log_events(logGroupName="/aws/events/pushes", logStreamName=stream["logStreamName"])["events"]
    assert [json.loads(each["message"])["detail"]["image-tag"] for each in found] == ["v2", "v3"]


def test_the_key_of_a_log_group_is_asked_as_cloudwatch_logs(monitored: Monitored) -> None:
    group = monitored.arn("logs", "log-group:kept")
    service = {"Service": f"logs.{REGION}.amazonaws.com"}
    context = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}
    key = monitored.key(allow(*USE_KEY, Principal=service, Condition=context))
    logs = monitored.client("logs")
    logs.create_log_group(logGroupName="kept", kmsKeyId=key)
    writes = allow("logs:CreateLogStream", "logs:PutLogEvents", resource=f"{group}:*", Principal=EVENTS)
    logs.put_resource_policy(policyName="events", policyDocument=text(writes))
    monitored.rule("pushes", PUSHES, group)
    monitored.push("v1")
    assert monitored.seen().failures == ()
    monitored.client("kms").disable_key(KeyId=key)
    monitored.push("v2")
    assert "KMSDisabled" in str(monitored.failure().error)


def test_what_a_gone_target_does_not_take_is_in_the_dead_letter_queue(monitored: Monitored) -> None:
    topic, dead = monitored.open_topic("gone"), monitored.open_queue("dead", EVENTS)
    rule = monitored.rule("pushes", PUSHES, topic, dead_letters=dead, Input='"a constant"')
    monitored.push("v1")
    assert monitored.messages(dead) == []
    monitored.client("sns").delete_topic(TopicArn=topic)
    monitored.push("v2")
    (letter,) = monitored.messages(dead)
    assert letter["body"]["detail"]["image-tag"] == "v2"
    known = {name: letter[name] for name in ("RULE_ARN", "TARGET_ARN", "ERROR_CODE", "RETRY_ATTEMPTS")}
    assert known == {"RULE_ARN": rule, "TARGET_ARN": topic, "ERROR_CODE": "NO_RESOURCE", "RETRY_ATTEMPTS": "0"}
    assert topic in letter["ERROR_MESSAGE"]
    assert monitored.failure().outcome is DeliveryOutcome.DEAD_LETTERED
    counted = monitored.metrics()
    assert (counted["Invocations"], counted["FailedInvocations"], counted["InvocationsSentToDlq"]) == (2, 1, 1)


@cases("statements", [], [ALARMS], [EVENTS, ALARMS])
def test_a_topic_is_published_to_by_services_that_its_policy_names(
    monitored: Monitored, statements: list[dict[str, str]]
) -> None:
    own = allow("sns:Subscribe", Principal={"AWS": monitored.account})
    named = [allow("sns:Publish", Principal=each, Condition=monitored.here) for each in statements]
    topic, dead = monitored.topic("narrow", own, *named), monitored.open_queue("dead", EVENTS)
    monitored.rule("pushes", PUSHES, topic, dead_letters=dead)
    monitored.push()
    allowed = EVENTS in statements
    assert [each["ERROR_CODE"] for each in monitored.messages(dead)] == ([] if allowed else ["NO_PERMISSIONS"])


def test_a_topic_policy_of_another_account_or_rule_allows_nothing(monitored: Monitored) -> None:
    dead = monitored.open_queue("dead", EVENTS)
    rule = monitored.arn("events", "rule/{}")
    for name, condition, code in (
        ("foreign", OTHER, "NO_PERMISSIONS"),
        ("another-rule", {"ArnEquals": {"aws:SourceArn": rule.format("some-other")}}, "NO_PERMISSIONS"),
        ("this-rule", {"ArnEquals": {"aws:SourceArn": rule.format("this-rule")}}, None),
    ):
        topic = monitored.topic(name, allow("sns:Publish", Principal=EVENTS, Condition=condition))
        monitored.rule(name, PUSHES, topic, dead_letters=dead)
        monitored.push(name, number=len(name))
        assert [each["ERROR_CODE"] for each in monitored.messages(dead)] == ([code] if code else []), name
        monitored.client("events").disable_rule(Name=name)


KEY_POLICIES: dict[str, tuple[list[Any], str | None]] = {
    "both": ([allow(*USE_KEY, Principal=EVENTS)], None),
    "no GenerateDataKey": ([allow("kms:Decrypt", Principal=EVENTS)], "kms:GenerateDataKey"),
    "no Decrypt": ([allow("kms:GenerateDataKey*", Principal=EVENTS)], "kms:Decrypt"),
    "for alarms alone": ([allow(*USE_KEY, Principal=ALARMS)], "kms:Decrypt"),
    # SNS's documentation: not supported for EventBridge, whose requests to KMS don't have these keys.
    "of an account": ([allow(*USE_KEY, Principal=EVENTS, Condition=OTHER)], "kms:Decrypt"),
}


@pytest.mark.parametrize("name", KEY_POLICIES)
def test_the_key_of_a_topic_decides_with_it(monitored: Monitored, name: str) -> None:
    statements, refused = KEY_POLICIES[name]
    topic = monitored.open_topic("encrypted", key=monitored.key(*statements))
    dead = monitored.open_queue("dead", EVENTS)
    monitored.rule("pushes", PUSHES, topic, dead_letters=dead)
    monitored.push()
    letters = [each["ERROR_MESSAGE"] for each in monitored.messages(dead)]
    assert len(letters) == (refused is not None)
    assert all(f"perform: {refused} on" in each for each in letters)


def test_source_account_in_the_key_policy_stops_events_and_not_alarms(monitored: Monitored) -> None:
    key = monitored.key(*(allow(*USE_KEY, Principal=each, Condition=monitored.here) for each in (EVENTS, ALARMS)))
    topic = monitored.open_topic("encrypted", key=key)
    monitored.rule("pushes", PUSHES, topic)
    monitored.push()
    assert "kms:Decrypt" in str(monitored.failure().error)
    sender = allow("sqs:SendMessage", Principal=EVENTS)
    for name, statement in (("conditional", monitored.here), ("plain", {})):
        own = monitored.key({**allow(*USE_KEY, Principal=EVENTS), **({"Condition": statement} if statement else {})})
        queue = monitored.queue(name, sender, key=own)
        monitored.rule(name, PUSHES, queue)
        monitored.push(name, number=len(name))
        assert len(monitored.messages(queue)) == (name == "plain")


@cases("kill", "disable_key", "schedule_key_deletion")
def test_a_key_that_is_not_usable_stops_its_topic(monitored: Monitored, kill: str) -> None:
    key = monitored.key(allow(*USE_KEY, Principal=EVENTS))
    topic, dead = monitored.open_topic("encrypted", key=key), monitored.open_queue("dead", EVENTS)
    queue = monitored.open_queue("subscribed", TOPICS)
    monitored.subscribe(topic, "sqs", queue)
    monitored.rule("pushes", PUSHES, topic, dead_letters=dead)
    monitored.push("v1")
    assert (len(monitored.messages(queue)), monitored.messages(dead)) == (1, [])
    getattr(monitored.client("kms"), kill)(KeyId=key)
    monitored.push("v2")
    assert ["KMSDisabled" in each["ERROR_MESSAGE"] for each in monitored.messages(dead)] == [True]
    assert monitored.messages(queue) == []


def test_a_key_whose_policy_can_not_be_read_loses_nothing(monitored: Monitored) -> None:
    key = str(monitored.client("kms").create_key(Policy='{"Statement": []}')["KeyMetadata"]["Arn"])
    topic, dead = monitored.open_topic("encrypted", key=key), monitored.open_queue("dead", EVENTS)
    monitored.rule("pushes", PUSHES, topic, dead_letters=dead)
    monitored.push()
    (letter,) = monitored.messages(dead)
    assert (letter["ERROR_CODE"], key in letter["ERROR_MESSAGE"]) == ("INTERNAL_ERROR", True)


def test_a_key_of_aws_is_used_by_no_service(monitored: Monitored) -> None:
    topic = monitored.open_topic("managed", key="alias/aws/sns")
    monitored.rule("pushes", PUSHES, topic)
    monitored.push()
    assert "AWS managed key" in str(monitored.failure().error)


def test_an_event_that_the_dead_letter_queue_refuses_too_is_counted_as_lost(monitored: Monitored) -> None:
    topic = monitored.topic("shut", allow("sns:Publish", Principal=ALARMS))
    closed = monitored.queue("closed", allow("sqs:SendMessage", Principal=EVENTS, Condition=OTHER))
    monitored.rule("pushes", PUSHES, topic, dead_letters=closed)
    monitored.push()
    failure = monitored.failure()
    assert failure.outcome is DeliveryOutcome.LOST
    assert "sns:Publish" in str(failure.error)
    assert "sqs:SendMessage" in str(failure.error)
    counted = monitored.metrics()
    assert (counted["FailedInvocations"], counted["InvocationsFailedToBeSentToDlq"]) == (1, 1)
    assert monitored.messages(closed) == []


def test_an_input_that_is_no_json_is_a_dead_letter(monitored: Monitored) -> None:
    queue, dead = monitored.open_queue("target", EVENTS), monitored.open_queue("dead", EVENTS)
    transformer = {"InputPathsMap": {"detail": "$.detail"}, "InputTemplate": '{"detail": "<detail>"}'}
    monitored.rule("pushes", PUSHES, queue, dead_letters=dead, InputTransformer=transformer)
    monitored.push()
    assert monitored.messages(queue) == []
    assert [each["ERROR_CODE"] for each in monitored.messages(dead)] == ["INVALID_JSON"]


def test_rules_are_read_again_as_soon_as_they_change(monitored: Monitored) -> None:
    queue, events = monitored.open_queue("pushes", EVENTS), monitored.client("events")

    def arrives(tag: str) -> bool:
        monitored.push(tag, number=int(tag[1:]))
        return [each["body"]["detail"]["image-tag"] for each in monitored.messages(queue)] == [tag]

    assert not arrives("v1")
    monitored.rule("pushes", PUSHES, queue)
    assert arrives("v2")
    events.disable_rule(Name="pushes")
    assert not arrives("v3")
    events.enable_rule(Name="pushes")
    assert arrives("v4")
    events.remove_targets(Rule="pushes", Ids=["target"])
    assert not arrives("v5")


def test_calls_that_only_read_reach_a_rule_that_asks_for_them(monitored: Monitored) -> None:
    pattern = {"source": ["aws.ecr"], "detail-type": ["AWS API Call via CloudTrail"]}
    some, every = monitored.open_queue("some", EVENTS), monitored.open_queue("every", EVENTS)
    monitored.rule("some", pattern, some)
    monitored.rule("every", pattern, every, "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    monitored.push()
    ecr = monitored.client("ecr")
    ecr.describe_images(repositoryName=NAME)
    ecr.batch_get_image(repositoryName=NAME, imageIds=[{"imageTag": "v1"}])
    names = [{each["body"]["detail"]["eventName"] for each in monitored.messages(queue)} for queue in (some, every)]
    # BatchGetImage only reads, too, and its name does not say so.
    assert names == [{"PutImage", "BatchGetImage"}, {"PutImage", "BatchGetImage", "DescribeImages"}]
