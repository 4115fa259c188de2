"""Images over the API: put, pulled, listed, described, deleted; named by digest, by tag, or by both."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.ecr.images import DIGEST
from domain.ecr.tags import tag_problems
from localcloud.ecr import image_store, manifests
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.image_store import TagOfAnotherImage
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredImage, StoredRepository
from localcloud.events import ecr_events

_NOT_FOUND = "Requested image not found"
_ANY = "ANY"
_ACTIVE, _ARCHIVED, _ACTIVATING = "ACTIVE", "ARCHIVED", "ACTIVATING"
"""The API's ImageStatus. No image is seen while it is activated: here that takes no time."""


@dataclass(frozen=True, slots=True)
class ImageId:
    digest: str | None
    tag: str | None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "ImageId":
        return cls(given.get("imageDigest"), given.get("imageTag"))

    def members(self) -> dict[str, str]:
        members = {"imageDigest": self.digest, "imageTag": self.tag}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ImageFailure:
    """Why an image could not be had, in the words of the API's ImageFailure."""

    id: ImageId
    code: str
    reason: str

    def members(self) -> Answer:
        return {"imageId": self.id.members(), "failureCode": self.code, "failureReason": self.reason}


def malformed(id: ImageId) -> ImageFailure | None:
    """What keeps the id from being the name of any image."""
    if id.digest is None and id.tag is None:
        return ImageFailure(id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
    if id.digest is not None and not DIGEST.fullmatch(id.digest):
        text = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST.pattern}'"
        return ImageFailure(id, "InvalidImageDigest", text)
    if id.tag is not None and (problems := tag_problems(id.tag)):
        faults = "; ".join(each.message for each in problems)
        return ImageFailure(id, "InvalidImageTag", f"Invalid request parameters: image tag {faults}")
    return None


def failure_of(id: ImageId, error: EcrError) -> ImageFailure:
    """A refusal of this one image, as its batch reports it."""
    match error:
        case TagOfAnotherImage():
            return ImageFailure(
                id, "ImageTagDoesNotMatchDigest", f"The tag '{id.tag}' is that of the image {error.holder}"
            )
        case EcrError(code="ImageNotFoundException"):
            return not_found(id)
    return ImageFailure(id, error.code, error.message)


def not_found(id: ImageId) -> ImageFailure:
    return ImageFailure(id, "ImageNotFound", _NOT_FOUND)


async def put_image(request: OperationRequest) -> Answer:
    given, repository = request.input, request.repository
    content = given["imageManifest"].encode()
    manifest = manifests.parse_manifest(content, given.get("imageManifestMediaType"))
    if manifest.stated_type is None and "imageManifestMediaType" not in given:
        why = "The manifest has no mediaType, so imageManifestMediaType must be given"
        raise invalid_parameter("imageManifestMediaType", why)
    image_id = ImageId(manifest.digest, given.get("imageTag"))
    image_store.require_digest(manifest, given.get("imageDigest"))
    _require_change(image_id, repository)
    image = image_store.store_image(repository, manifest, content, image_id.tag, now=request.now)
    request.services.events.put(ecr_events.pushed(repository, image, image_id.tag, request.now))
    request.services.replicator.begin(request.registry, repository, image, image_id.tag)
    return {"image": _pulled(request, image, image_id)}


async def batch_get_image(request: OperationRequest) -> Answer:
    accepted = request.input.get("acceptedMediaTypes")

    def pull(image_id: ImageId) -> list[Answer] | ImageFailure:
        image = image_store.image_to_pull(request.repository, tag=image_id.tag, digest=image_id.digest)
        if accepted is not None and image.media_type not in accepted:
            return not_found(image_id)  # No image is translated here from one format to another.
        image_store.record_pull(request.registry, image, request.call.caller.identity, request.now)
        return [_pulled(request, image, ImageId(image.digest, image_id.tag))]

    images, failures = _each_image(request, pull)
    return {"images": images, "failures": failures}


async def batch_delete_image(request: OperationRequest) -> Answer:
    def remove(image_id: ImageId) -> list[Answer]:
        image, tags = image_store.remove_image(request.repository, tag=image_id.tag, digest=image_id.digest)
        for each in tags:
            request.services.events.put(ecr_events.deleted(request.repository, image, each, request.now))
        return _named(image.digest, {image_id.tag} if image_id.digest is None else image.tags)

    deleted, failures = _each_image(request, remove)
    return {"imageIds": deleted, "failures": failures}


