"""The replication status of an image, and the settings of a repository that Amazon ECR created."""

import time
from collections.abc import Mapping
from typing import Any

from domain.aws import RegistryId
from domain.document_text import parse_json, to_json_text
from domain.ecr.tags import TagMutability
from domain.iam import document
from rehearsal.proofs.harness.case import Broken, RegistryCase

COMPLETE, FAILED = "COMPLETE", "FAILED"
_UNDER_WAY = "IN_PROGRESS"
_PATIENCE, _PAUSE = 30.0, 0.02
"""Seconds."""


def settled(home: RegistryCase, name: str, digest: str) -> Mapping[RegistryId, str]:
    """How the image's way to each registry ended; a failure with its reason."""
    end = time.monotonic() + _PATIENCE
    while True:
        wanted = {"repositoryName": name, "imageId": {"imageDigest": digest}}
        statuses = home.api("ecr").describe_image_replication_status(**wanted)["replicationStatuses"]
        if not any(each["status"] == _UNDER_WAY for each in statuses):
            return {RegistryId(account=each["registryId"], region=each["region"]): _outcome(each) for each in statuses}
        if time.monotonic() > end:
            raise Broken(f"{name}@{digest} is under way for {_PATIENCE:.0f} s")
        time.sleep(_PAUSE)


def _outcome(status: Mapping[str, str]) -> str:
    return f"{FAILED}: {status.get('failureCode')}" if status["status"] == FAILED else status["status"]


def require_made(
    case: RegistryCase, name: str, mode: TagMutability, *, lifecycle: str, policy: str | None, tags: Mapping[str, str]
) -> None:
    """Raises Broken unless the repository has these settings, under the stack's own key."""
    ecr = case.api("ecr")
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    actual = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    expected = {
        "encryption": {"encryptionType": "KMS", "kmsKey": case.own_key()},
        "mutability": mode.value,
        "tags": dict(tags),
        "lifecycle policy": to_json_text(parse_json(lifecycle)),
        "repository policy": _meaning(policy),
    }
    there = {
        "encryption": found["encryptionConfiguration"],
        "mutability": found["imageTagMutability"],
        "tags": {each["Key"]: each["Value"] for each in actual},
        "lifecycle policy": _lifecycle(ecr, name),
        "repository policy": _policy(ecr, name),
    }
    for what, declared in expected.items():
        if there[what] != declared:
            raise Broken(f"{what} of {name}: declared {declared}, and there is {there[what]}")


def _lifecycle(ecr: Any, name: str) -> str | None:
    try:
        return to_json_text(parse_json(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]))
    except ecr.exceptions.LifecyclePolicyNotFoundException:
        return None


def _policy(ecr: Any, name: str) -> str | None:
    try:
        return _meaning(ecr.get_repository_policy(repositoryName=name)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None


def _meaning(policy: str | None) -> str | None:
    return None if policy is None else to_json_text(document.parse(policy).to_json())
