"""Images over the API: put, pulled, listed, described, deleted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ecr import limits
from domain.ecr.images import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from domain.iam.access import Caller, Identity
from localcloud.ecr import image_store
from localcloud.ecr.manifests import parse_manifest
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT
from localcloud.tests.ecr.control_plane import NAME, NO_DIGEST, ROLE, Plane, digest_of, index, manifest, root, user
from localcloud.tests.statements import allow

HERE: dict[str, Any] = {"repositoryName": NAME}
INVALID, NOT_FOUND = "InvalidParameterException", "ImageNotFoundException"


def ids(answer: Any) -> list[tuple[str, str | None]]:
    return [(each["imageDigest"], each.get("imageTag")) for each in answer["imageIds"]]


def failures(answer: Any) -> list[tuple[dict[str, str], str]]:
    return [(each["imageId"], each["failureCode"]) for each in answer["failures"]]


@pytest.fixture
def plane(plane: Plane) -> Plane:
    plane.create()
    return plane


def test_an_image_that_was_put_comes_back_byte_for_byte(plane: Plane) -> None:
    content = f"\n{manifest(1, note='größe')} "
    image = plane("PutImage", **HERE, imageManifest=content, imageTag="v1")["image"]
    assert image == {
        "registryId": ACCOUNT,
        "repositoryName": NAME,
        "imageId": {"imageDigest": digest_of(content), "imageTag": "v1"},
        "imageManifest": content,
        "imageManifestMediaType": OCI_MANIFEST,
    }
    by_tag = plane("BatchGetImage", **HERE, imageIds=[{"imageTag": "v1"}])
    assert by_tag == {"images": [image], "failures": []}
    (by_digest,) = plane("BatchGetImage", **HERE, imageIds=[{"imageDigest": digest_of(content)}])["images"]
    assert by_digest == {**image, "imageId": {"imageDigest": digest_of(content)}}


def test_putting_what_is_there_already_is_refused(plane: Plane) -> None:
    content = manifest(1)
    plane.push(content, "v1")
    refusal = plane.refused("PutImage", **HERE, imageManifest=content, imageTag="v1")
    where = f"in the repository with name '{NAME}' in registry with id '{ACCOUNT}'"
    assert refusal.message == f"Image with digest '{digest_of(content)}' and tag 'v1' already exists {where}"
    assert plane.code("PutImage", **HERE, imageManifest=content) == "ImageAlreadyExistsException"
    plane.push(content, "v2")
    assert plane.repository().tagged == {"v1": digest_of(content), "v2": digest_of(content)}


def test_a_tag_moves_only_where_tags_are_mutable(plane: Plane) -> None:
    plane.push(manifest(1), "v1")
    second = plane.push(manifest(2), "v1")
    assert plane.repository().tagged == {"v1": second}
    plane("PutImageTagMutability", **HERE, imageTagMutability="IMMUTABLE")
    assert plane.code("PutImage", **HERE, imageManifest=manifest(3), imageTag="v1") == "ImageTagAlreadyExistsException"
    assert len(plane.repository().images) == 2
    assert plane.code("PutImage", **HERE, imageManifest=manifest(2), imageTag="v1") == "ImageAlreadyExistsException"
    plane.push(manifest(3), "v3")


def test_the_digest_that_is_given_must_be_the_manifests(plane: Plane) -> None:
    content = manifest(1)
    given: dict[str, Any] = {**HERE, "imageManifest": content}
    assert plane.code("PutImage", **given, imageDigest=NO_DIGEST) == "ImageDigestDoesNotMatchException"
    assert plane.repository().images == {}
    plane("PutImage", **given, imageDigest=digest_of(content))


LAYER = {"digest": NO_DIGEST, "size": 1, "mediaType": "x"}


@cases(
    "given, code",
    ({"imageManifest": "no JSON"}, INVALID),
    ({"imageManifest": "[" * 5000}, INVALID),
    ({"imageManifest": manifest(), "imageTag": ".x"}, INVALID),
    ({"imageManifest": manifest(), "imageManifestMediaType": DOCKER_MANIFEST}, INVALID),
    ({"imageManifest": manifest(mediaType="text/plain")}, INVALID),
    ({"imageManifest": manifest(layers=[{**LAYER, "size": 10**30}])}, INVALID),
    ({"imageManifest": manifest(layers=[LAYER])}, "LayersNotFoundException"),
    ({"imageManifest": index(NO_DIGEST)}, "ReferencedImagesNotFoundException"),
)
def test_a_manifest_that_is_no_image_here_is_refused(plane: Plane, given: dict[str, Any], code: str) -> None:
    assert plane.code("PutImage", **HERE, **given) == code
    assert plane.repository().images == {}


def test_a_manifest_without_its_media_type_is_put_with_it(plane: Plane) -> None:
    content = json.dumps({name: value for name, value in json.loads(manifest()).items() if name != "mediaType"})
    assert plane.code("PutImage", **HERE, imageManifest=content) == INVALID
    answer = plane("PutImage", **HERE, imageManifest=content, imageManifestMediaType=OCI_MANIFEST)
    assert answer["image"]["imageManifestMediaType"] == OCI_MANIFEST


FAILURES: list[tuple[dict[str, str], str]] = [
    ({}, "MissingDigestAndTag"),
    ({"imageDigest": "sha256:abc"}, "InvalidImageDigest"),
    ({"imageDigest": NO_DIGEST.replace("sha256", "sha512")}, "InvalidImageDigest"),
    ({"imageTag": "-x"}, "InvalidImageTag"),
    ({"imageTag": "missing"}, "ImageNotFound"),
    ({"imageDigest": NO_DIGEST}, "ImageNotFound"),
    ({"imageDigest": NO_DIGEST, "imageTag": "v1"}, "ImageNotFound"),
    ({"imageDigest": digest_of(manifest(1)), "imageTag": "missing"}, "ImageNotFound"),
    ({"imageDigest": digest_of(manifest(1)), "imageTag": "v2"}, "ImageTagDoesNotMatchDigest"),
]


@cases("operation", "BatchGetImage", "BatchDeleteImage")
def test_each_image_that_is_not_there_is_a_failure_beside_those_that_are(plane: Plane, operation: str) -> None:
    plane.push(manifest(1), "v1")
    plane.push(manifest(2), "v2")
    wanted = [*(each for each, _ in FAILURES), {"imageTag": "v1"}]
    answer = plane(operation, **HERE, imageIds=wanted)
    assert failures(answer) == FAILURES
    had = answer["imageIds"] if operation == "BatchDeleteImage" else [each["imageId"] for each in answer["images"]]
    assert had == [{"imageDigest": digest_of(manifest(1)), "imageTag": "v1"}]
    reasons = {"Requested image not found", "Invalid request parameters: both tag and digest cannot be null"}
    assert reasons <= {each["failureReason"] for each in answer["failures"]}


def test_an_image_of_a_type_that_is_not_accepted_is_a_failure(plane: Plane) -> None:
    plane.push(manifest(1), "v1")
    given: dict[str, Any] = {**HERE, "imageIds": [{"imageTag": "v1"}]}
    refused = plane("BatchGetImage", **given, acceptedMediaTypes=[DOCKER_MANIFEST])
    assert (refused["images"], failures(refused)) == ([], [({"imageTag": "v1"}, "ImageNotFound")])
    assert plane.repository().images[digest_of(manifest(1))].pulled_at is None
    assert plane("BatchGetImage", **given, acceptedMediaTypes=[DOCKER_MANIFEST, OCI_MANIFEST])["failures"] == []


def test_a_pull_is_recorded_unless_its_caller_is_excluded(plane: Plane) -> None:
    plane.push(manifest(1), "v1")
    scanner = Caller(
        identity=Identity(arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/scanner/session", account=ACCOUNT, role_arn=ROLE),
        policies=user(allow("ecr:*")).policies,
    )
    plane("RegisterPullTimeUpdateExclusion", principalArn=ROLE)
    pull: dict[str, Any] = {**HERE, "imageIds": [{"imageTag": "v1"}]}
    plane("BatchGetImage", by=scanner, **pull)
    assert "lastRecordedPullTime" not in plane("DescribeImages", **HERE)["imageDetails"][0]
    plane("BatchGetImage", by=root(), **pull)
    first = plane("DescribeImages", **HERE)["imageDetails"][0]["lastRecordedPullTime"]
    assert timedelta(0) <= datetime.now(UTC) - first < timedelta(minutes=1)
    plane.registries.of(ACCOUNT, "us-east-1").pull_time_exclusions.clear()
    plane("BatchGetImage", by=scanner, **pull)
    assert plane("DescribeImages", **HERE)["imageDetails"][0]["lastRecordedPullTime"] > first


def test_describing_shows_all_that_is_known_of_an_image(plane: Plane) -> None:
    subject = plane.push(manifest(1), "v2")
    plane.push(manifest(1), "v1")
    signature = manifest(2, subject={"digest": subject}, artifactType="application/example")
    plane.push(signature)
    tagged = plane("DescribeImages", **HERE, imageIds=[{"imageTag": "v1"}, {"imageTag": "v2"}])["imageDetails"]
    pushed = tagged[0].pop("imagePushedAt")
    assert timedelta(0) <= datetime.now(UTC) - pushed < timedelta(minutes=1)
    common = {"registryId": ACCOUNT, "repositoryName": NAME, "imageSizeInBytes": 2, "imageStatus": "ACTIVE"}
    assert tagged == [
        {
            **common,
            "imageDigest": subject,
            "imageTags": ["v1", "v2"],
            "imageManifestMediaType": OCI_MANIFEST,
            "artifactMediaType": "application/vnd.oci.image.config.v1+json",
        }
    ]
    (signed,) = plane("DescribeImages", **HERE, imageIds=[{"imageDigest": digest_of(signature)}])["imageDetails"]
    assert (signed["subjectManifestDigest"], signed["artifactMediaType"]) == (subject, "application/example")
    assert "imageTags" not in signed


def test_an_index_is_as_large_as_its_largest_image(plane: Plane) -> None:
    content = index(plane.push(manifest(1)))
    plane.push(content, "v1")
    (found,) = plane("DescribeImages", **HERE, imageIds=[{"imageTag": "v1"}])["imageDetails"]
    assert (found["imageSizeInBytes"], found["imageManifestMediaType"]) == (2, OCI_INDEX)


@cases(
    "image_id, words",
    ({"imageTag": "missing"}, f"{NOT_FOUND}: The image with imageId {{imageDigest:'null', imageTag:'missing'}} does"),
    ({"imageDigest": NO_DIGEST}, NOT_FOUND),
    ({"imageDigest": digest_of(manifest(1)), "imageTag": "v2"}, NOT_FOUND),
    ({}, INVALID),
    ({"imageDigest": "x"}, INVALID),
)
def test_an_image_that_is_not_there_can_not_be_described(plane: Plane, image_id: dict[str, str], words: str) -> None:
    plane.push(manifest(1), "v1")
    plane.push(manifest(2), "v2")
    refusal = str(plane.refused("DescribeImages", **HERE, imageIds=[{"imageTag": "v1"}, image_id]))
    where = f"within the repository with name '{NAME}' in the registry with id '{ACCOUNT}'"
    assert (refusal.startswith(words), refusal.endswith(where)) == (True, NOT_FOUND in words), refusal


@cases(
    "wanted, tags",
    ({}, ["v1", "v2", None]),
    ({"tagStatus": "ANY"}, ["v1", "v2", None]),
    ({"tagStatus": "TAGGED"}, ["v1", "v2"]),
    ({"tagStatus": "UNTAGGED"}, [None]),
    ({"imageStatus": "ACTIVE"}, ["v1", "v2", None]),
    ({"imageStatus": "ANY", "tagStatus": "UNTAGGED"}, [None]),
    ({"imageStatus": "ARCHIVED"}, []),
    ({"imageStatus": "ACTIVATING"}, []),
)
def test_images_are_listed_and_described_as_the_filter_says(
    plane: Plane, wanted: dict[str, str], tags: list[str | None]
) -> None:
    for tag in ("v1", "v2", None):
        plane.push(manifest(1) if tag else manifest(2), tag)
    listed = plane("ListImages", **HERE, filter=wanted)
    assert sorted((tag or "-" for _, tag in ids(listed))) == sorted(each or "-" for each in tags)
    described = plane("DescribeImages", **HERE, filter=wanted)["imageDetails"]
    assert {each["imageDigest"] for each in described} == {digest for digest, _ in ids(listed)}


def test_a_tag_is_deleted_alone_and_the_last_one_with_its_image(plane: Plane) -> None:
    digest = plane.push(manifest(1), "v1")
    plane.push(manifest(1), "v2")
    assert ids(plane("BatchDeleteImage", **HERE, imageIds=[{"imageTag": "v1"}])) == [(digest, "v1")]
    assert ids(plane("ListImages", **HERE)) == [(digest, "v2")]
    assert ids(plane("BatchDeleteImage", **HERE, imageIds=[{"imageTag": "v2"}])) == [(digest, "v2")]
    assert ids(plane("ListImages", **HERE)) == []


def test_by_its_digest_an_image_is_deleted_with_all_its_tags(plane: Plane) -> None:
    digest, untagged = plane.push(manifest(1), "v2"), plane.push(manifest(2))
    plane.push(manifest(1), "v1")
    answer = plane("BatchDeleteImage", **HERE, imageIds=[{"imageDigest": digest}, {"imageDigest": untagged}])
    assert ids(answer) == [(digest, "v1"), (digest, "v2"), (untagged, None)]
    assert (plane.repository().images, plane.repository().tagged) == ({}, {})


def test_an_image_that_an_index_lists_outlives_it(plane: Plane) -> None:
    child = plane.push(manifest(1))
    parent = plane.push(index(child), "v1")
    refused = plane("BatchDeleteImage", **HERE, imageIds=[{"imageDigest": child}])
    assert failures(refused) == [({"imageDigest": child}, "ImageReferencedByManifestList")]
    assert refused["failures"][0]["failureReason"] == f"Requested image referenced by manifest list: [{parent}]"
    both = plane("BatchDeleteImage", **HERE, imageIds=[{"imageDigest": parent}, {"imageDigest": child}])
    assert ids(both) == [(parent, "v1"), (child, None)]


def test_an_image_has_a_thousand_tags_at_most(plane: Plane) -> None:
    image = plane.repository().images[plane.push(manifest(1), "v")]
    image.tags |= {f"v{number}" for number in range(limits.TAGS_PER_IMAGE - 1)}
    plane.repository().tagged |= dict.fromkeys(image.tags, image.digest)
    refusal = plane.refused("PutImage", **HERE, imageManifest=manifest(1), imageTag="more")
    assert (refusal.code, refusal.message) == ("LimitExceededException", "The image has 1000 tags already")
    assert "more" not in plane.repository().tagged
    again, now = manifest(1).encode(), datetime.now(UTC)
    assert image_store.store_image(plane.repository(), parse_manifest(again), again, "v1", now=now) is image
    assert plane.code("PutImage", **HERE, imageManifest=manifest(1), imageTag="v1") == "ImageAlreadyExistsException"
    plane.push(manifest(2), "more")


def test_a_repository_has_a_limit_of_images(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.IMAGES_PER_REPOSITORY == 100_000
    monkeypatch.setattr(image_store, "IMAGES_PER_REPOSITORY", 1)
    plane.push(manifest(1))
    assert plane.code("PutImage", **HERE, imageManifest=manifest(2)) == "LimitExceededException"
    plane.push(manifest(1), "v1")
