"""Events that are planted: nothing is scanned here and no lifecycle policy runs, so tests say what came of it.

https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html has Inspector's two shapes, and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html the run of a lifecycle policy."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.ecr.names import repository_arn
from localcloud.ecr.image_store import find_image
from localcloud.ecr.registry_state import StoredImage, StoredRegistry
from localcloud.events import ecr_events
from localcloud.events.event import Event, new_event
from localcloud.events.trail import service_event

_INSPECTOR = "aws.inspector2"
REFERENCED = "ImageReferencedByManifestList"
_REASONS = {REFERENCED: "Requested image referenced by manifest list"}


def scan_event(
    registry: StoredRegistry, name: str, reference: str, counts: Mapping[str, int], *, inspector: bool
) -> Event:
    """A scan with so many findings of each severity: ECR's basic one, or Inspector's first of the image."""
    image = _image(registry, name, reference)
    if not inspector:
        return ecr_events.scanned(registry, name, image, counts, datetime.now(UTC))
    arn = repository_arn(registry.region, registry.account, name)
    detail = {
        "scan-status": "INITIAL_SCAN_COMPLETE",
        "repository-name": arn,
        "finding-severity-counts": {**counts, "TOTAL": sum(counts.values())},
        "image-digest": image.digest,
        "image-tags": sorted(image.tags),
        "version": "1.0",
    }
    return _inspector_event(registry, "Inspector2 Scan", detail, (arn,))


def finding_event(
    registry: StoredRegistry, name: str, reference: str, *, vulnerability: str, severity: str, status: str
) -> Event:
    """Inspector's one finding of an image."""
    image = _image(registry, name, reference)
    finding = f"arn:aws:inspector2:{registry.region}:{registry.account}:finding/{uuid.uuid4().hex}"
    arn = f"{repository_arn(registry.region, registry.account, name)}/{image.digest}"
    container = {
        "architecture": "amd64",
        "imageHash": image.digest,
        "imageTags": sorted(image.tags),
        "platform": "ALPINE_LINUX_3_20",
        "pushedAt": f"{image.pushed_at:%b %-d, %Y, %-I:%M:%S %p}",
        "registry": registry.account,
        "repositoryName": name,
    }
    now = f"{datetime.now(UTC):%b %-d, %Y, %-I:%M:%S %p}"
    detail = {
        "findingArn": finding,
        "awsAccountId": registry.account,
        "type": "PACKAGE_VULNERABILITY",
        "description": f"{vulnerability} was planted: nothing was scanned",
        "title": f"{vulnerability} - openssl",
        "severity": severity,
        "status": status,
        "firstObservedAt": now,
        "lastObservedAt": now,
        "updatedAt": now,
        "packageVulnerabilityDetails": {
            "vulnerabilityId": vulnerability,
            "source": "NVD",
            "vulnerablePackages": [{"name": "openssl", "version": "3.3.0", "packageManager": "OS"}],
        },
        "resources": [
            {
                "id": arn,
                "type": "AWS_ECR_CONTAINER_IMAGE",
                "partition": arn.split(":")[1],
                "region": registry.region,
                "details": {"awsEcrContainerImage": container},
            }
        ],
    }
    return _inspector_event(registry, "Inspector2 Finding", detail, (arn,))


def lifecycle_run_event(
    registry: StoredRegistry, name: str, *, expired: Sequence[str], failed: Sequence[str], failure_code: str
) -> Event:
    """A run of the repository's lifecycle policy on these images: they are not touched. The failure that every index
    brings is REFERENCED."""
    images = [{"lifecycleEventImage": _in_run(_image(registry, name, each)), "rulePriority": 1} for each in expired]
    failures = [
        {
            "lifecycleEventImage": _in_run(_image(registry, name, each)),
            "rulePriority": 1,
            "failureCode": failure_code,
            "failureReason": _REASONS.get(failure_code, failure_code),
        }
        for each in failed
    ]
    # Both lists are there without a failure, too, and empty then.
    details = {
        "repositoryName": name,
        "lifecycleEventImageActions": images,
        "lifecycleEventFailureDetails": failures,
    }
    arn = repository_arn(registry.region, registry.account, name)
    return service_event(
        "ecr",
        "PolicyExecutionEvent",
        details,
        account=registry.account,
        region=registry.region,
        resources=[{"accountId": registry.account, "type": "AWS::ECR::Repository", "ARN": arn}],
        now=datetime.now(UTC),
    )


def _image(registry: StoredRegistry, name: str, reference: str) -> StoredImage:
    """By digest, or by tag; raises EcrError."""
    tag, digest = (None, reference) if ":" in reference else (reference, None)
    return find_image(registry.repository(name), tag=tag, digest=digest)


def _in_run(image: StoredImage) -> dict[str, Any]:
    return {
        "digest": image.digest,
        "tagStatus": "Tagged" if image.tags else "Untagged",
        "tagList": sorted(image.tags),
        "pushedAt": int(image.pushed_at.timestamp() * 1000),
    }


def _inspector_event(
    registry: StoredRegistry, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
) -> Event:
    account, region, now = registry.account, registry.region, datetime.now(UTC)
    return new_event(_INSPECTOR, detail_type, detail, account=account, region=region, now=now, resources=resources)
