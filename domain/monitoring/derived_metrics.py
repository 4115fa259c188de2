"""Metrics that AWS does not publish, counted from logs by metric filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
REPLICATED = "ImagesReplicated"
PUSH_FAILURES = "PushFailures"
DENIED_CALLS = "DeniedCalls"
_PUSHES = ("CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart")
_FROM_ECR = '$.eventSource = "ecr.amazonaws.com"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedMetric:
    """What a metric filter counts in a log group."""

    id: str
    metric: str
    pattern: str
    value: str = "1"


def findings_metric(severity: str) -> str:
    """The number of findings of a severity that scans reported."""
    return f"Findings{severity.title()}"


def metrics_of_events() -> Iterator[DerivedMetric]:
    """From the log group of events; a scan by Amazon Inspector has its numbers under the same key as a basic one."""
    for severity in SEVERITIES:
        number = f"$.detail.finding-severity-counts.{severity}"
        yield DerivedMetric(
            id=f"findings-{severity.lower()}",
            metric=findings_metric(severity),
            pattern=f"{{ {number} > 0 }}",
            value=number,
        )
    yield DerivedMetric(
        id="images-replicated",
        metric=REPLICATED,
        pattern='{ $.detail-type = "ECR Replication Action" && $.detail.result = "SUCCESS" }',
    )


def metrics_of_trail(account: str) -> Iterator[DerivedMetric]:
    """From the log group of a trail, which can have every region, and accounts of an organization. Amazon ECR publishes
    no event of a push that failed."""
    ours = f'{_FROM_ECR} && $.recipientAccountId = "{account}"'
    pushes = " || ".join(f'$.eventName = "{each}"' for each in _PUSHES)
    yield DerivedMetric(
        id="push-failures",
        metric=PUSH_FAILURES,
        pattern=f'{{ {ours} && ({pushes}) && $.errorCode = "*" }}',
    )
    yield DerivedMetric(
        id="denied-calls", metric=DENIED_CALLS, pattern=f'{{ {ours} && $.errorCode = "AccessDenied*" }}'
    )
