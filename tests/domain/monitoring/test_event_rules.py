"""Each event rule: the events that it is for, and those that only resemble them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from domain.aws import RegistryId
from domain.events.limits import PATTERN_MAX_LENGTH
from domain.events.patterns import matches, pattern_problems
from domain.events.transforms import transform_problems, transformed
from domain.monitoring.event_rules import Deployment, EventRule, audited, event_rules, key_disabled, recorded
from domain.monitoring.monitoring_names import MonitoringNames

ACCOUNT, OTHER_ACCOUNT, REGION = "111122223333", "444455556666", "eu-west-1"
NAMES = MonitoringNames(prefix="container-registry-dev", registry=RegistryId(account=ACCOUNT, region=REGION))
ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
DEPLOYMENT = Deployment(
    role_path=f"{ROLES}container-registry/dev/", deploy_role=f"{ROLES}container-registry-dev-deploy"
)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000001"
RUNBOOKS = "https://github.com/acme/container-registry/blob/HEAD/docs/runbooks"
DIGEST = f"sha256:{'ab' * 32}"
Event = dict[str, Any]
RULES = {each.id: each for each in event_rules(NAMES, deployment=DEPLOYMENT, home=False, trail=True)}
RULES["key-disabled"] = key_disabled(NAMES, [KEY])


def event(source: str, kind: str, **detail: Any) -> Event:
    return {
        "version": "0", "id": "13cde686-328b-6117-af20-0e5566167482", "detail-type": kind, "source": source,
        "account": ACCOUNT, "time": "2026-11-30T12:00:00Z", "region": REGION, "resources": [], "detail": detail,
    }  # fmt: skip


def image(kind: str, **more: Any) -> Event:
    return event("aws.ecr", kind, **{"repository-name": "payments/api", "image-digest": DIGEST}, **more)


def basic(counts: Mapping[str, int] | None, **more: Any) -> Event:
    counted = {} if counts is None else {"finding-severity-counts": counts}
    return image("ECR Image Scan", **{"scan-status": "COMPLETE", "image-tags": ["v1"], **counted, **more})


def inspected(counts: Mapping[str, int], **more: Any) -> Event:
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/payments/api"
    given = {"repository-name": arn, "image-digest": DIGEST, "scan-status": "INITIAL_SCAN_COMPLETE"}
    return event("aws.inspector2", "Inspector2 Scan", **{**given, "finding-severity-counts": counts, **more})


def finding(**more: Any) -> Event:
    held = {"repositoryName": "payments/api", "imageHash": DIGEST}
    resources = [{"type": "AWS_ECR_CONTAINER_IMAGE", "details": {"awsEcrContainerImage": held}}]
    vulnerability = {"vulnerabilityId": "CVE-2026-0001"}
    given = {"severity": "CRITICAL", "status": "ACTIVE", "resources": resources, "title": 'a "quoted" title'}
    return event("aws.inspector2", "Inspector2 Finding", **{
        **given, "packageVulnerabilityDetails": vulnerability, **more,
    })  # fmt: skip


def role(arn: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole", "arn": f"{arn.replace(':role/', ':assumed-role/')}/session",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn}},
    }  # fmt: skip


SOMEONE = role(f"{ROLES}Admin")
PUBLISHER = role(f"{DEPLOYMENT.role_path}dev.acme.payments-api")
DEPLOYS = role(DEPLOYMENT.deploy_role)
DESTROYS = role(f"{ROLES}container-registry-dev-destroy")
REPLICATES = role(f"{ROLES}aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication")
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice"}
SERVICE = {"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}


def call(name: str, by: Mapping[str, Any] = SOMEONE, *, of: str = "ecr", **more: Any) -> Event:
    given = {
        "eventSource": f"{of}.amazonaws.com", "eventName": name, "userIdentity": by, "sourceIPAddress": "192.0.2.1",
        "eventTime": "2026-11-30T12:00:00Z", "eventID": "e1", "requestParameters": {"repositoryName": "payments/api"},
    }  # fmt: skip
    return event(f"aws.{of}", "AWS API Call via CloudTrail", **{**given, **more})


def lifecycle(*failures: str) -> Event:
    failed = [{"lifecycleEventImage": {"digest": DIGEST}, "failureCode": each} for each in failures]
    return event(
        "aws.ecr", "AWS Service Event via CloudTrail", eventSource="ecr.amazonaws.com",
        eventName="PolicyExecutionEvent", eventTime="2026-11-30T12:00:00Z", eventID="e2",
        serviceEventDetails={"repositoryName": "payments/api", "lifecycleEventFailureDetails": failed},
    )  # fmt: skip


def key_call(name: str, key: str, **more: Any) -> Event:
    return call(name, of="kms", requestParameters={"keyId": key}, **more)


DENIED: dict[str, Any] = {"errorCode": "AccessDenied"}
FAILED: dict[str, Any] = {"errorCode": "RepositoryNotFoundException"}
ARCHIVED = {"action-type": "UPDATE_STORAGE_CLASS", "target-storage-class": "ARCHIVE", "result": "SUCCESS"}
PULLED = {"upstream-registry-url": "registry-1.docker.io", "image-tag": "v1"}
REPLICATED = {"action-type": "REPLICATE", "source-region": "us-east-1", "source-account": ACCOUNT, "image-tag": "v1"}
MATCHING: dict[str, list[Event]] = {
    "findings-basic": [basic({"CRITICAL": 1}), basic({"HIGH": 2, "LOW": 7}), basic({"CRITICAL": 1, "HIGH": 1})],
    "findings-inspector-scan": [inspected({"CRITICAL": 1, "TOTAL": 1}), inspected({"HIGH": 3})],
    "findings-inspector": [finding(), finding(severity="HIGH")],
    "storage-class": [
        image("ECR Image Action", **ARCHIVED),
        image("ECR Image Action", **{**ARCHIVED, "target-storage-class": "STANDARD"}),
    ],
    "cache-failed": [image("ECR Pull Through Cache Action", **PULLED, **{"failure-code": "ImageNotFound"})],
    "lifecycle-failed": [lifecycle("InternalError"), lifecycle("ImageReferencedByManifestList", "InternalError")],
    "replication-failed": [image("ECR Replication Action", **REPLICATED, result="FAILED")],
    "undeclared-push": [call("PutImage"), call("PutImage", USER), call("PutImage", DEPLOYS)],
    "undeclared-delete": [call("BatchDeleteImage"), call("BatchDeleteImage", USER)],
    "call-denied": [call("BatchGetImage", **DENIED), call("PutImage", errorCode="AccessDeniedException")],
    "configuration-changed": [call("PutImageTagMutability"), call("SetRepositoryPolicy", PUBLISHER)],
    "repository-deleted": [call("DeleteRepository"), call("DeleteRepository", DEPLOYS)],
    "key-disabled": [key_call("DisableKey", KEY), key_call("ScheduleKeyDeletion", KEY.rpartition("/")[2])],
}
NEAR_MISSES: dict[str, list[Event]] = {
    "findings-basic": [
        basic({"MEDIUM": 4}), basic({"CRITICAL": 0, "HIGH": 0}), basic(None),
        basic({"CRITICAL": 1}, **{"scan-status": "FAILED"}), {**basic({"HIGH": 1}), "detail-type": "ECR Image Action"},
    ],
    "findings-inspector-scan": [
        inspected({"MEDIUM": 4, "TOTAL": 4}), inspected({"CRITICAL": 0}),
        inspected({"CRITICAL": 1}, **{"repository-name": "payments/api"}),
        inspected({"CRITICAL": 1}, **{"repository-name": f"arn:aws:ecr:{REGION}:{OTHER_ACCOUNT}:repository/a"}),
        {**inspected({"CRITICAL": 1}), "detail-type": "Inspector2 Finding"},
    ],
    "findings-inspector": [
        finding(severity="MEDIUM"), finding(status="CLOSED"), finding(resources=[{"type": "AWS_EC2_INSTANCE"}]),
    ],
    "storage-class": [
        image("ECR Image Action", **{"action-type": "PUSH", "result": "SUCCESS"}),
        image("ECR Referrer Action", **ARCHIVED),
    ],
    "cache-failed": [image("ECR Pull Through Cache Action", **PULLED, **{"sync-status": "SUCCESS"})],
    "lifecycle-failed": [
        lifecycle(), lifecycle("ImageReferencedByManifestList"), {**lifecycle("InternalError"), "source": "acme.ecr"},
    ],
    "replication-failed": [
        image("ECR Replication Action", **REPLICATED, result="SUCCESS"), image("ECR Replication Action", **REPLICATED),
    ],
    "undeclared-push": [
        call("PutImage", PUBLISHER), call("PutImage", REPLICATES), call("PutImage", SERVICE),
        call("PutImage", **FAILED), call("InitiateLayerUpload"),
    ],
    "undeclared-delete": [call("BatchDeleteImage", PUBLISHER), call("BatchDeleteImage", **DENIED), call("PutImage")],
    "call-denied": [call("BatchGetImage"), call("BatchGetImage", **FAILED), call("GetObject", of="s3", **DENIED)],
    "configuration-changed": [
        call("PutImageTagMutability", DEPLOYS), call("DeleteRepositoryPolicy", DESTROYS),
        call("PutImageTagMutability", **DENIED), call("DescribeRepositories"),
        call("PutImageTagMutability", SERVICE),
    ],
    "repository-deleted": [call("DeleteRepository", **FAILED), call("DeleteRepositoryPolicy")],
    "key-disabled": [
        key_call("DisableKey", KEY.replace("0001", "0002")), key_call("EnableKey", KEY),
        key_call("DisableKey", KEY, **DENIED),
    ],
}  # fmt: skip


def of(table: Mapping[str, list[Event]]) -> list[Any]:
    return [
        pytest.param(RULES[rule], each, id=f"{rule}-{index}")
        for rule, events in table.items()
        for index, each in enumerate(events)
    ]


def test_each_rule_has_events_that_match_and_some_that_nearly_do() -> None:
    assert set(MATCHING) == set(NEAR_MISSES) == set(RULES)


@pytest.mark.parametrize(("rule", "given"), of(MATCHING))
def test_what_it_is_for(rule: EventRule, given: Event) -> None:
    assert matches(rule.pattern, given)
    assert not matches(rule.pattern, {**given, "account": OTHER_ACCOUNT}), "of another account"
    assert not matches(rule.pattern, {**given, "region": "us-east-1"}), "of another region"
    assert not matches(rule.pattern, {**given, "detail-type": f"{given['detail-type']} 2"})


@pytest.mark.parametrize(("rule", "given"), of(NEAR_MISSES))
def test_what_only_resembles_it(rule: EventRule, given: Event) -> None:
    assert not matches(rule.pattern, given)


@pytest.mark.parametrize(("rule", "given"), of(MATCHING))
def test_the_message_is_one_that_a_person_can_act_on(rule: EventRule, given: Event) -> None:
    text = transformed(
        rule.paths,
        rule.template(RUNBOOKS),
        given,
        rule_arn="arn",
        rule_name="name",
        ingestion_time="2026-11-30T12:00:01Z",
    )
    message = json.loads(text)
    assert (message["version"], message["source"]) == ("1.0", "custom")
    said = f"{message['content']['title']} {message['content']['description']}"
    assert "<" not in said, "each variable has a path"
    assert REGION in said
    assert message["content"]["nextSteps"] == [f"Runbook: {RUNBOOKS}/{rule.runbook}.md"]
    assert message["metadata"]["eventType"] == rule.id
    about = KEY if rule.id == "key-disabled" else "payments/api"
    assert about in said or KEY.rpartition("/")[2] in said


@pytest.mark.parametrize("rule", list(RULES.values()), ids=list(RULES))
def test_event_bridge_takes_it(rule: EventRule) -> None:
    text = json.dumps(rule.pattern)
    assert not pattern_problems(text)
    assert len(text) < PATTERN_MAX_LENGTH
    assert not transform_problems(rule.paths, rule.template(RUNBOOKS))


def test_what_the_logs_keep() -> None:
    kept = recorded(NAMES)
    assert all(
        matches(kept, each)
        for each in (basic({}), inspected({}), image("ECR Image Action"), image("ECR Referrer Action"))
    )
    assert not any(matches(kept, each) for each in (call("PutImage"), lifecycle(), finding()))
    calls = audited(NAMES)
    assert all(matches(calls, each) for each in (call("PutImage"), call("BatchGetImage", **DENIED), lifecycle()))
    assert not any(matches(calls, each) for each in (basic({}), key_call("DisableKey", KEY)))
