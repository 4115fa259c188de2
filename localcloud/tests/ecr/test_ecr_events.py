"""What Amazon ECR tells EventBridge: each event in the shape that AWS publishes, from each way it comes about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from domain.ecr.images import OCI_MANIFEST
from localcloud.events.event import Event
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, digest_of, index, manifest
from localcloud.tests.ecr.registry_server import REPOSITORY, Server, image
from localcloud.tests.ecr.replicas import replicating, rule

ACTIONS = (
    {"action-type", "repository-name", "result"},
    {"artifact-media-type", "image-digest", "image-tag", "last-activated-at", "manifest-media-type",
     "target-storage-class"},
)  # fmt: skip
SCHEMA: Mapping[str, tuple[set[str], set[str]]] = {
    "ECR Image Action": ACTIONS,
    "ECR Referrer Action": ACTIONS,
    "ECR Replication Action": (
        {"action-type", "image-digest", "repository-name", "result", "source-account", "source-region"},
        {"image-tag"},
    ),
    "ECR Pull Through Cache Action": (
        {"ecr-repository-prefix", "repository-name", "sync-status", "upstream-registry-url"},
        {"failure-code", "failure-reason", "image-digest", "image-tag", "rule-version"},
    ),
}
"""Required and optional fields, by `@aws-cdk/aws-service-spec` 0.1.216; rule-version is in the User Guide's sample
alone, and image-tag is required of a replication there."""
HERE: dict[str, Any] = {"repositoryName": NAME}


@pytest.fixture
def plane(plane: Plane) -> Plane:
    plane.create()
    return plane


def events_of(plane: Plane | Server) -> list[Event]:
    """By ECR itself, each as its schema has it."""
    found = [each for each in plane.events.put_so_far if "CloudTrail" not in each["detail-type"]]
    for each in found:
        required, optional = SCHEMA[each["detail-type"]]
        assert required <= each["detail"].keys() <= required | optional, each
        assert (each["version"], each["source"]) == ("0", "aws.ecr")
        assert datetime.fromisoformat(each["time"]).tzinfo
    assert len({each["id"] for each in found}) == len(found)
    return found


def actions(plane: Plane | Server) -> list[tuple[str, str, str | None]]:
    return [
        (each["detail-type"], each["detail"]["action-type"], each["detail"].get("image-tag"))
        for each in events_of(plane)
    ]


def test_an_image_that_is_put_and_deleted_over_the_api(plane: Plane) -> None:
    digest = plane.push(manifest(1), "v1")
    plane.push(manifest(1), "v2")
    plane.push(manifest(2))
    plane("BatchDeleteImage", **HERE, imageIds=[{"imageTag": "v1"}, {"imageDigest": digest_of(manifest(2))}])
    plane.push(manifest(1), "v3")
    plane("BatchDeleteImage", **HERE, imageIds=[{"imageDigest": digest}])
    kind = "ECR Image Action"
    assert actions(plane) == [
        (kind, "PUSH", "v1"), (kind, "PUSH", "v2"), (kind, "PUSH", None),
        (kind, "DELETE", "v1"), (kind, "DELETE", None),
        (kind, "PUSH", "v3"), (kind, "DELETE", "v2"), (kind, "DELETE", "v3"),
    ]  # fmt: skip
    first = events_of(plane)[0]
    assert (first["account"], first["region"], first["resources"]) == (ACCOUNT, REGION, [])
    about = {"result": "SUCCESS", "action-type": "PUSH", "repository-name": NAME, "image-digest": digest}
    assert first["detail"] == {**about, "image-tag": "v1"}


def test_a_push_that_is_refused_tells_nothing(plane: Plane) -> None:
    plane.code("PutImage", **HERE, imageManifest=index(digest_of(manifest(1))))
    plane("BatchDeleteImage", **HERE, imageIds=[{"imageTag": "missing"}])
    assert events_of(plane) == []


def test_an_image_that_is_archived_and_restored(plane: Plane) -> None:
    plane.push(manifest(1), "v1")
    given = {**HERE, "imageId": {"imageTag": "v1"}}
    for target in ("ARCHIVE", "STANDARD"):
        plane("UpdateImageStorageClass", **given, targetStorageClass=target)
    archived, restored = (each["detail"] for each in events_of(plane)[1:])
    common = {"action-type": "UPDATE_STORAGE_CLASS", "repository-name": NAME, "result": "SUCCESS"}
    types = {"manifest-media-type": OCI_MANIFEST, "artifact-media-type": "application/vnd.oci.image.config.v1+json"}
    named = {**common, **types, "image-digest": digest_of(manifest(1))}
    assert archived == {**named, "target-storage-class": "ARCHIVE"}
    assert datetime.fromisoformat(restored.pop("last-activated-at")).tzinfo
    assert restored == {**named, "target-storage-class": "STANDARD"}


def test_what_refers_to_an_image_has_events_of_its_own_type(plane: Plane) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": plane.push(manifest(1), "v1"), "size": 1}
    signature = plane.push(manifest(2, subject=subject, artifactType="application/vnd.cncf.notary.signature"))
    plane("BatchDeleteImage", **HERE, imageIds=[{"imageDigest": signature}])
    kind = "ECR Referrer Action"
    assert actions(plane)[1:] == [(kind, "PUSH", None), (kind, "DELETE", None)]
    assert events_of(plane)[1]["detail"]["artifact-media-type"] == "application/vnd.cncf.notary.signature"


def test_clients_push_and_delete(server: Server) -> None:
    digest = server.push_image("v1")
    assert server.ask("DELETE", f"/v2/{REPOSITORY}/manifests/{digest}").status == 202
    kind = "ECR Image Action"
    assert actions(server) == [(kind, "PUSH", "v1"), (kind, "DELETE", "v1")]
    server.push_manifest(image(b"missing"), "v2")
    assert len(actions(server)) == 2


@cases("failed", False, True)
def test_a_replication_makes_its_event_where_it_arrives(failed: bool) -> None:
    other = rule(OTHER_REGION, OTHER_ACCOUNT if failed else ACCOUNT)
    plane = replicating(other)
    digest = plane.push(manifest(1), "v1")
    (event,) = (each for each in events_of(plane) if each["detail-type"] == "ECR Replication Action")
    owner = OTHER_ACCOUNT if failed else ACCOUNT
    assert (event["account"], event["region"]) == (owner, OTHER_REGION)
    assert event["resources"] == [ARN.replace(REGION, OTHER_REGION).replace(ACCOUNT, owner)]
    assert event["detail"] == {
        "result": "FAILED" if failed else "SUCCESS",
        "repository-name": NAME,
        "image-digest": digest,
        "source-account": ACCOUNT,
        "action-type": "REPLICATE",
        "source-region": REGION,
        "image-tag": "v1",
    }