async def update_image_storage_class(request: OperationRequest) -> Answer:
    repository, target = request.repository, request.input["targetStorageClass"]
    image_id = ImageId.of(request.input["imageId"])
    image = named_image(image_id, repository, "imageId")
    image_store.update_storage_class(repository, image, target, request.now)
    request.services.events.put(ecr_events.storage_class_updated(repository, image, request.now))
    if not image.archived:
        # UG, restore-image: what is restored is replicated as what is pushed is.
        untagged: list[str | None] = [None]
        for tag in sorted(image.tags) or untagged:
            request.services.replicator.begin(request.registry, repository, image, tag)
    # "The current status of the image after the call to UpdateImageStorageClass is complete": API reference.
    status = _ARCHIVED if image.archived else _ACTIVATING
    return {**request.ids(), "imageId": ImageId(image.digest, image_id.tag).members(), "imageStatus": status}


def _each_image(
    request: OperationRequest, act: Callable[[ImageId], list[Answer] | ImageFailure]
) -> tuple[list[Answer], list[Answer]]:
    """What a batch answers of its images, and its failures: one image that fails stops no other."""
    answers: list[Answer] = []
    failures: list[Answer] = []
    for image_id in _ids(request):
        try:
            outcome = malformed(image_id) or act(image_id)
        except EcrError as error:
            outcome = failure_of(image_id, error)
        if isinstance(outcome, ImageFailure):
            failures.append(outcome.members())
        else:
            answers += outcome
    return answers, failures


async def list_images(request: OperationRequest) -> Answer:
    ids = {
        f"{each['imageDigest']} {each.get('imageTag', '')}": each
        for image in _filtered(request, request.repository.images.values())
        for each in _named(image.digest, image.tags)
    }
    found, more = page(request, "ListImages", ids)
    return {"imageIds": found, **more}


async def describe_images(request: OperationRequest) -> Answer:
    repository = request.repository
    if "imageIds" in request.input:
        refuse_paging(request, "imageIds")
        chosen = {
            image.digest: image for image in (named_image(each, repository, "imageIds") for each in _ids(request))
        }
        return {"imageDetails": [_described(request, each) for each in _filtered(request, chosen.values())]}
    kept = {image.digest: image for image in _filtered(request, repository.images.values())}
    found, more = page(request, "DescribeImages", kept)
    return {"imageDetails": [_described(request, each) for each in found], **more}


def _ids(request: OperationRequest) -> list[ImageId]:
    return [ImageId.of(each) for each in request.input["imageIds"]]


def named_image(image_id: ImageId, repository: StoredRepository, parameter: str) -> StoredImage:
    """The image that the parameter names."""
    if fault := malformed(image_id):
        raise invalid_parameter(parameter, fault.reason)
    return image_store.find_image(repository, tag=image_id.tag, digest=image_id.digest)


def _require_change(image_id: ImageId, repository: StoredRepository) -> None:
    if not image_store.is_new(repository, image_id.digest or "", image_id.tag):
        text = (
            f"Image with digest '{image_id.digest}' and tag '{image_id.tag or 'null'}' already exists "
            f"in the repository with name '{repository.name}' in registry with id '{repository.account}'"
        )
        raise EcrError("ImageAlreadyExistsException", text)


def _filtered(request: OperationRequest, found: Iterable[StoredImage]) -> list[StoredImage]:
    wanted: Mapping[str, Any] = request.input.get("filter", {})
    status, tagged = wanted.get("imageStatus", _ACTIVE), wanted.get("tagStatus", _ANY)
    return [
        image
        for image in found
        if status in (_ANY, _status(image)) and (tagged == _ANY or (tagged == "TAGGED") == bool(image.tags))
    ]


def _status(image: StoredImage) -> str:
    return _ARCHIVED if image.archived else _ACTIVE


def _named(digest: str, tags: Iterable[str | None]) -> list[dict[str, str]]:
    """An image_id for each tag, or one for the image that has none."""
    return [ImageId(digest, tag).members() for tag in sorted(filter(None, tags))] or [ImageId(digest, None).members()]


def _pulled(request: OperationRequest, image: StoredImage, image_id: ImageId) -> Answer:
    return {
        **request.ids(),
        "imageId": image_id.members(),
        "imageManifest": image.manifest.decode(),
        "imageManifestMediaType": image.media_type,
    }


def _described(request: OperationRequest, image: StoredImage) -> Answer:
    optional = {
        "imageTags": sorted(image.tags) or None,
        "artifactMediaType": image.artifact_type,
        "lastRecordedPullTime": image.pulled_at,
        "lastArchivedAt": image.archived_at,
        "lastActivatedAt": image.activated_at,
        "subjectManifestDigest": image.subject,
    }
    return {
        **request.ids(),
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
        "imageStatus": _status(image),
        **{name: value for name, value in optional.items() if value is not None},
    }
