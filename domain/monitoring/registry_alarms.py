"""The alarms of a registry, on metrics that AWS publishes or that are derived from its logs.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/monitoring-usage.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-repository-metrics.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.cloudwatch.limits import ALARM_METRICS_MAX
from domain.cloudwatch.missing_data import MissingData
from domain.monitoring.derived_metrics import DENIED_CALLS, PUSH_FAILURES
from domain.monitoring.event_rules import Severity
from domain.monitoring.monitoring_names import MonitoringNames

MINUTE = 60
API_ACTIONS = (
    "BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "GetAuthorizationToken",
    "GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart",
)  # fmt: skip
"""Those with a usage metric."""
PULLS_STOPPED = "pulls-stopped"
COMPOSITE = "registry"


class Comparison(StrEnum):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric, its statistic over a period, and what distinguishes it in an expression."""

    namespace: str
    name: str
    statistic: str
    period: int
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAlarm:
    """An alarm on one metric, on an expression over metrics by their ids, or on a Metrics Insights query."""

    id: str
    runbook: str
    severity: Severity
    sentence: str
    """What is wrong when it goes off."""
    comparison: Comparison
    threshold: float
    period: int
    periods: int = 1
    breaches: int = 1
    """How many of the periods must be beyond the threshold."""
    missing: MissingData
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """By ids; one alone where there is no expression."""
    expression: str | None = None
    owner: str = "platform"

    def description(self, runbooks: str) -> str:
        """Of all that a person is sent, AWS leaves this alone as it was written."""
        return f"[{self.severity}] {self.sentence} Owner: {self.owner}. Runbook: {runbooks}/{self.runbook}.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmThresholds:
    """As the stack's file has them."""

    api_percent: int
    repositories_percent: int
    images: int
    push_failures: int
    denied_calls: int


def registry_alarms(
    names: MonitoringNames, thresholds: AlarmThresholds, *, rules: Sequence[str], counted: bool
) -> Iterator[RegistryAlarm]:
    """Those of every registry; `counted` where a trail's log group is at hand."""
    for action in API_ACTIONS:
        yield _api_use(action, thresholds.api_percent)
    if thresholds.images:
        yield _images(thresholds.images)
    yield _repositories(thresholds.repositories_percent)
    yield from _failed_invocations(names, rules)
    yield _dead_letters(names)
    if counted:
        yield from _from_trail(names, thresholds)


def pulls_stopped(repository: str, owner: str) -> RegistryAlarm:
    """Of a repository that is pulled every day."""
    return RegistryAlarm(
        id=f"{PULLS_STOPPED}-{repository}",
        runbook=PULLS_STOPPED,
        severity=Severity.TODAY,
        sentence=f"{repository} was not pulled for a day.",
        comparison=Comparison.BELOW,
        threshold=1,
        period=60 * MINUTE,
        periods=24,
        breaches=24,
        # No pull, no data.
        missing=MissingData.BREACHING,
        metrics={"pulls": Metric(
            namespace="AWS/ECR", name="RepositoryPullCount", statistic="Sum", period=60 * MINUTE,
            dimensions={"RepositoryName": repository},
        )},
        owner=owner,
    )  # fmt: skip


def composite_rule(names: MonitoringNames, alarms: Sequence[RegistryAlarm]) -> str:
    """One alarm for all of a registry's: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""
    return " OR ".join(f'ALARM("{names.named(each.id)}")' for each in alarms)


def api_dimensions(action: str) -> dict[str, str]:
    """Of the usage metric of an action. Class is as observed; AWS's page says that Amazon ECR does not use it."""
    return {"Service": "ECR", "Type": "API", "Resource": action, "Class": "None"}


def use_of_quota(metric: str) -> str:
    """In percent. CloudWatch gives the quota for the metric's period: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html"""
    return f"{metric} / SERVICE_QUOTA({metric}) * 100"


PULLS = 'SELECT SUM(RepositoryPullCount) FROM SCHEMA("AWS/ECR", RepositoryName)'
IMAGES = "SELECT MAX(ResourceCount) FROM \"AWS/Usage\" WHERE Service = 'ECR' AND Resource = 'ImagesPerRepositoryCount'"
"""How many the fullest repository has; an alarm on a series for each is charged and limited by each of them. Without a
schema, so that it finds them whether or not they have a Class."""


