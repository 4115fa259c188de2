"""Who else could send messages in the registry's name, or read them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from domain.aws import Arn
from domain.document_text import to_json_text
from localcloud.clients import AwsCredentials
from localcloud.events.event import new_event
from localcloud.events.journal import Delivery, DeliveryOutcome
from localcloud.events.permissions import (
    NO_PERMISSIONS,
    TOPICS,
    ServiceSource,
    UndeliverableError,
    arn_of,
    policies_of,
    require_allowed,
)
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import MonitoringCase
from rehearsal.proofs.harness.principals import allow

PROMISE = (
    "no other account, principal or service publishes to the topic, subscribes to it, or reads what is undelivered"
)
_OTHER_SERVICES = ("s3.amazonaws.com", "budgets.amazonaws.com", "ses.amazonaws.com")
_REFUSALS = ("AccessDenied", "AuthorizationError")
_NAME = "rehearsal-intruder"


def prove_monitoring(case: MonitoringCase) -> str:
    tried = 0
    for who, credentials in _principals(case):
        for what, attempt in _attempts(case, credentials).items():
            _require_refused(who, what, attempt)
            tried += 1
    _require_rule_refused(case)
    _require_alarm_refused(case)
    return (
        f"{tried} calls, {_require_services_refused(case)} services' and another account's rule and alarm were refused"
    )


def _principals(case: MonitoringCase) -> list[tuple[str, AwsCredentials]]:
    """One whose own account allows it everything, an account's root, and one of the own account with no permissions."""
    role = case.principals.role(case.other_account, _NAME, case.registry.region, allow(["sns:*", "sqs:*"], "*"))
    _, none = case.by_hand("rehearsal-denied", "sts:GetCallerIdentity")
    return [
        (f"a role of account {case.other_account}", role),
        (f"account {case.other_account}", AwsCredentials(case.other_account)),
        ("a role without permissions", none),
    ]


def _attempts(case: MonitoringCase, credentials: AwsCredentials) -> Mapping[str, Callable[[], object]]:
    names, region = case.monitored.names, case.registry.region
    sns, sqs = (case.principals.of(each, credentials, region) for each in ("sns", "sqs"))
    _, url = case.queue(names.dead_letters_arn)
    topic, queue = names.topic_arn, str(Arn(names.registry.partition, "sqs", region, case.other_account, _NAME))

    def subscribe() -> None:
        made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])

    return {
        "published to the topic": lambda: sns.publish(TopicArn=topic, Message=_NAME),
        "subscribed to the topic": subscribe,
        "read the dead-letter queue": lambda: sqs.receive_message(QueueUrl=url),
        "sent to the dead-letter queue": lambda: sqs.send_message(QueueUrl=url, MessageBody=_NAME),
        "emptied the dead-letter queue": lambda: sqs.purge_queue(QueueUrl=url),
    }


def _require_refused(who: str, what: str, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except ClientError as refused:
        if not refused.response["Error"]["Code"].startswith(_REFUSALS):
            raise
    else:
        raise Broken(f"{who} {what}, and nothing grants it")


def _require_rule_refused(case: MonitoringCase) -> None:
    """A rule of another account that is named like one of ours: EventBridge would act for that account."""
    names, account, region = case.monitored.names, case.other_account, case.registry.region
    events, name = case.clients.root("events", region, account), names.named(case.monitored.rules[0].id)
    letters = {"DeadLetterConfig": {"Arn": names.dead_letters_arn}}
    events.put_rule(Name=name, EventPattern=to_json_text({"source": [_NAME]}), State="ENABLED")
    events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": names.topic_arn, **letters}])
    case.events.put(new_event(_NAME, _NAME, {}, account=account, region=region, now=datetime.now(UTC)))
    case.events.settled()
    *_, delivery = case.events.seen(account, region).deliveries
    events.remove_targets(Rule=name, Ids=["topic"])
    events.delete_rule(Name=name)
    _require_lost(f"a rule of account {account}", delivery)


def _require_alarm_refused(case: MonitoringCase) -> None:
    names, account, region = case.monitored.names, case.other_account, case.registry.region
    cloudwatch, name = case.clients.root("cloudwatch", region, account), names.named(case.monitored.alarms[0].id)
    cloudwatch.put_metric_alarm(
        AlarmName=name, AlarmActions=[names.topic_arn], Namespace=_NAME, MetricName=_NAME, Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    (delivery,) = case.events.alarm_state(account, region, name, "ALARM")
    cloudwatch.delete_alarms(AlarmNames=[name])
    _require_lost(f"an alarm of account {account}", delivery)


def _require_lost(who: str, delivery: Delivery) -> None:
    if delivery.outcome is not DeliveryOutcome.LOST or delivery.error is None or delivery.error.code != NO_PERMISSIONS:
        raise Broken(f"{who} published, and nothing grants it: {delivery.outcome.value}, {delivery.error}")


def _require_services_refused(case: MonitoringCase) -> int:
    """By the policies that are there: other services at work for this account, and SNS for a topic of another one."""
    names, (account, region) = case.monitored.names, case.place
    sqs, url = case.queue(names.dead_letters_arn)
    topic = case.api("sns").get_topic_attributes(TopicArn=names.topic_arn)["Attributes"].get("Policy", "")
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy", "")
    ours = [ServiceSource(service=each, arn=names.topic_arn, account=account) for each in _OTHER_SERVICES]
    foreign = Arn(names.registry.partition, "sns", region, case.other_account, names.topic)
    theirs = ServiceSource(service=TOPICS, arn=str(foreign), account=case.other_account)
    tried = [("sns:Publish", names.topic_arn, topic, each) for each in ours]
    tried += [("sqs:SendMessage", names.dead_letters_arn, queue, each) for each in (*ours, theirs)]
    for action, resource, policy, source in tried:
        try:
            require_allowed(source, action, arn_of(resource), policies_of({"policy": policy}))
        except UndeliverableError:
            continue
        raise Broken(f"{source.service} can call {action} for {source.arn}, and nothing grants it")
    return len(tried)
