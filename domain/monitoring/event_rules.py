"""The events of a registry that people are notified of, and the sentence that says what happened.

Shapes: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html,
https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.document_text import to_json_text
from domain.monitoring.monitoring_names import MonitoringNames

Pattern = dict[str, Any]
CALLS = "AWS API Call via CloudTrail"
_SERVICE_EVENTS = "AWS Service Event via CloudTrail"
_ECR, _KMS, _INSPECTOR = "aws.ecr", "aws.kms", "aws.inspector2"
_NOT_FAILED = {"errorCode": [{"exists": False}]}
_ISSUER = "sessionContext"
_SOME: list[object] = [{"numeric": [">", 0]}]


class Severity(StrEnum):
    """How soon someone should look."""

    NOW = "high"
    TODAY = "medium"
    SOMETIME = "low"


class RuleState(StrEnum):
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html"""

    ENABLED = "ENABLED"
    READS_TOO = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    """Without it no event of a call that only reads arrives, and a pull is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """A rule. `<name>` in its texts is the value at the path of that name."""

    id: str
    runbook: str
    description: str
    severity: Severity
    pattern: Pattern
    title: str
    sentence: str
    """Only names, digests, ARNs, codes and numbers stand in it: a quotation mark would make JSON of it that is none."""
    paths: Mapping[str, str] = field(default_factory=dict)
    state: RuleState = RuleState.ENABLED

    def template(self, runbooks: str) -> str:
        """Amazon Q Developer's form of a notification, which it would drop any other text for; people read it, too.
        https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html"""
        content = {
            "textType": "client-markdown",
            "title": self.title,
            "description": self.sentence,
            "nextSteps": [f"Runbook: {runbooks}/{self.runbook}.md"],
        }
        metadata = {"eventType": self.id, "additionalContext": {"severity": self.severity.value}}
        return to_json_text({"version": "1.0", "source": "custom", "content": content, "metadata": metadata})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Whose calls are expected."""

    role_path: str
    """ARNs of the stack's own roles begin with it."""
    deploy_role: str
    """The ARN of the role that deploys."""

    @property
    def own_roles(self) -> list[str]:
        """That one, and where the bootstrap made it the one beside it that deletes what was retired."""
        prefix, dash, kind = self.deploy_role.rpartition("-")
        return [self.deploy_role, *([f"{prefix}{dash}destroy"] if kind == "deploy" else [])]


_WHERE = {"region": "$.region", "account": "$.account"}
_IMAGE = {**_WHERE, "repository": "$.detail.repository-name", "digest": "$.detail.image-digest"}
_CALL = {
    **_WHERE,
    "call": "$.detail.eventName",
    "caller": "$.detail.userIdentity.arn",
    "address": "$.detail.sourceIPAddress",
    "time": "$.detail.eventTime",
    "event": "$.detail.eventID",
}
_REPOSITORY_CALL = {**_CALL, "repository": "$.detail.requestParameters.repositoryName"}
_BY = "<caller> did it from <address> at <time> (CloudTrail event <event>)."


def event_rules(names: MonitoringNames, *, deployment: Deployment, home: bool, trail: bool) -> Iterator[EventRule]:
    """Those of one registry."""
    yield from _scans(names)
    yield from _image_events(names)
    if not home:
        yield _replication_failed(names)
    if trail:
        yield from _calls(names, deployment)


def _pattern(names: MonitoringNames, source: str, kind: str, detail: Pattern) -> Pattern:
    registry = names.registry
    return {
        "source": [source],
        "account": [registry.account],
        "region": [registry.region],
        "detail-type": [kind],
        "detail": detail,
    }


