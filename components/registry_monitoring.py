"""What tells people of a registry: event rules, alarms, derived metrics, saved queries and a dashboard, and the topic
that all of them lead to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_aws

from components.component import Component
from domain.document_text import to_json_text
from domain.monitoring import service_access
from domain.monitoring.derived_metrics import DerivedMetric
from domain.monitoring.event_rules import KEPT_CALLS, KEPT_EVENTS, EventRule, RuleState, Severity, audited, recorded
from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.monitoring.registry_alarms import COMPOSITE, RegistryAlarm
from domain.monitoring.subscribers import Subscription
from domain.resource_tags import OWNER

_SEVERITY = "severity"
_KEPT_SECONDS = 14 * 24 * 60 * 60
"""The most that Amazon SQS keeps a message."""
_DATA_KEY_SECONDS = 300
_RETRIES, _RETRY_SECONDS = 20, 3_600
"""What can't be delivered for an hour is better found in the dead-letter queue than a day later."""


@dataclass(frozen=True, kw_only=True)
class RegistryMonitoringArgs:
    """The monitoring of one registry."""

    region: str
    monitored: MonitoredRegistry
    image_key: pulumi.Input[str]
    """The ARN of the key that encrypts the images, whose end must be noticed."""
    key: pulumi.Input[str]
    """Of the one that encrypts notifications and logs."""
    dead_letters_key: pulumi.Input[str]
    """Of the queue's own, so that what ends the other loses no message."""
    endpoints: Mapping[str, pulumi.Input[str]]
    """Addresses that are secret, by their keys in the stack's configuration."""
    tags: Mapping[str, str]