def _api_use(action: str, percent: int) -> RegistryAlarm:
    calls = Metric(
        namespace="AWS/Usage", name="CallCount", statistic="Sum", period=MINUTE, dimensions=api_dimensions(action)
    )
    return RegistryAlarm(
        id=f"api-{action}",
        runbook="api-use",
        severity=Severity.TODAY,
        sentence=f"Calls of {action} are above {percent} percent of their quota: more of them will be throttled.",
        comparison=Comparison.ABOVE,
        threshold=percent,
        period=MINUTE,
        periods=5,
        breaches=3,
        # No call, no data.
        missing=MissingData.NOT_BREACHING,
        metrics={"calls": calls},
        expression=use_of_quota("calls"),
    )


def _images(most: int) -> RegistryAlarm:
    return RegistryAlarm(
        id="images",
        runbook="images",
        severity=Severity.TODAY,
        sentence=f"A repository has more than {most:,} images: at its quota a push fails.",
        comparison=Comparison.ABOVE,
        threshold=most,
        period=5 * MINUTE,
        periods=3,
        breaches=2,
        missing=MissingData.NOT_BREACHING,
        expression=IMAGES,
    )


def _repositories(percent: int) -> RegistryAlarm:
    counted = Metric(
        namespace="AWS/Usage", name="ResourceCount", statistic="Maximum", period=5 * MINUTE,
        # As AWS's page has them: a Class is said of the calls alone.
        dimensions={"Service": "ECR", "Type": "RESOURCE", "Resource": "RepositoryCount"},
    )  # fmt: skip
    return RegistryAlarm(
        id="repositories",
        runbook="repositories",
        severity=Severity.TODAY,
        sentence=f"The repositories are above {percent} percent of their quota in the region.",
        comparison=Comparison.ABOVE,
        threshold=percent,
        period=5 * MINUTE,
        periods=3,
        breaches=2,
        missing=MissingData.NOT_BREACHING,
        metrics={"repositories": counted},
        expression=use_of_quota("repositories"),
    )


def _failed_invocations(names: MonitoringNames, rules: Sequence[str]) -> Iterator[RegistryAlarm]:
    """Of the rules by their ids; an alarm takes no more metrics at once."""
    for at in range(0, len(rules), ALARM_METRICS_MAX):
        measured = {f"m{index}": rule for index, rule in enumerate(rules[at : at + ALARM_METRICS_MAX])}
        yield RegistryAlarm(
            id="events-failed" if at == 0 else f"events-failed-{at // ALARM_METRICS_MAX + 1}",
            runbook="events-failed",
            severity=Severity.NOW,
            sentence="An event rule could not invoke its target.",
            comparison=Comparison.ABOVE,
            threshold=0,
            period=5 * MINUTE,
            # An invocation that succeeds counts nothing here.
            missing=MissingData.NOT_BREACHING,
            metrics={
                metric: Metric(
                    namespace="AWS/Events", name="FailedInvocations", statistic="Sum", period=5 * MINUTE,
                    dimensions={"RuleName": names.named(rule)},
                )
                for metric, rule in measured.items()
            },
            # Those without data count as nothing in a sum of a list; FILL would want data of each.
            expression=f"SUM([{', '.join(measured)}])",
        )  # fmt: skip


def _dead_letters(names: MonitoringNames) -> RegistryAlarm:
    depth = Metric(
        namespace="AWS/SQS", name="ApproximateNumberOfMessagesVisible", statistic="Maximum", period=5 * MINUTE,
        dimensions={"QueueName": names.dead_letters},
    )  # fmt: skip
    return RegistryAlarm(
        id="undelivered",
        runbook="undelivered",
        severity=Severity.NOW,
        sentence="Messages of this registry could not be delivered: they are in the dead-letter queue.",
        comparison=Comparison.ABOVE,
        threshold=0,
        period=5 * MINUTE,
        # A queue without messages for six hours has no metric: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        missing=MissingData.NOT_BREACHING,
        metrics={"depth": depth},
    )


def _from_trail(names: MonitoringNames, thresholds: AlarmThresholds) -> Iterator[RegistryAlarm]:
    counts = (
        (PUSH_FAILURES, "push-failures", thresholds.push_failures, Severity.TODAY, "calls of pushes failed"),
        (DENIED_CALLS, "denied-calls", thresholds.denied_calls, Severity.TODAY, "calls were denied"),
    )
    for metric, name, most, severity, what in counts:
        yield RegistryAlarm(
            id=name,
            runbook=name,
            severity=severity,
            sentence=f"More than {most} {what} in five minutes.",
            comparison=Comparison.ABOVE,
            threshold=most,
            period=5 * MINUTE,
            # A filter that matches nothing counts nothing.
            missing=MissingData.NOT_BREACHING,
            metrics={"calls": Metric(namespace=names.namespace, name=metric, statistic="Sum", period=5 * MINUTE)},
        )