def _scans(names: MonitoringNames) -> Iterator[EventRule]:
    counts = "finding-severity-counts"
    found = {"$or": [{counts: {"CRITICAL": _SOME}}, {counts: {"HIGH": _SOME}}]}
    of = {"critical": f"$.detail.{counts}.CRITICAL", "high": f"$.detail.{counts}.HIGH"}
    numbers = "Critical: <critical>. High: <high>. (A number that is missing is zero.)"
    yield EventRule(
        id="findings-basic",
        runbook="findings",
        description="A basic scan found critical or high vulnerabilities",
        severity=Severity.TODAY,
        pattern=_pattern(names, _ECR, "ECR Image Scan", {"scan-status": ["COMPLETE"], **found}),
        title="Vulnerabilities in <repository> (<region>)",
        sentence=f"The scan of image <digest> of <repository> is complete. {numbers}",
        paths={**_IMAGE, **of},
    )
    arns = names.registry
    repositories = f"arn:{arns.partition}:ecr:{arns.region}:{arns.account}:repository/"
    yield EventRule(
        id="findings-inspector-scan",
        runbook="findings",
        description="Amazon Inspector's first scan of an image found critical or high vulnerabilities",
        severity=Severity.TODAY,
        pattern=_pattern(
            names, _INSPECTOR, "Inspector2 Scan",
            {"scan-status": ["INITIAL_SCAN_COMPLETE"], "repository-name": [{"prefix": repositories}], **found},
        ),
        title="Vulnerabilities in a new image (<region>)",
        sentence=f"Amazon Inspector has scanned image <digest> of <repository>. {numbers}",
        paths={**_IMAGE, **of},
    )  # fmt: skip
    image = "$.detail.resources[0].details.awsEcrContainerImage"
    yield EventRule(
        id="findings-inspector",
        runbook="findings",
        description="Amazon Inspector has a new critical or high finding of an image",
        severity=Severity.TODAY,
        pattern=_pattern(
            names, _INSPECTOR, "Inspector2 Finding",
            {
                "status": ["ACTIVE"],
                "severity": ["CRITICAL", "HIGH"],
                "resources": {"type": ["AWS_ECR_CONTAINER_IMAGE"]},
            },
        ),
        title="<severity> vulnerability in <repository> (<region>)",
        sentence="Amazon Inspector found <vulnerability> in image <digest> of <repository>.",
        paths={
            **_WHERE, "severity": "$.detail.severity",
            "vulnerability": "$.detail.packageVulnerabilityDetails.vulnerabilityId",
            "repository": f"{image}.repositoryName", "digest": f"{image}.imageHash",
        },
    )  # fmt: skip


def _image_events(names: MonitoringNames) -> Iterator[EventRule]:
    yield EventRule(
        id="storage-class",
        runbook="storage-class",
        description="An image was archived, and can't be pulled any more, or restored",
        severity=Severity.SOMETIME,
        pattern=_pattern(
            names, _ECR, "ECR Image Action",
            {"action-type": ["UPDATE_STORAGE_CLASS"], "target-storage-class": ["ARCHIVE", "STANDARD"]},
        ),
        title="Storage class of an image of <repository> is now <class> (<region>)",
        sentence="Image <digest> of <repository> is in storage class <class>. A pull of an archived image fails.",
        paths={**_IMAGE, "class": "$.detail.target-storage-class"},
    )  # fmt: skip
    yield EventRule(
        id="cache-failed",
        runbook="cache-failed",
        description="A pull through a cache failed at its upstream",
        severity=Severity.TODAY,
        pattern=_pattern(names, _ECR, "ECR Pull Through Cache Action", {"failure-code": [{"exists": True}]}),
        title="Pull through cache of <upstream> failed: <failure> (<region>)",
        sentence="<repository>:<tag> could not be brought from <upstream>: <failure>.",
        paths={
            **_WHERE, "repository": "$.detail.repository-name", "tag": "$.detail.image-tag",
            "upstream": "$.detail.upstream-registry-url", "failure": "$.detail.failure-code",
        },
    )  # fmt: skip


