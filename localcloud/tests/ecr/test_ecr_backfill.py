"""What was pushed before a registry replicated: begun, counted, ended, and kept for ninety days."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.aws import RegistryId
from domain.ecr.limits import REPLICATION_BACKFILLS_MAX
from localcloud.calls import Call
from localcloud.ecr.registry_state import Backfill, BackfillStatus, ReplicationStatus
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import NAME, Plane, index, manifest, root
from localcloud.tests.ecr.replicas import REPLICATE, SOURCE_ROOT, arrived, configure, replica, rule, statuses
from localcloud.tests.statements import allow, text

DESTINATION = {"region": OTHER_REGION, "registryId": ACCOUNT}


def stocked(*rules: dict[str, Any]) -> tuple[Plane, dict[str, list[str]]]:
    """A registry that replicates since its images were pushed, with these: digest to tags."""
    plane = Plane()
    plane.create()
    child = plane.push(manifest(1))
    both = plane.push(index(child), "v1")
    plane.push(index(child), "latest")
    single, untagged = plane.push(manifest(2), "v2"), plane.push(manifest(3))
    configure(plane, *rules or (rule(),))
    return plane, {child: [], both: ["latest", "v1"], single: ["v2"], untagged: []}


def begin(plane: Plane, destination: dict[str, str] = DESTINATION) -> str:
    answer = plane("StartReplicationBackfill", destination=destination)
    return str(answer["replicationBackfillId"])


def described(plane: Plane, backfill: str, **given: Any) -> dict[str, Any]:
    return dict(plane("DescribeReplicationBackfillResults", replicationBackfillId=backfill, **given))


def test_all_that_was_there_goes_to_the_one_destination() -> None:
    plane, stock = stocked(rule(), rule("us-west-2"))
    answer = plane("StartReplicationBackfill", destination=DESTINATION)
    assert (answer["status"], answer["destination"]) == ("PREPARING", DESTINATION)
    found = described(plane, answer["replicationBackfillId"])
    assert (found["status"], found["startedAt"]) == ("COMPLETE", answer["startedAt"])
    assert found["endedAt"] >= found["startedAt"]
    counts = {"totalReplicationCount": 4, "completedReplicationCount": 4, "failedReplicationCount": 0}
    assert found["progress"] == {**counts, "failureCodes": []}
    ids = [(each["imageId"]["imageDigest"], each["imageId"].get("imageTag")) for each in found["results"]]
    child, both, single, untagged = stock
    assert ids == [(both, "latest"), (both, "v1"), (single, "v2"), (untagged, None)]
    assert arrived(plane) == stock
    assert arrived(plane, region="us-west-2") == {}
    assert [each["status"] for each in statuses(plane, imageDigest=single)] == ["COMPLETE"]
    assert statuses(plane, imageDigest=child) == []


def test_only_what_a_rule_for_the_destination_covers_goes() -> None:
    plane, _ = stocked(rule(OTHER_REGION, ACCOUNT, "search"), rule("us-west-2"))
    plane.create("search/api")
    assert described(plane, begin(plane))["progress"]["totalReplicationCount"] == 0
    assert arrived(plane) == {}


def test_another_account_takes_what_its_policy_allows() -> None:
    place = {"region": REGION, "registryId": OTHER_ACCOUNT}
    plane, stock = stocked(rule(REGION, OTHER_ACCOUNT))
    refused = described(plane, begin(plane, place))
    assert refused["status"] == "COMPLETE"
    counts = {"totalReplicationCount": 4, "completedReplicationCount": 0, "failedReplicationCount": 4}
    assert refused["progress"] == {**counts, "failureCodes": ["AccessDeniedException"]}
    assert {each["status"] for each in refused["results"]} == {"FAILED"}
    assert "ecr:ReplicateImage" in refused["results"][0]["failureCode"]
    policy = text(allow(*REPLICATE, Principal=SOURCE_ROOT))
    plane("PutRegistryPolicy", by=root(OTHER_ACCOUNT), policyText=policy)
    assert described(plane, begin(plane, place))["progress"]["completedReplicationCount"] == 4
    assert arrived(plane, OTHER_ACCOUNT, REGION) == stock


def test_one_of_which_half_fails_ends_after_a_hundred(plane: Plane) -> None:
    plane.create()
    for number in range(103):
        plane.push(manifest(number), f"v{number}")
    configure(plane, rule(REGION, OTHER_ACCOUNT))
    found = described(plane, begin(plane, {"region": REGION, "registryId": OTHER_ACCOUNT}))
    counts = found["progress"]
    assert (found["status"], counts["totalReplicationCount"], counts["failedReplicationCount"]) == ("FAILED", 103, 100)
    assert len(found["results"]) == 100


def test_an_image_that_is_gone_by_its_turn_fails_and_until_the_end_there_are_no_results() -> None:
    plane, (_, _, single, _) = stocked()
    call = Call(caller=root(), region=REGION)
    there = RegistryId(account=ACCOUNT, region=OTHER_REGION)

    async def run() -> dict[str, Any]:
        async with plane.replicator._turns.setdefault(there, asyncio.Lock()):
            begun = await plane.control.answer("StartReplicationBackfill", {"destination": DESTINATION}, call)
            await asyncio.sleep(0)
            given = {"replicationBackfillId": begun["replicationBackfillId"]}
            backfill = plane.registries.of(ACCOUNT, REGION).backfills[begun["replicationBackfillId"]]
            backfill.images[0].progress.status = ReplicationStatus.COMPLETE
            under_way = await plane.control.answer("DescribeReplicationBackfillResults", given, call)
            assert (under_way["status"], under_way["results"]) == ("IN_PROGRESS", [])
            progress = under_way["progress"]
            assert (progress["completedReplicationCount"], progress["totalReplicationCount"]) == (1, 4)
            assert "endedAt" not in under_way
            del plane.repository().images[single]
        await plane.replicator.settled()
        return given

    given = asyncio.run(run())
    failed = plane("DescribeReplicationBackfillResults", **given, resultStatusFilter="FAILED")
    (result,) = failed["results"]
    assert (result["repositoryName"], result["imageId"]["imageTag"]) == (NAME, "v2")
    assert failed["progress"]["failureCodes"] == ["ImageNotFoundException"]
    given["resultStatusFilter"] = "COMPLETE"
    complete = plane("DescribeReplicationBackfillResults", **given, maxResults=2)
    rest = plane("DescribeReplicationBackfillResults", **given, nextToken=complete["nextToken"])
    assert (len(complete["results"]), len(rest["results"])) == (2, 1)
    assert single not in replica(plane).images


def running(region: str) -> Backfill:
    destination = RegistryId(account=ACCOUNT, region=region)
    return Backfill(destination=destination, started_at=datetime.now(UTC), status=BackfillStatus.IN_PROGRESS)


def test_what_a_registry_refuses_to_begin() -> None:
    plane, _ = stocked(rule(), rule(OTHER_REGION, OTHER_ACCOUNT))
    registry = plane.registries.of(ACCOUNT, REGION)
    elsewhere = {"region": "us-west-2", "registryId": ACCOUNT}
    assert plane.code("StartReplicationBackfill", destination=elsewhere) == "ValidationException"
    registry.backfills = {f"{number}": running(f"region-{number}") for number in range(REPLICATION_BACKFILLS_MAX - 1)}
    registry.backfills["there"] = running(OTHER_REGION)
    for account in (ACCOUNT, OTHER_ACCOUNT):
        refused = plane.code("StartReplicationBackfill", destination={**DESTINATION, "registryId": account})
        assert refused == "ReplicationBackfillInProgressException"
    registry.backfills["there"] = running("region-9")
    assert plane.code("StartReplicationBackfill", destination=DESTINATION) == "LimitExceededException"
    registry.backfills.popitem()
    begin(plane)


@cases("days, kept", (89, True), (91, False))
def test_it_is_kept_for_ninety_days(days: int, *, kept: bool) -> None:
    plane, _ = stocked()
    name = begin(plane)
    plane.registries.of(ACCOUNT, REGION).backfills[name].ended_at = datetime.now(UTC) - timedelta(days=days)
    listed = plane("ListReplicationBackfills")
    assert listed["registryId"] == ACCOUNT
    assert [each["replicationBackfillId"] for each in listed["backfills"]] == ([name] if kept else [])
    if kept:
        assert described(plane, name)["results"]
    else:
        code = plane.code("DescribeReplicationBackfillResults", replicationBackfillId=name)
        assert code == "ReplicationBackfillNotFoundException"


def test_twenty_five_are_listed_on_a_page_in_the_order_of_their_starts() -> None:
    plane, _ = stocked()
    names = [begin(plane) for _ in range(27)]
    first = plane("ListReplicationBackfills")
    rest = plane("ListReplicationBackfills", nextToken=first["nextToken"])
    found = [each["replicationBackfillId"] for each in (*first["backfills"], *rest["backfills"])]
    assert (len(first["backfills"]), found) == (25, names)
    assert described(plane, begin(plane))["progress"]["completedReplicationCount"] == 4
