"""When an image is copied: after its pusher has an answer, in the order of the pushes, and only while it is there."""

import asyncio
from typing import Any

import pytest

from domain.aws import RegistryId
from domain.ecr.replication import ReplicationRule
from domain.iam.access import Caller
from localcloud.calls import Call
from localcloud.ecr import repository_creation
from localcloud.ecr.registry_state import ReplicationStatus, StoredImage, StoredRepository
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import NAME, Plane, digest_of, manifest, root, user
from localcloud.tests.ecr.registry_server import REPOSITORY, Server
from localcloud.tests.ecr.replicas import arrived, replica, replicating
from localcloud.tests.processes import eventually
from localcloud.tests.statements import allow

FRANKFURT = RegistryId(account=ACCOUNT, region="eu-central-1")


async def put(plane: Plane, number: int, tag: str, by: Caller) -> str:
    given = {"repositoryName": NAME, "imageManifest": manifest(number), "imageTag": tag}
    await plane.control.answer("PutImage", given, Call(caller=by, region=REGION))
    return digest_of(manifest(number))


async def status_now(plane: Plane, digest: str) -> str:
    given = {"repositoryName": NAME, "imageId": {"imageDigest": digest}}
    answer = await plane.control.answer("DescribeImageReplicationStatus", given, Call(caller=root(), region=REGION))
    (status,) = answer["replicationStatuses"]
    return str(status["status"])


@pytest.fixture
def plane() -> Plane:
    return replicating()


def test_the_pusher_has_its_answer_before_anything_is_copied(plane: Plane) -> None:

    async def run() -> None:
        digest = await put(plane, 1, "v1", user(allow("ecr:PutImage")))
        assert await status_now(plane, digest) == "IN_PROGRESS"
        assert NAME not in plane.registries.of(ACCOUNT, OTHER_REGION).repositories
        await plane.replicator.settled()
        assert await status_now(plane, digest) == "COMPLETE"

    asyncio.run(run())


def test_a_tag_that_moves_fast_ends_in_the_replica_where_it_ends_in_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    plane = replicating()
    made, waits = repository_creation.create_by_template, iter((0.05, 0.0, 0.0))

    async def slow(*given: Any) -> StoredRepository:
        await asyncio.sleep(next(waits))
        return await made(*given)

    monkeypatch.setattr(repository_creation, "create_by_template", slow)

    async def run() -> list[str]:
        digests = [await put(plane, number, "latest", root()) for number in range(3)]
        await plane.replicator.settled()
        return digests

    *_, last = asyncio.run(run())
    assert replica(plane).tagged == plane.repository().tagged == {"latest": last}


@cases(
    "calls",
    case("image", [("BatchDeleteImage", {"imageIds": [{"imageTag": "v1"}]})]),
    case("repository", [("DeleteRepository", {"force": True}), ("CreateRepository", {})]),
)
def test_an_image_that_goes_before_its_turn_alone_or_with_its_repository_fails(
    plane: Plane, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    async def run() -> str:
        await put(plane, 1, "v1", root())
        image = plane.repository().images[digest_of(manifest(1))]
        for operation, given in calls:
            call = Call(caller=root(), region=REGION)
            await plane.control.answer(operation, {"repositoryName": NAME, **given}, call)
        await plane.replicator.settled()
        (replication,) = image.replications.values()
        return replication.failure or ""

    assert asyncio.run(run()).startswith("ImageNotFoundException")
    assert arrived(plane) == {}


@pytest.fixture
def server(server: Server) -> Server:
    """A registry that replicates to Frankfurt."""
    server.registry.replication = (ReplicationRule(destinations=(FRANKFURT,)),)
    return server


def pushed(server: Server, digest: str) -> StoredImage:
    return server.registry.repositories[REPOSITORY].images[digest]


def complete(server: Server, digest: str) -> bool:
    return pushed(server, digest).replications[FRANKFURT].status is ReplicationStatus.COMPLETE


def frankfurt(server: Server) -> StoredRepository:
    return server.registries.of(ACCOUNT, "eu-central-1").repositories[REPOSITORY]


def test_what_is_pushed_to_the_data_plane_is_replicated_with_its_layers_once(server: Server) -> None:
    digest = server.push_image("v1")
    assert eventually(lambda: complete(server, digest), 5)
    arrival = frankfurt(server)
    assert (arrival.tagged, arrival.images[digest].layers <= arrival.layers) == ({"v1": digest}, True)
    before = pushed(server, digest).replications[FRANKFURT]
    del server.registries.of(ACCOUNT, "eu-central-1").repositories[REPOSITORY]
    server.push_image("v1")
    assert pushed(server, digest).replications[FRANKFURT] is before
    server.push_image("v2")
    assert eventually(lambda: complete(server, digest), 5)
    assert eventually(lambda: frankfurt(server).tagged == {"v2": digest}, 5)
