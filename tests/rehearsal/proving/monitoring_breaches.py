"""What breaks the promises of monitoring, and what their proofs then say."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from localcloud.clients import Clients
from rehearsal.apply.sns import confirmed
from tests.rehearsal.proving import stacks
from tests.rehearsal.proving.breaking import (
    At,
    Breach,
    Break,
    Change,
    Statement,
    allow,
    and_also,
    both,
    changed,
    narrowed,
    statements,
    without,
)

HOME, REPLICA = At(stacks.MONITORED_ACCOUNT), At(stacks.MONITORED_ACCOUNT, stacks.COPY)
P = "container-registry-dev"
TOPIC, LETTERS = f"alias/{P}-monitoring", f"alias/{P}-undelivered"
"""The keys of the topic, and of the dead-letter queue."""
AT_HOME, AT_REPLICA = "monitoring", f"monitoring@{stacks.COPY}"
FOREIGN = {"StringEquals": {"aws:SourceAccount": stacks.OTHER_ACCOUNT}}
OWN = {"StringEquals": {"aws:SourceAccount": stacks.MONITORED_ACCOUNT}}
EVENTS, ALARMS = {"Service": "events.amazonaws.com"}, {"Service": "cloudwatch.amazonaws.com"}


def client(clients: Clients, service: str, at: At = HOME) -> Any:
    return clients.root(service, at.region, at.account)


def arn(service: str, resource: str, at: At = HOME) -> str:
    return f"arn:aws:{service}:{at.region}:{at.account}:{resource}"


TOPIC_ARN, LETTERS_ARN = arn("sns", f"{P}-monitoring"), arn("sqs", f"{P}-undelivered")


def topic_policy(change: Change) -> Break:
    def put(clients: Clients, text: str | None) -> None:
        client(clients, "sns").set_topic_attributes(
            TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=text or ""
        )

    return changed(
        lambda clients: client(clients, "sns").get_topic_attributes(TopicArn=TOPIC_ARN)["Attributes"]["Policy"],
        put,
        change,
    )


def letters_policy(change: Change) -> Break:
    def url(clients: Clients) -> str:
        return str(client(clients, "sqs").get_queue_url(QueueName=f"{P}-undelivered")["QueueUrl"])

    def read(clients: Clients) -> str | None:
        got = client(clients, "sqs").get_queue_attributes(QueueUrl=url(clients), AttributeNames=["Policy"])
        return str(got["Attributes"]["Policy"])

    def put(clients: Clients, text: str | None) -> None:
        client(clients, "sqs").set_queue_attributes(QueueUrl=url(clients), Attributes={"Policy": text or ""})

    return changed(read, put, change)


def key_policy(alias: str, change: Change) -> Break:
    def id_of(clients: Clients) -> str:
        return str(HOME.kms(clients).describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])

    return changed(
        lambda clients: HOME.kms(clients).get_key_policy(KeyId=id_of(clients), PolicyName="default")["Policy"],
        lambda clients, text: HOME.kms(clients).put_key_policy(
            KeyId=id_of(clients), PolicyName="default", Policy=text or ""
        ),
        change,
    )


def only_decrypting(sid: str) -> Change:
    """The statement without kms:GenerateDataKey*."""

    def less(before: list[Statement]) -> list[Statement]:
        assert any(each["Sid"] == sid and "kms:GenerateDataKey*" in each["Action"] for each in before)
        return [{**each, "Action": "kms:Decrypt"} if each["Sid"] == sid else each for each in before]

    return statements(less)


def rule(id: str, change: Callable[[dict[str, Any]], Mapping[str, Any]], at: At = HOME) -> Break:
    """Another rule than the declared one."""
    kept = ("Name", "EventPattern", "State", "Description")

    def put(clients: Clients, wanted: Mapping[str, Any]) -> None:
        client(clients, "events", at).put_rule(**{name: wanted[name] for name in kept})

    return changed(
        lambda clients: client(clients, "events", at).describe_rule(Name=f"{P}-{id}"),
        put,
        lambda before: change(dict(before)),
    )


def disabled(id: str, at: At = HOME) -> Break:
    return rule(id, lambda before: {**before, "State": "DISABLED"}, at)


def pattern(id: str, change: Callable[[dict[str, Any]], Mapping[str, Any]], at: At = HOME) -> Break:
    """Another detail."""

    def other(before: dict[str, Any]) -> dict[str, Any]:
        found = json.loads(before["EventPattern"])
        return {**before, "EventPattern": json.dumps({**found, "detail": change(found["detail"])})}

    return rule(id, other, at)


def target(id: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Break:
    """Another first target of the rule."""
    name = {"Rule": f"{P}-{id}"}
    return changed(
        lambda clients: client(clients, "events").list_targets_by_rule(**name)["Targets"][0],
        lambda clients, wanted: client(clients, "events").put_targets(**name, Targets=[wanted]),
        change,
    )


def template(id: str, old: str, new: str) -> Break:
    def other(before: dict[str, Any]) -> dict[str, Any]:
        assert old in before["InputTransformer"]["InputTemplate"]
        text = before["InputTransformer"]["InputTemplate"].replace(old, new)
        return {**before, "InputTransformer": {**before["InputTransformer"], "InputTemplate": text}}

    return target(id, other)


def less_of(*members: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda before: {name: value for name, value in before.items() if name not in members}


def subscription(protocol: str, *, redriven: bool) -> Break:
    """None, or one whose messages are lost when it is gone."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        sns = client(clients, "sns")
        listed = sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]
        (found,) = [each for each in listed if each["Protocol"] == protocol]
        before = sns.get_subscription_attributes(SubscriptionArn=found["SubscriptionArn"])["Attributes"]
        again = partial(sns.subscribe, TopicArn=TOPIC_ARN, Protocol=protocol, Endpoint=found["Endpoint"])

        def replace(**attributes: str) -> None:
            for each in sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]:
                if each["Protocol"] == protocol:
                    sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
            if attributes or redriven:
                again(Attributes=attributes)
                if protocol == "http":
                    confirmed(sns, TOPIC_ARN, found["Endpoint"])

        replace()
        yield
        replace(RedrivePolicy=before["RedrivePolicy"])

    return broken


