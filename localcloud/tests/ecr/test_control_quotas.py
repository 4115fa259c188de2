"""How many images a repository has, and how many tags an image."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.ecr import limits
from localcloud.ecr import image_store, manifests
from localcloud.tests.ecr.control_plane import NAME, Plane, manifest

HERE: dict[str, Any] = {"repositoryName": NAME}


def ready() -> Plane:
    plane = Plane()
    plane.create()
    return plane


def test_an_image_has_a_thousand_tags_at_most() -> None:
    plane = ready()
    image = plane.repository().images[plane.push(manifest(1), "v")]
    image.tags |= {f"v{number}" for number in range(limits.TAGS_PER_IMAGE - 1)}
    plane.repository().tagged |= dict.fromkeys(image.tags, image.digest)
    refusal = plane.refused("PutImage", **HERE, imageManifest=manifest(1), imageTag="more")
    assert (refusal.code, refusal.message) == ("LimitExceededException", "The image has 1000 tags already")
    assert "more" not in plane.repository().tagged
    again = manifest(1).encode()
    assert (
        image_store.store_image(plane.repository(), manifests.parse_manifest(again), again, "v1", now=datetime.now(UTC))
        is image
    )
    assert plane.code("PutImage", **HERE, imageManifest=manifest(1), imageTag="v1") == "ImageAlreadyExistsException"
    plane.push(manifest(2), "more")


def test_a_repository_has_a_limit_of_images(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.IMAGES_PER_REPOSITORY == 100_000
    monkeypatch.setattr(image_store, "IMAGES_PER_REPOSITORY", 1)
    plane = ready()
    plane.push(manifest(1))
    assert plane.code("PutImage", **HERE, imageManifest=manifest(2)) == "LimitExceededException"
    plane.push(manifest(1), "v1")