def _lifecycle_failed(names: MonitoringNames) -> EventRule:
    """An image that a manifest list refers to stays until the list goes: with images of several platforms every day."""
    failures = {"failureCode": [{"anything-but": ["ImageReferencedByManifestList"]}]}
    return EventRule(
        id="lifecycle-failed",
        runbook="lifecycle-failed",
        description="A run of a lifecycle policy could not expire or archive every image",
        severity=Severity.SOMETIME,
        pattern=_pattern(
            names, _ECR, _SERVICE_EVENTS,
            {
                "eventSource": ["ecr.amazonaws.com"],
                "eventName": ["PolicyExecutionEvent"],
                "serviceEventDetails": {"lifecycleEventFailureDetails": failures},
            },
        ),
        title="Lifecycle policy of <repository> failed in part (<region>)",
        sentence="The run of <time> left images of <repository> as they are (CloudTrail event <event>).",
        paths={
            **_WHERE, "repository": "$.detail.serviceEventDetails.repositoryName",
            "time": "$.detail.eventTime", "event": "$.detail.eventID",
        },
        state=RuleState.READS_TOO,
    )  # fmt: skip


def _replication_failed(names: MonitoringNames) -> EventRule:
    return EventRule(
        id="replication-failed",
        runbook="replication-failed",
        # Inferred: AWS documents the field, and no event in which it is another word.
        description="An image did not arrive at a replica",
        severity=Severity.NOW,
        pattern=_pattern(names, _ECR, "ECR Replication Action", {"result": [{"anything-but": ["SUCCESS"]}]}),
        title="Replication of <repository> from <source>: <result> (<region>)",
        sentence="Image <digest> (tag <tag>) of <repository> did not arrive from <source>: <result>.",
        paths={
            **_IMAGE, "source": "$.detail.source-region", "result": "$.detail.result", "tag": "$.detail.image-tag",
        },
    )  # fmt: skip


def _calls(names: MonitoringNames, deployment: Deployment) -> Iterator[EventRule]:
    yield _lifecycle_failed(names)
    undeclared = _not_by({"prefix": [deployment.role_path, _service_roles(names)]})
    yield EventRule(
        id="undeclared-push",
        runbook="undeclared-push",
        description="A principal that no settings declare pushed an image",
        severity=Severity.NOW,
        pattern=_of_ecr(names, ["PutImage"], {**_NOT_FAILED, **undeclared}),
        title="Push to <repository> by an undeclared principal (<region>)",
        sentence=f"The image of a push to <repository> is not from a declared publisher. {_BY}",
        paths=_REPOSITORY_CALL,
    )
    yield EventRule(
        id="undeclared-delete",
        runbook="undeclared-delete",
        description="A principal deleted images; the settings grant that to none",
        severity=Severity.NOW,
        pattern=_of_ecr(names, ["BatchDeleteImage"], {**_NOT_FAILED, **undeclared}),
        title="Images of <repository> were deleted (<region>)",
        sentence=f"Images of <repository> were deleted by hand. {_BY}",
        paths=_REPOSITORY_CALL,
    )
    yield EventRule(
        id="call-denied",
        runbook="denied-calls",
        description="Amazon ECR denied a call",
        severity=Severity.SOMETIME,
        pattern=_of_ecr(names, None, {"errorCode": [{"prefix": "AccessDenied"}]}),
        title="<call> was denied: <error> (<region>)",
        sentence="<caller> called <call> of <repository> and was denied: from <address> at <time> (CloudTrail event "
        "<event>).",
        paths={**_REPOSITORY_CALL, "error": "$.detail.errorCode"},
        state=RuleState.READS_TOO,
    )
    yield EventRule(
        id="configuration-changed",
        runbook="configuration-changed",
        description="A setting of the registry or of a repository was changed by hand",
        severity=Severity.NOW,
        pattern=_of_ecr(names, list(CONFIGURING), {**_NOT_FAILED, **_not_by(deployment.own_roles)}),
        title="<call> by hand (<region>)",
        sentence=f"<call> (repository: <repository>) was not called by the deployment. {_BY}",
        paths=_REPOSITORY_CALL,
    )
    yield EventRule(
        id="repository-deleted",
        runbook="repository-deleted",
        description="A repository was deleted with its images",
        severity=Severity.NOW,
        pattern=_of_ecr(names, ["DeleteRepository"], dict(_NOT_FAILED)),
        title="Repository <repository> was deleted (<region>)",
        sentence=f"<repository> and its images are gone. {_BY}",
        paths=_REPOSITORY_CALL,
    )