def alarm(id: str, **changes: Any) -> Break:
    kept = (
        "AlarmName", "AlarmActions", "OKActions", "ActionsEnabled", "AlarmDescription", "ComparisonOperator",
        "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "TreatMissingData", "Namespace", "MetricName", "Period",
        "Statistic", "Dimensions",
    )  # fmt: skip

    def read(clients: Clients) -> dict[str, Any]:
        (found,) = client(clients, "cloudwatch").describe_alarms(AlarmNames=[f"{P}-{id}"])["MetricAlarms"]
        return {name: found[name] for name in kept if name in found}

    return changed(
        read,
        lambda clients, wanted: client(clients, "cloudwatch").put_metric_alarm(**wanted),
        lambda before: {**before, **changes},
    )


def metric_filter(log_group: str, id: str, pattern: str | None) -> Break:
    """Another pattern, or none."""
    named = {"logGroupName": log_group, "filterName": f"{P}-{id}"}

    def read(clients: Clients) -> dict[str, Any]:
        (found,) = client(clients, "logs").describe_metric_filters(
            logGroupName=log_group, filterNamePrefix=f"{P}-{id}"
        )["metricFilters"]
        return {name: found[name] for name in ("filterPattern", "metricTransformations")}

    def put(clients: Clients, wanted: dict[str, Any]) -> None:
        if wanted["filterPattern"] is None:
            client(clients, "logs").delete_metric_filter(**named)
        else:
            client(clients, "logs").put_metric_filter(**named, **wanted)

    return changed(read, put, lambda before: {**before, "filterPattern": pattern})


@contextmanager
def no_log_policy(clients: Clients) -> Iterator[None]:
    logs, name = client(clients, "logs"), f"{P}-monitoring"
    (before,) = [each for each in logs.describe_resource_policies()["resourcePolicies"] if each["policyName"] == name]
    logs.delete_resource_policy(policyName=name)
    yield
    logs.put_resource_policy(policyName=name, policyDocument=before["policyDocument"])


def publishing(principal: Mapping[str, Any], **more: Any) -> Break:
    return topic_policy(
        and_also({**allow("sns:Publish", Principal=principal, Resource=TOPIC_ARN, **more), "Sid": "More"})
    )


def letting(*actions: str, principal: Mapping[str, Any]) -> Break:
    return letters_policy(and_also({**allow(*actions, Principal=principal, Resource=LETTERS_ARN), "Sid": "More"}))