class RegistryMonitoring(Component):
    """Topic, dead-letter queue, log groups, and everything that leads to them."""

    topic: pulumi.Output[str]
    """Its ARN."""

    def __init__(self, name: str, args: RegistryMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args, self._names = name, args, args.monitored.names
        monitored = args.monitored
        letters = self._dead_letters(args.dead_letters_key)
        topic = self._topic(args.key)
        self.topic = topic.arn
        for each in monitored.subscriptions:
            self._subscribe(each, topic, letters)
        logs = self._log_groups(args.key)
        rules = list(monitored.rules)
        for rule in rules:
            self._rule(rule, topic.arn, letters.arn)
        self._key_rule([args.image_key, args.key, args.dead_letters_key], topic.arn, letters.arn)
        self._metrics(monitored.metrics_of_events, self._names.events_log, [logs])
        self._metrics(monitored.metrics_of_trail, monitored.trail_log_group or "", [])
        alarms = [self._alarm(each, topic.arn) for each in monitored.alarms]
        self._composite(topic.arn, alarms)
        for query in monitored.queries:
            pulumi_aws.cloudwatch.QueryDefinition(
                f"{name}.{query.name}", name=f"{self._names.prefix}/{query.name}", query_string=query.text,
                log_group_names=list(monitored.queried_log_groups), region=args.region,
                opts=self.child(depends_on=[logs]),
            )  # fmt: skip
        pulumi_aws.cloudwatch.Dashboard(
            name, dashboard_name=self._names.dashboard, dashboard_body=monitored.dashboard_body, region=args.region,
            opts=self.child(),
        )  # fmt: skip
        self.register_outputs({"topic": self.topic})

    def _dead_letters(self, key: pulumi.Input[str]) -> "pulumi_aws.sqs.Queue":
        queue = pulumi_aws.sqs.Queue(
            f"{self._name}.undelivered", name=self._names.dead_letters, kms_master_key_id=key,
            kms_data_key_reuse_period_seconds=_DATA_KEY_SECONDS, message_retention_seconds=_KEPT_SECONDS,
            region=self._args.region, tags=self._args.tags, opts=self.child(),
        )  # fmt: skip
        policy = to_json_text(service_access.dead_letters_policy(self._names))
        pulumi_aws.sqs.QueuePolicy(
            f"{self._name}.undelivered", queue_url=queue.url, policy=policy, region=self._args.region, opts=self.child()
        )
        return queue

    def _topic(self, key: pulumi.Input[str]) -> "pulumi_aws.sns.Topic":
        region = self._args.region
        topic = pulumi_aws.sns.Topic(
            self._name, name=self._names.topic, kms_master_key_id=key, region=region, tags=self._args.tags,
            opts=self.child(),
        )  # fmt: skip
        policy = to_json_text(service_access.topic_policy(self._names))
        pulumi_aws.sns.TopicPolicy(self._name, arn=topic.arn, policy=policy, region=region, opts=self.child())
        return topic

    def _subscribe(
        self, subscription: Subscription, topic: "pulumi_aws.sns.Topic", letters: "pulumi_aws.sqs.Queue"
    ) -> None:
        """Named by a hash: an address is long, and no matter of a state's."""
        endpoint: pulumi.Input[str] = subscription.endpoint
        if subscription.secret:
            endpoint = self._args.endpoints[subscription.secret_key]
        part = sha256(f"{subscription.protocol}:{subscription.endpoint}".encode()).hexdigest()[:8]
        pulumi_aws.sns.TopicSubscription(
            f"{self._name}.{subscription.protocol}-{part}", topic=topic.arn, protocol=subscription.protocol.value,
            endpoint=endpoint, redrive_policy=to_json_text({"deadLetterTargetArn": self._names.dead_letters_arn}),
            region=self._args.region, opts=self.child(depends_on=[letters]),
        )  # fmt: skip

    def _log_groups(self, key: pulumi.Input[str]) -> pulumi.Resource:
        """And the rules that fill them; the policy lets these write before there is anything to write to."""
        monitored, region = self._args.monitored, self._args.region
        document = to_json_text(service_access.logs_policy(self._names))
        policy = pulumi_aws.cloudwatch.LogResourcePolicy(
            self._name, policy_name=self._names.topic, policy_document=document, region=region, opts=self.child()
        )
        filled = [(KEPT_EVENTS, self._names.events_log, recorded(self._names), RuleState.ENABLED)]
        if monitored.audited:
            filled.append((KEPT_CALLS, self._names.audit_log, audited(self._names), RuleState.READS_TOO))
        group: pulumi.Resource = policy
        for part, log_group, pattern, state in filled:
            group = pulumi_aws.cloudwatch.LogGroup(
                f"{self._name}.{part}", name=log_group, kms_key_id=key, retention_in_days=monitored.retention_days,
                region=region, tags=self._args.tags, opts=self.child(depends_on=[group]),
            )  # fmt: skip
            rule = self._event_rule(part, f"Keeps {part} in {log_group}", to_json_text(pattern), state)
            pulumi_aws.cloudwatch.EventTarget(
                f"{self._name}.{part}", rule=rule.name, target_id="log", arn=self._names.log_group_arn(log_group),
                dead_letter_config={"arn": self._names.dead_letters_arn}, retry_policy=_RETRY_POLICY, region=region,
                opts=self.child(depends_on=[group]),
            )  # fmt: skip
        return group

    def _event_rule(
        self, id: str, description: str, pattern: pulumi.Input[str], state: RuleState
    ) -> "pulumi_aws.cloudwatch.EventRule":
        return pulumi_aws.cloudwatch.EventRule(
            f"{self._name}.{id}", name=self._names.named(id), description=description, event_pattern=pattern,
            state=state.value, region=self._args.region, tags=self._args.tags, opts=self.child(),
        )  # fmt: skip

    def _rule(
        self,
        rule: EventRule,
        topic: pulumi.Input[str],
        letters: pulumi.Input[str],
        pattern: pulumi.Input[str] | None = None,
    ) -> None:
        runbooks = self._args.monitored.runbooks
        made = self._event_rule(rule.id, rule.description, pattern or to_json_text(rule.pattern), rule.state)
        pulumi_aws.cloudwatch.EventTarget(
            f"{self._name}.{rule.id}", rule=made.name, target_id="topic", arn=topic,
            input_transformer={"input_paths": dict(rule.paths), "input_template": rule.template(runbooks)},
            dead_letter_config={"arn": letters}, retry_policy=_RETRY_POLICY, region=self._args.region,
            opts=self.child(),
        )  # fmt: skip

    def _key_rule(
        self, keys: Sequence[pulumi.Input[str]], topic: pulumi.Input[str], letters: pulumi.Input[str]
    ) -> None:
        monitored = self._args.monitored
        if (rule := monitored.key_rule([])) is None:
            return

        def pattern(arns: Sequence[str]) -> str:
            made = monitored.key_rule(arns)
            return to_json_text(made.pattern) if made else ""

        self._rule(rule, topic, letters, pulumi.Output.all(*keys).apply(pattern))

    def _metrics(self, metrics: Sequence[DerivedMetric], log_group: str, after: Sequence[pulumi.Resource]) -> None:
        for each in metrics:
            transformation: Any = {"name": each.metric, "namespace": self._names.namespace, "value": each.value}
            pulumi_aws.cloudwatch.LogMetricFilter(
                f"{self._name}.{each.id}", name=self._names.named(each.id), log_group_name=log_group,
                pattern=each.pattern, metric_transformation=transformation, region=self._args.region,
                opts=self.child(depends_on=list(after)),
            )  # fmt: skip

    def _alarm(self, alarm: RegistryAlarm, topic: pulumi.Input[str]) -> "pulumi_aws.cloudwatch.MetricAlarm":
        return pulumi_aws.cloudwatch.MetricAlarm(
            f"{self._name}.{alarm.id}", name=self._names.named(alarm.id),
            alarm_description=alarm.description(self._args.monitored.runbooks),
            comparison_operator=alarm.comparison.value, threshold=alarm.threshold, evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.breaches, treat_missing_data=alarm.missing.value, **_measured(alarm),
            alarm_actions=[topic], ok_actions=[topic], region=self._args.region,
            tags={**self._args.tags, OWNER: alarm.owner, _SEVERITY: alarm.severity.value}, opts=self.child(),
        )  # fmt: skip

    def _composite(self, topic: pulumi.Input[str], alarms: Sequence[pulumi.Resource]) -> None:
        """Says when all is well again: each alarm says itself that it goes off."""
        pulumi_aws.cloudwatch.CompositeAlarm(
            f"{self._name}.{COMPOSITE}", alarm_name=self._names.named(COMPOSITE),
            alarm_description=f"An alarm of the registry is on. Runbooks: {self._args.monitored.runbooks}",
            alarm_rule=self._args.monitored.composite_rule, ok_actions=[topic], region=self._args.region,
            tags={**self._args.tags, _SEVERITY: Severity.TODAY.value}, opts=self.child(depends_on=list(alarms)),
        )  # fmt: skip


_RETRY_POLICY: Any = {"maximum_event_age_in_seconds": _RETRY_SECONDS, "maximum_retry_attempts": _RETRIES}


def _measured(alarm: RegistryAlarm) -> dict[str, Any]:
    """One metric, or an expression over some, which alone returns data."""
    if alarm.expression is None:
        (metric,) = alarm.metrics.values()
        return {
            "namespace": metric.namespace, "metric_name": metric.name, "statistic": metric.statistic,
            "period": metric.period, "dimensions": dict(metric.dimensions),
        }  # fmt: skip
    measured = [
        {"id": name, "metric": {
            "namespace": each.namespace, "metric_name": each.name, "stat": each.statistic, "period": each.period,
            "dimensions": dict(each.dimensions),
        }}
        for name, each in alarm.metrics.items()
    ]  # fmt: skip
    # A query of Metrics Insights has a period of its own; an expression has that of its metrics.
    period = {} if measured else {"period": alarm.period}
    result = {"id": "result", "expression": alarm.expression, "return_data": True, **period}
    return {"metric_queries": [result, *measured]}