CONFIGURING = (
    "DeleteLifecyclePolicy", "DeletePullThroughCacheRule", "DeleteRegistryPolicy", "DeleteRepositoryPolicy",
    "PutAccountSetting", "PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy",
    "PutRegistryPolicy", "PutRegistryScanningConfiguration", "PutReplicationConfiguration", "SetRepositoryPolicy",
    "UpdatePullThroughCacheRule",
)  # fmt: skip
"""The calls by which someone could weaken what is declared."""


def key_disabled(names: MonitoringNames, keys: Sequence[str]) -> EventRule:
    """Of the keys by their ARNs; a call names one by its ARN or its id."""
    ids = sorted({name for arn in keys for name in (arn, arn.rpartition("/")[2])})
    detail = {
        "eventSource": ["kms.amazonaws.com"],
        "eventName": ["DisableKey", "ScheduleKeyDeletion"],
        **_NOT_FAILED,
        "requestParameters": {"keyId": ids},
    }
    return EventRule(
        id=_OF_KEYS,
        runbook=_OF_KEYS,
        description="A key of the registry was disabled, or its deletion scheduled",
        severity=Severity.NOW,
        pattern=_pattern(names, _KMS, CALLS, detail),
        title="<call> of a key of the registry (<region>)",
        sentence=f"What key <key> encrypts can't be read any more, and images can't be pulled. {_BY}",
        paths={**_CALL, "key": "$.detail.requestParameters.keyId"},
    )


def _of_ecr(names: MonitoringNames, calls: list[str] | None, detail: Pattern) -> Pattern:
    named = {"eventName": calls} if calls else {}
    return _pattern(names, _ECR, CALLS, {"eventSource": ["ecr.amazonaws.com"], **named, **detail})


def _not_by(issuer: object) -> Pattern:
    """Roles but those, and what is no role; AWS's own services are neither."""
    by_role = {_ISSUER: {"sessionIssuer": {"arn": [{"anything-but": issuer}]}}}
    by_other = {"type": [{"anything-but": "AWSService"}], _ISSUER: {"sessionIssuer": {"arn": [{"exists": False}]}}}
    return {"$or": [{"userIdentity": by_role}, {"userIdentity": by_other}]}


def _service_roles(names: MonitoringNames) -> str:
    """What the ARNs of service-linked roles begin with: replication and caches push with theirs."""
    return f"arn:{names.registry.partition}:iam::{names.registry.account}:role/aws-service-role/"


KEPT_EVENTS, KEPT_CALLS = "events", "calls"
"""The rules that fill the log groups."""
_OF_KEYS = "key-disabled"


def rule_ids(rules: Sequence[EventRule], *, trail: bool, audited: bool) -> list[str]:
    """Of all that are declared."""
    return [
        *(each.id for each in rules),
        *([_OF_KEYS] if trail else ()),
        KEPT_EVENTS,
        *([KEPT_CALLS] if audited else ()),
    ]


def recorded(names: MonitoringNames) -> Pattern:
    """What the log group has: Amazon ECR's own events, and the sums of Amazon Inspector's scans."""
    return {
        "source": [_ECR, _INSPECTOR],
        "account": [names.registry.account],
        "detail-type": [{"prefix": "ECR "}, "Inspector2 Scan"],
    }


def audited(names: MonitoringNames) -> Pattern:
    """What the log group of calls has: every one, and the runs of lifecycle policies."""
    kinds = [CALLS, _SERVICE_EVENTS]
    return {"source": [_ECR], "account": [names.registry.account], "detail-type": kinds}