ANYBODY = {"AWS": "*"}
ANY_ALARM = {**allow("kms:*", Principal=ALARMS, Resource="*"), "Sid": "More"}
UNSENT, NO_ALARM = f"{stacks.SUBSCRIBED_QUEUE} got no message of ", f"{stacks.SUBSCRIBED_QUEUE} did not get alarm"
NO_LETTER, NO_MESSAGE = "an event is not in the dead-letter queue", "its message is not in the dead-letter queue"
ANY_PUSH = {"eventSource": ["ecr.amazonaws.com"], "eventName": ["PutImage"]}
OF_MONITORING = [
    # Who publishes, and how it is encrypted.
    Breach("notified_images", AT_HOME, topic_policy(without("PublishEvents")), "NO_PERMISSIONS"),
    Breach("notified_images", AT_HOME, topic_policy(narrowed("PublishEvents", **FOREIGN)), "NO_PERMISSIONS"),
    Breach("notified_images", AT_HOME, key_policy(TOPIC, only_decrypting("PublishEvents")), "kms:GenerateDataKey"),
    Breach("notified_images", AT_HOME, key_policy(TOPIC, narrowed("PublishEvents", **OWN)), "NO_PERMISSIONS"),
    Breach("notified_alarms", AT_HOME, topic_policy(without("PublishAlarms")), "NO_PERMISSIONS"),
    Breach("notified_alarms", AT_HOME, topic_policy(narrowed("PublishAlarms", **FOREIGN)), "NO_PERMISSIONS"),
    Breach("notified_alarms", AT_HOME, key_policy(TOPIC, only_decrypting("PublishAlarms")), "kms:GenerateDataKey"),
    Breach("notified_alarms", AT_HOME, subscription("sqs", redriven=False), NO_ALARM),
    Breach("notified_alarms", AT_HOME, alarm("undelivered", AlarmActions=[]), "undelivered: declared actions"),
    Breach("notified_alarms", AT_HOME, alarm("undelivered", ActionsEnabled=False), "and there are None"),
    Breach("notified_alarms", AT_HOME, alarm("pulls-stopped-team/app", AlarmDescription="?"), NO_ALARM),
    # Rules, targets and subscriptions.
    Breach("notified_images", AT_HOME, disabled("storage-class"), f"{UNSENT}storage-class"),
    Breach("notified_images", AT_HOME, subscription("sqs", redriven=False), f"{UNSENT}storage-class"),
    Breach(
        "notified_images", AT_HOME,
        subscription("http", redriven=False), "https://pager.acme.example/registry got no",
    ),
    Breach("notified_images", AT_HOME, subscription("email", redriven=False), "a@acme.example got no message of"),
    Breach(
        "notified_images", AT_HOME,
        pattern("storage-class", lambda detail: {**detail, "target-storage-class": ["ARCHIVE"]},
    ),
           "class STANDARD"),
    Breach("notified_images", AT_HOME, template("storage-class", "(<region>)", ""), "us-east-1"),
    Breach("notified_images", AT_HOME, template("storage-class", "/storage-class.md", "/"), "storage-class"),
    Breach("notified_pushes", AT_HOME, disabled("undeclared-push"), f"{UNSENT}undeclared-push"),
    Breach("notified_pushes", AT_HOME, disabled("undeclared-delete"), f"{UNSENT}undeclared-delete"),
    Breach(
        "notified_pushes", AT_HOME,
        pattern("undeclared-push", lambda _: ANY_PUSH), "a message that nothing calls for",
    ),
    Breach("notified_pushes", AT_HOME, template("undeclared-push", "<caller>", "Somebody"), "by-hand"),
    Breach("notified_findings", AT_HOME, disabled("findings-basic"), f"{UNSENT}findings-basic"),
    Breach("notified_findings", AT_HOME, disabled("findings-inspector-scan"), f"{UNSENT}findings-inspector-scan"),
    Breach(
        "notified_findings", AT_HOME,
        pattern("findings-inspector", lambda detail: {**detail, "severity": ["CRITICAL"]},
    ),
           f"{UNSENT}findings-inspector that"),
    Breach("notified_findings", AT_HOME, pattern("findings-inspector", less_of("severity")), "nothing calls for"),
    Breach("notified_findings", AT_HOME, pattern("findings-basic", less_of("$or")), "nothing calls for"),
    Breach("notified_cache_failures", AT_HOME, disabled("cache-failed"), f"{UNSENT}cache-failed"),
    Breach("notified_cache_failures", AT_REPLICA, disabled("cache-failed", REPLICA), "got no message of cache-failed"),
    Breach("notified_lifecycles", AT_HOME, disabled("lifecycle-failed"), f"{UNSENT}lifecycle-failed"),
    Breach(
        "notified_lifecycles", AT_HOME,
        pattern("lifecycle-failed", less_of("serviceEventDetails")), "nothing calls for",
    ),
    Breach("notified_changes", AT_HOME, rule("call-denied", lambda before: {**before, "State": "ENABLED"}),
           f"{UNSENT}call-denied"),
    Breach("notified_changes", AT_HOME, disabled("configuration-changed"), f"{UNSENT}configuration-changed"),
    Breach(
        "notified_changes", AT_HOME,
        pattern("configuration-changed", lambda detail: {**detail, "eventName": ["PutImage"]},
    ),
           f"{UNSENT}configuration-changed"),
    Breach("notified_changes", AT_HOME, disabled("repository-deleted"), f"{UNSENT}repository-deleted"),
    Breach("notified_changes", AT_HOME, disabled("key-disabled"), f"{UNSENT}key-disabled"),
    Breach("notified_changes", AT_HOME, pattern("key-disabled", less_of("requestParameters")), "nothing calls for"),
    Breach(
        "notified_replication", AT_REPLICA,
        disabled("replication-failed", REPLICA), "no message of replication-failed",
    ),
    Breach(
        "notified_replication", AT_REPLICA,
        pattern("replication-failed", lambda _: {"result": [{"exists": True}]}, REPLICA), "nothing calls for",
    ),
    # What can't be delivered.
    Breach("undelivered_kept", AT_HOME, target("findings-basic", less_of("DeadLetterConfig")), NO_LETTER),
    Breach("undelivered_kept", AT_HOME, letters_policy(without("KeepEvents")), NO_LETTER),
    Breach("undelivered_kept", AT_HOME, letters_policy(without("KeepMessages")), NO_MESSAGE),
    Breach("undelivered_kept", AT_HOME, key_policy(LETTERS, only_decrypting("KeepEvents")), NO_LETTER),
    Breach("undelivered_kept", AT_HOME, key_policy(LETTERS, only_decrypting("KeepMessages")), NO_MESSAGE),
    Breach("undelivered_kept", AT_HOME, subscription("sqs", redriven=True), NO_MESSAGE),
    Breach("undelivered_kept", AT_HOME, subscription("http", redriven=True), NO_MESSAGE),
    Breach("undelivered_kept", AT_HOME, alarm("undelivered", Threshold=100), "alarm undelivered is OK"),
    Breach("undelivered_kept", AT_HOME, alarm("undelivered", Dimensions=[]), "alarm undelivered is OK"),
    Breach("undelivered_kept", AT_HOME, alarm("undelivered", Threshold=-1), "alarm undelivered is ALARM"),
    # From outside.
    Breach("topic_closed", AT_HOME, publishing(ANYBODY), "published to the topic, and nothing grants it"),
    Breach("topic_closed", AT_HOME, publishing(EVENTS), "a rule of account"),
    Breach(
        "topic_closed", AT_HOME, both(publishing(ALARMS), key_policy(TOPIC, and_also(ANY_ALARM))),
        "an alarm of account",
    ),
    Breach(
        "topic_closed", AT_HOME,
        publishing({"Service": "s3.amazonaws.com"}), "s3.amazonaws.com can call sns:Publish",
    ),
    Breach("topic_closed", AT_HOME, topic_policy(and_also(
        {**allow("sns:Subscribe", Principal=ANYBODY, Resource=TOPIC_ARN), "Sid": "More"})), "subscribed to the topic"),
    Breach("topic_closed", AT_HOME, letting("sqs:ReceiveMessage", principal=ANYBODY), "read the dead-letter queue"),
    Breach("topic_closed", AT_HOME, letting("sqs:SendMessage", principal=ANYBODY), "sent to the dead-letter queue"),
    Breach("topic_closed", AT_HOME, letting("sqs:PurgeQueue", principal=ANYBODY), "emptied the dead-letter queue"),
    Breach("topic_closed", AT_HOME, letting("sqs:SendMessage", principal={"Service": "sns.amazonaws.com"}),
           "sns.amazonaws.com can call sqs:SendMessage"),
    # What can be looked up.
    Breach("events_recorded", AT_HOME, disabled("events"), "the scan's event"),
    Breach("events_recorded", AT_HOME, no_log_policy, "the scan's event"),
    Breach("events_recorded", AT_HOME, key_policy(TOPIC, without("KeepLogs")), "the scan's event"),
    Breach("events_recorded", AT_HOME, metric_filter(f"/aws/events/{P}-monitoring", "findings-high", None),
           "FindingsHigh of /aws/events/container-registry-dev-monitoring should be 3, and is 0"),
    Breach("events_recorded", AT_HOME, metric_filter("trail", "denied-calls", '{ $.errorCode = "Denied*" }'),
           "DeniedCalls of trail should be 2, and is 0"),
    Breach("events_recorded", AT_HOME, metric_filter("trail", "push-failures", '{ $.errorCode = "*" }'),
           "PushFailures of trail should be 1, and is 2"),
]  # fmt: skip
