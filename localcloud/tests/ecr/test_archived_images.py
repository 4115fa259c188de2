"""The archive storage class: what is archived is described and deleted, and not pulled until it is restored."""

from typing import Any

import pytest

from localcloud.tests.ecr.control_plane import NAME, Plane, digest_of, index, manifest
from localcloud.tests.ecr.registry_server import REPOSITORY, Server
from localcloud.tests.ecr.replicas import arrived, replicating

HERE: dict[str, Any] = {"repositoryName": NAME}
NOT_SUPPORTED = "ImageStorageClassUpdateNotSupportedException"
BY_TAG = {"imageTag": "v1"}


def change(plane: Plane, target: str, image_id: dict[str, str] = BY_TAG) -> str:
    answer = plane("UpdateImageStorageClass", **HERE, imageId=image_id, targetStorageClass=target)
    assert image_id.items() <= answer["imageId"].items()
    return str(answer["imageStatus"])


def described(plane: Plane, status: str | None = None) -> dict[str, dict[str, Any]]:
    filters: dict[str, Any] = {} if status is None else {"filter": {"imageStatus": status}}
    answer = plane("DescribeImages", **HERE, **filters)
    return {each["imageDigest"]: each for each in answer["imageDetails"]}


@pytest.fixture
def plane(plane: Plane) -> Plane:
    plane.create()
    plane.push(manifest(1), "v1")
    return plane


def test_an_archived_image_is_described_where_its_status_is_asked_for_and_not_pulled(plane: Plane) -> None:
    digest = digest_of(manifest(1))
    assert change(plane, "ARCHIVE") == "ARCHIVED"
    assert described(plane) == described(plane, "ACTIVE") == {}
    assert plane("ListImages", **HERE)["imageIds"] == []
    assert plane("ListImages", **HERE, filter={"imageStatus": "ARCHIVED"})["imageIds"] == [
        {"imageDigest": digest, **BY_TAG}
    ]
    found = described(plane, "ANY")[digest]
    assert (found["imageStatus"], found["lastArchivedAt"] >= found["imagePushedAt"]) == ("ARCHIVED", True)
    assert "lastActivatedAt" not in found
    for image_id in (BY_TAG, {"imageDigest": digest}):
        answer = plane("BatchGetImage", **HERE, imageIds=[image_id])
        assert [each["failureCode"] for each in answer["failures"]] == ["ImageNotFound"]
    plane("BatchDeleteImage", **HERE, imageIds=[BY_TAG])
    assert described(plane, "ANY") == {}


def test_a_restored_image_is_pulled_again_and_says_since_when(plane: Plane) -> None:
    change(plane, "ARCHIVE")
    assert change(plane, "STANDARD") == "ACTIVATING"
    (found,) = described(plane).values()
    assert (found["imageStatus"], found["lastActivatedAt"] >= found["lastArchivedAt"]) == ("ACTIVE", True)
    assert plane("BatchGetImage", **HERE, imageIds=[BY_TAG])["failures"] == []


def test_pushing_an_archived_image_restores_it(plane: Plane) -> None:
    change(plane, "ARCHIVE")
    plane.push(manifest(1), "v1")
    (found,) = described(plane).values()
    assert "lastActivatedAt" in found
    assert plane.code("PutImage", **HERE, imageManifest=manifest(1), imageTag="v1") == "ImageAlreadyExistsException"


def test_an_image_is_not_moved_to_the_class_that_it_is_in(plane: Plane) -> None:
    given = {**HERE, "imageId": BY_TAG}
    assert plane.code("UpdateImageStorageClass", **given, targetStorageClass="STANDARD") == NOT_SUPPORTED
    change(plane, "ARCHIVE")
    assert plane.code("UpdateImageStorageClass", **given, targetStorageClass="ARCHIVE") == NOT_SUPPORTED
    missing = {**HERE, "imageId": {"imageTag": "missing"}}
    assert plane.code("UpdateImageStorageClass", **missing, targetStorageClass="ARCHIVE") == "ImageNotFoundException"


def test_an_image_of_an_index_is_archived_after_it(plane: Plane) -> None:
    child = digest_of(manifest(1))
    holder = plane.push(index(child), "both")
    given: dict[str, Any] = {**HERE, "imageId": {"imageDigest": child}, "targetStorageClass": "ARCHIVE"}
    refusal = plane.refused("UpdateImageStorageClass", **given)
    assert (refusal.code, holder in refusal.message) == (NOT_SUPPORTED, True)
    change(plane, "ARCHIVE", {"imageTag": "both"})
    plane("UpdateImageStorageClass", **given)
    assert described(plane) == {}


def test_a_restored_image_is_replicated_as_one_that_is_pushed() -> None:
    plane = replicating()
    digest = plane.push(manifest(1), "v1")
    change(plane, "ARCHIVE")
    plane("BatchDeleteImage", **HERE, imageIds=[BY_TAG], region="eu-west-1")
    assert arrived(plane) == {}
    change(plane, "STANDARD")
    assert arrived(plane) == {digest: ["v1"]}


def test_clients_find_no_archived_image_nor_its_tag(server: Server) -> None:
    digest = server.push_image("v1")
    image = server.registry.repository(REPOSITORY).images[digest]
    paths = [f"/v2/{REPOSITORY}/manifests/{each}" for each in ("v1", digest)]
    assert [server.ask("GET", each).status for each in paths] == [200, 200]
    image.archived = True
    assert [server.ask(method, each).status for each in paths for method in ("GET", "HEAD")] == [404] * 4
    assert server.ask("GET", f"/v2/{REPOSITORY}/tags/list").json["tags"] == []
    server.push_image("v1")
    assert [server.ask("GET", each).status for each in paths] == [200, 200]
