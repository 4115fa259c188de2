"""Where a registry's images are replicated to, how far that has come, and backfills to one destination."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.aws import RegistryId
from domain.ecr.limits import REPLICATION_BACKFILL_KEPT_DAYS, REPLICATION_BACKFILLS_MAX
from domain.ecr.replication import PREFIX_MATCH, ReplicationRule, replication_problems
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.operations.paging import page
from localcloud.ecr.operations.repository_images import ImageId, named_image
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import (
    Backfill,
    BackfilledImage,
    BackfillStatus,
    ReplicationProgress,
    ReplicationStatus,
    StoredRegistry,
)

_LISTED = 25
"""API reference, ListReplicationBackfills, maxResults: what a page holds when the caller does not say."""


async def put_replication_configuration(request: OperationRequest) -> Answer:
    registry = request.registry
    rules = tuple(_rule(each) for each in request.input["replicationConfiguration"]["rules"])
    source = RegistryId(account=registry.account, region=registry.region)
    if problems := replication_problems(rules, source=source):
        faults = "; ".join(f"{'.'.join(map(str, each.path))} {each.message}, {each.fix}" for each in problems)
        raise invalid_parameter("replicationConfiguration", f"Invalid replication configuration: {faults}")
    registry.replication = rules
    return {"replicationConfiguration": _configuration(registry)}


async def describe_registry(request: OperationRequest) -> Answer:
    return {"registryId": request.registry.account, "replicationConfiguration": _configuration(request.registry)}


async def describe_image_replication_status(request: OperationRequest) -> Answer:
    """One status for each registry that the image goes to; none for an image that was there before."""
    image_id = ImageId.of(request.input["imageId"])
    image = named_image(image_id, request.repository, "imageId")
    statuses = [_status(destination, each) for destination, each in sorted(image.replications.items())]
    return {
        "repositoryName": request.name,
        "imageId": ImageId(image.digest, image_id.tag).members(),
        "replicationStatuses": statuses,
    }


def _rule(given: Mapping[str, Any]) -> ReplicationRule:
    if given.get("deleteReplication", {}).get("enabled"):
        why = "the replication of deletions is not built in the local cloud's ECR"
        raise invalid_parameter("replicationConfiguration.rules.deleteReplication", why)
    destinations = [RegistryId(account=each["registryId"], region=each["region"]) for each in given["destinations"]]
    prefixes = [each["filter"] for each in given.get("repositoryFilters", ())]
    return ReplicationRule(destinations=tuple(destinations), prefixes=tuple(prefixes))


def _configuration(registry: StoredRegistry) -> Answer:
    return {"rules": [_rule_members(each) for each in registry.replication]}


def _rule_members(rule: ReplicationRule) -> Answer:
    filters = [{"filter": each, "filterType": PREFIX_MATCH} for each in rule.prefixes]
    return {
        "destinations": [destination_members(each) for each in rule.destinations],
        **({"repositoryFilters": filters} if filters else {}),
    }


def destination_members(destination: RegistryId) -> Answer:
    return {"region": destination.region, "registryId": destination.account}


def _status(destination: RegistryId, replication: ReplicationProgress) -> Answer:
    failure = {"failureCode": replication.failure} if replication.failure else {}
    return {**destination_members(destination), "status": replication.status.value, **failure}


async def start_replication_backfill(request: OperationRequest) -> Answer:
    registry, given = request.registry, request.input["destination"]
    destination = RegistryId(account=given["registryId"], region=given["region"])
    _require_room(registry, destination)
    name, backfill = str(uuid4()), Backfill(destination=destination, started_at=request.now)
    registry.backfills[name] = backfill
    request.services.replicator.begin_backfill(registry, backfill)
    return {"registryId": registry.account, **_summary(name, backfill)}


async def list_replication_backfills(request: OperationRequest) -> Answer:
    kept = _kept(request.registry, request.now)
    keys = {f"{each.started_at.isoformat()} {name}": _summary(name, each) for name, each in kept.items()}
    found, more = page(request, "ListReplicationBackfills", keys, size=_LISTED)
    return {"registryId": request.registry.account, "backfills": found, **more}


async def describe_replication_backfill_results(request: OperationRequest) -> Answer:
    """The results image by image are there only when it has ended."""
    name = request.input["replicationBackfillId"]
    backfill = _kept(request.registry, request.now).get(name)
    if backfill is None:
        text = f"The replication backfill with id '{name}' does not exist in the registry"
        raise EcrError("ReplicationBackfillNotFoundException", text)
    wanted = request.input.get("resultStatusFilter")
    ended = backfill.images if backfill.ended_at else ()
    results = {
        f"{number:08}": _result(each)
        for number, each in enumerate(ended)
        if each.progress.status is not ReplicationStatus.IN_PROGRESS and wanted in (None, each.progress.status.value)
    }
    found, more = page(request, f"DescribeReplicationBackfillResults {name} {wanted}", results)
    return {"registryId": request.registry.account, **_summary(name, backfill), "results": found, **more}


def _require_room(registry: StoredRegistry, destination: RegistryId) -> None:
    if not any(destination in rule.destinations for rule in registry.replication):
        text = f"The replication configuration has no destination {destination.account} in {destination.region}"
        raise EcrError("ValidationException", text)
    running = [each for each in registry.backfills.values() if each.ended_at is None]
    if any(each.destination.region == destination.region for each in running):
        text = f"A replication backfill to {destination.region} is already in progress"
        raise EcrError("ReplicationBackfillInProgressException", text)
    if len(running) >= REPLICATION_BACKFILLS_MAX:
        text = f"The registry has {REPLICATION_BACKFILLS_MAX} replication backfills in progress already"
        raise EcrError("LimitExceededException", text)


def _kept(registry: StoredRegistry, now: datetime) -> Mapping[str, Backfill]:
    since = now - timedelta(days=REPLICATION_BACKFILL_KEPT_DAYS)
    return {
        name: each for name, each in registry.backfills.items() if each.ended_at is None or each.ended_at > since
    }  # fmt: skip


def _summary(name: str, backfill: Backfill) -> Answer:
    members: Answer = {
        "replicationBackfillId": name,
        "destination": destination_members(backfill.destination),
        "status": backfill.status.value,
        "startedAt": backfill.started_at,
    }
    if backfill.status is not BackfillStatus.PREPARING:
        members["progress"] = _progress(backfill)
    return {**members, **({"endedAt": backfill.ended_at} if backfill.ended_at else {})}


def _progress(backfill: Backfill) -> Answer:
    failures = {each.progress.failure for each in backfill.images if each.progress.failure}
    return {
        "totalReplicationCount": len(backfill.images),
        "completedReplicationCount": backfill.count(ReplicationStatus.COMPLETE),
        "failedReplicationCount": backfill.count(ReplicationStatus.FAILED),
        "failureCodes": sorted({each.partition(":")[0] for each in failures}),
    }


def _result(image: BackfilledImage) -> Answer:
    failure = {"failureCode": image.progress.failure} if image.progress.failure else {}
    image_id = ImageId(image.digest, image.tag).members()
    status = image.progress.status.value
    return {"repositoryName": image.repository, "imageId": image_id, "status": status, **failure}
