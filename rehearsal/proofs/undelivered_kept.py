"""What can't be delivered is not lost."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from domain.cloudwatch.alarms import alarm_of, evaluate_alarm
from domain.cloudwatch.missing_data import AlarmState
from domain.cloudwatch.series import Series
from domain.document_text import parse_json, to_json_text
from domain.iam.document import CURRENT_VERSION
from domain.monitoring.subscribers import Protocol, Subscription
from localcloud.events.permissions import arn_of
from rehearsal.apply import preconditions
from rehearsal.apply.sns import confirmed
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import MonitoringCase, address

PROMISE = "what can't be delivered is in the dead-letter queue, and an alarm says so: no subscriber, no topic, no key"
_RULE = "findings-basic"
_ALARM = "undelivered"

Break = Callable[[MonitoringCase], AbstractContextManager[None]]


def prove_monitoring(case: MonitoringCase) -> str:
    case.events.settled()
    case.received(case.monitored.names.dead_letters_arn)
    name = case.made_repository()
    _, credentials = case.by_hand()
    pushed, _ = case.push_as(credentials, name)
    case.events.settled()
    _require_alarm(case, _depth(case), AlarmState.OK)
    kept = [*_without_publishing(case, name, pushed.digest), *_without_subscribers(case, name, pushed.digest)]
    case.remove(name)
    return f"kept without {', '.join(kept)}"


def _without_publishing(case: MonitoringCase, name: str, digest: str) -> Iterator[str]:
    """The event itself is kept, with the rule and the target that it was for."""
    broken: Mapping[str, Break] = {"permission": _denied, "the topic's key": _key_disabled, "the topic": _topic_gone}
    for what, break_it in broken.items():
        with break_it(case):
            event = case.events.plant_scan(*case.place, name, digest, {"CRITICAL": 1})
            case.events.settled()
        depth = _depth(case)
        found = [each for each in case.received(case.monitored.names.dead_letters_arn) if event["id"] in each["Body"]]
        _require_letter(case, what, found)
        _require_alarm(case, depth, AlarmState.ALARM)
        case.events.settled()
        yield what


def _require_letter(case: MonitoringCase, what: str, found: list[Mapping[str, Any]]) -> None:
    """Of the event's rule, with EventBridge's attributes."""
    letters = [{name: each["StringValue"] for name, each in one.get("MessageAttributes", {}).items()} for one in found]
    wanted = {"RULE_ARN": case.rule_arn(_RULE), "TARGET_ARN": case.monitored.names.topic_arn}
    if not any(wanted.items() <= each.items() and {"ERROR_CODE", "ERROR_MESSAGE"} <= each.keys() for each in letters):
        raise Broken(f"without {what} an event is not in the dead-letter queue as of {wanted}: there are {letters}")


def _without_subscribers(case: MonitoringCase, name: str, digest: str) -> Iterator[str]:
    """The message is kept, as the subscriber would have got it."""
    for each in case.monitored.subscriptions:
        if each.protocol is Protocol.EMAIL:
            continue  # that a mail comes back no topic learns
        with _subscriber_gone(case, each):
            case.events.plant_scan(*case.place, name, digest, {"CRITICAL": 1})
            case.events.settled()
        depth = _depth(case)
        letters = [parse_json(letter["Body"]) for letter in case.received(case.monitored.names.dead_letters_arn)]
        if not any(digest in str(letter.get("Message")) for letter in letters if isinstance(letter, dict)):
            raise Broken(f"without {each.endpoint} its message is not in the dead-letter queue: there are {letters}")
        _require_alarm(case, depth, AlarmState.ALARM)
        yield each.endpoint


def _depth(case: MonitoringCase) -> float:
    """How many messages are in the dead-letter queue."""
    sqs, url = case.queue(case.monitored.names.dead_letters_arn)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return float(attributes["ApproximateNumberOfMessages"])


def _require_alarm(case: MonitoringCase, depth: float, state: AlarmState) -> None:
    """As Amazon SQS would report the depth for the last minutes."""
    names, now = case.monitored.names, datetime.now(UTC)
    points = {now - timedelta(minutes=minute): depth for minute in range(1, 10)}
    series = Series(
        namespace="AWS/SQS", name="ApproximateNumberOfMessagesVisible", dimensions={"QueueName": names.dead_letters},
        points=points,
    )  # fmt: skip
    described = case.api("cloudwatch").describe_alarms(AlarmNames=[names.named(_ALARM)])["MetricAlarms"]
    if not described:
        raise Broken(f"there is no alarm {names.named(_ALARM)}")
    found = evaluate_alarm(alarm_of(_as_declared(described[0])), [series], now)
    if found.state is not state:
        seen = f"alarm {_ALARM} is {found.state}: {found.reason}"
        raise Broken(f"with {depth:.0f} messages in the dead-letter queue {seen}")


def _as_declared(described: Mapping[str, Any]) -> dict[str, Any]:
    """The alarm as the provider has it."""
    members = {name[:1].lower() + name[1:]: value for name, value in described.items()}
    return {**members, "dimensions": {each["Name"]: each["Value"] for each in described["Dimensions"]}}


@contextmanager
def _denied(case: MonitoringCase) -> Iterator[None]:
    sns, topic = case.api("sns"), case.monitored.names.topic_arn
    put = partial(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy")
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    owner = {"AWS": f"arn:{case.registry.id.partition}:iam::{case.registry.account}:root"}
    own = {"Effect": "Allow", "Principal": owner, "Action": "sns:Publish", "Resource": topic}
    put(AttributeValue=to_json_text({"Version": CURRENT_VERSION, "Statement": own}))
    try:
        yield
    finally:
        put(AttributeValue=before)


@contextmanager
def _key_disabled(case: MonitoringCase) -> Iterator[None]:
    kms = case.api("kms")
    key = kms.describe_key(KeyId=f"alias/{case.monitored.names.topic}")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    try:
        yield
    finally:
        kms.enable_key(KeyId=key)


@contextmanager
def _topic_gone(case: MonitoringCase) -> Iterator[None]:
    """It comes back with all that it had."""
    sns, topic = case.api("sns"), case.monitored.names.topic_arn
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    kept = {name: attributes[name] for name in ("Policy", "KmsMasterKeyId") if name in attributes}
    tags = sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    own = [sns.get_subscription_attributes(SubscriptionArn=each)["Attributes"] for each in arns]
    sns.delete_topic(TopicArn=topic)
    try:
        yield
    finally:
        sns.create_topic(Name=case.monitored.names.topic, Attributes=kept, Tags=tags)
        for each in own:
            named = {name: each[name] for name in ("Protocol", "Endpoint")}
            redrive = {name: each[name] for name in ("RedrivePolicy",) if name in each}
            sns.subscribe(TopicArn=topic, **named, Attributes=redrive)
            if each["Protocol"] == "http":
                confirmed(sns, topic, each["Endpoint"])


@contextmanager
def _subscriber_gone(case: MonitoringCase, subscription: Subscription) -> Iterator[None]:
    with nullcontext() if subscription.protocol is Protocol.HTTPS else _queue_gone(case, subscription.endpoint):
        case.http_endpoints.answer(address(subscription), gone=True)
        try:
            yield
        finally:
            case.http_endpoints.answer(address(subscription), gone=False)


@contextmanager
def _queue_gone(case: MonitoringCase, arn: str) -> Iterator[None]:
    sqs, url = case.queue(arn)
    sqs.delete_queue(QueueUrl=url)
    try:
        yield
    finally:
        preconditions.make_queue(arn_of(arn), case.settings, case.clients)
