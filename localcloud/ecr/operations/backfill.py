"""What was pushed before its registry replicated, sent to one destination, and how far that has come."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from domain.aws import RegistryId
from domain.ecr.limits import REPLICATION_BACKFILL_KEPT_DAYS, REPLICATION_BACKFILLS_MAX
from localcloud.ecr.errors import EcrError
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.image_ids import ImageId
from localcloud.ecr.operations.paging import page
from localcloud.ecr.operations.replication import place
from localcloud.ecr.state import Backfill, BackfilledImage, BackfillStatus, Registry, ReplicationStatus

_LISTED = 25
"""API reference, ListReplicationBackfills, maxResults: what a page holds when the caller does not say."""


async def begin(asked: Asked) -> Answer:
    registry, given = asked.registry, asked.given["destination"]
    destination = RegistryId(account=given["registryId"], region=given["region"])
    _require_room(registry, destination)
    name, backfill = str(uuid4()), Backfill(destination=destination, started_at=asked.now)
    registry.backfills[name] = backfill
    asked.services.replicator.begin_backfill(registry, backfill)
    return {"registryId": registry.account, **_summary(name, backfill)}


async def list_all(asked: Asked) -> Answer:
    kept = _kept(asked.registry, asked.now)
    keys = {f"{each.started_at.isoformat()} {name}": _summary(name, each) for name, each in kept.items()}
    found, more = page(asked, "ListReplicationBackfills", keys, size=_LISTED)
    return {"registryId": asked.registry.account, "backfills": found, **more}


async def describe(asked: Asked) -> Answer:
    """The results image by image are there only when it has ended."""
    name = asked.given["replicationBackfillId"]
    backfill = _kept(asked.registry, asked.now).get(name)
    if backfill is None:
        text = f"The replication backfill with id '{name}' does not exist in the registry"
        raise EcrError("ReplicationBackfillNotFoundException", text)
    wanted = asked.given.get("resultStatusFilter")
    ended = backfill.images if backfill.ended_at else ()
    results = {
        f"{number:08}": _result(each)
        for number, each in enumerate(ended)
        if each.progress.status is not ReplicationStatus.IN_PROGRESS and wanted in (None, each.progress.status.value)
    }
    found, more = page(asked, f"DescribeReplicationBackfillResults {name} {wanted}", results)
    return {"registryId": asked.registry.account, **_summary(name, backfill), "results": found, **more}


def _require_room(registry: Registry, destination: RegistryId) -> None:
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


def _kept(registry: Registry, now: datetime) -> Mapping[str, Backfill]:
    since = now - timedelta(days=REPLICATION_BACKFILL_KEPT_DAYS)
    return {
        name: each for name, each in registry.backfills.items() if each.ended_at is None or each.ended_at > since
    }  # fmt: skip


def _summary(name: str, backfill: Backfill) -> Answer:
    told: Answer = {
        "replicationBackfillId": name,
        "destination": place(backfill.destination),
        "status": backfill.status.value,
        "startedAt": backfill.started_at,
    }
    if backfill.status is not BackfillStatus.PREPARING:
        told["progress"] = _progress(backfill)
    return {**told, **({"endedAt": backfill.ended_at} if backfill.ended_at else {})}


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
    image_id = ImageId(image.digest, image.tag).told()
    status = image.progress.status.value
    return {"repositoryName": image.repository, "imageId": image_id, "status": status, **failure}
