"""Images in a repository: put, found, deleted. The control plane and the data plane both come here."""

from datetime import datetime

from domain.ecr.limits import IMAGES_PER_REPOSITORY, TAGS_PER_IMAGE
from domain.ecr.tags import may_move, tag_problems
from domain.iam.access import Identity
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.manifests import Manifest
from localcloud.ecr.registry_state import StoredImage, StoredRegistry, StoredRepository, image_not_found

STANDARD, ARCHIVE = "STANDARD", "ARCHIVE"
"""The API's TargetStorageClass."""


class TagOfAnotherImage(EcrError):
    """Digest and tag name two images: that is one that is not there, and in a batch a failure of its own."""

    def __init__(self, missing: EcrError, holder: str) -> None:
        super().__init__(missing.code, missing.message)
        self.holder = holder


def require_digest(manifest: Manifest, wanted: str | None) -> None:
    if wanted not in (None, manifest.digest):
        text = (
            f"The image digest '{wanted}' does not match the digest '{manifest.digest}' "
            "that Amazon ECR calculated for the image"
        )
        raise EcrError("ImageDigestDoesNotMatchException", text)


def store_image(
    repository: StoredRepository, manifest: Manifest, content: bytes, tag: str | None, *, now: datetime
) -> StoredImage:
    """The image, stored and tagged; putting the same again changes nothing."""
    if tag is not None and (problems := tag_problems(tag)):
        raise invalid_parameter("imageTag", "; ".join(problem.message for problem in problems))
    _require_references(repository, manifest)
    if tag is not None:
        _require_movable(repository, manifest.digest, tag)
    image = repository.images.get(manifest.digest)
    if tag is not None and image and tag not in image.tags and len(image.tags) >= TAGS_PER_IMAGE:
        raise EcrError("LimitExceededException", f"The image has {TAGS_PER_IMAGE} tags already")
    if image is None:
        if len(repository.images) >= IMAGES_PER_REPOSITORY:
            raise EcrError("LimitExceededException", f"The repository has {IMAGES_PER_REPOSITORY} images already")
        image = _image(repository, manifest, content, now)
        repository.images[image.digest] = image
    if image.archived:
        _restore(image, now)  # UG, archive-image: "by re-pushing the image to the repository"
    if tag is not None:
        _move(repository, image, tag)
    return image


def is_new(repository: StoredRepository, digest: str, tag: str | None) -> bool:
    """Whether a push of the image under this tag would change anything."""
    found = repository.images.get(digest)
    return found is None or found.archived or (tag is not None and repository.tagged.get(tag) != digest)


def may_tag(repository: StoredRepository, digest: str, tag: str) -> bool:
    """Whether the image can have the tag: it is free, the image's own, or one that may move."""
    holder = repository.tagged.get(tag)
    return holder in (None, digest) or may_move(repository.mutability, repository.exclusions, tag)


def find_image(repository: StoredRepository, *, tag: str | None = None, digest: str | None = None) -> StoredImage:
    """The image of a digest, of a tag, or of both when they agree; raises ImageNotFoundException."""
    holder = digest if tag is None else repository.tagged.get(tag)
    image = repository.images.get(digest or holder or "")
    if image is None or holder is None:
        raise image_not_found(_reference(tag, digest), repository)
    if holder != image.digest:
        raise TagOfAnotherImage(image_not_found(_reference(tag, digest), repository), holder)
    return image


def image_to_pull(repository: StoredRepository, *, tag: str | None = None, digest: str | None = None) -> StoredImage:
    """The same of an image that can be pulled: an archived one is not found until it is restored."""
    # UG, archive-image: "Requests to pull the archived image will fail with a 404 error."
    image = find_image(repository, tag=tag, digest=digest)
    if image.archived:
        raise image_not_found(_reference(tag, digest), repository)
    return image


def update_storage_class(repository: StoredRepository, image: StoredImage, target: str, now: datetime) -> None:
    """Archives an active image, or restores an archived one, which here is done at once."""
    if image.archived == (target == ARCHIVE):
        raise _not_supported(f"The image {image.digest} is in the storage class {target} already")
    if target != ARCHIVE:
        _restore(image, now)
        return
    # "If an image is referenced by a manifest list, it cannot be expired or archived without the manifest list being
    # deleted or archived first." UG, LifecyclePolicies
    holders = (each for each in repository.images.values() if image.digest in each.children and not each.archived)
    if digests := sorted(each.digest for each in holders):
        raise _not_supported(f"Requested image referenced by manifest list: [{', '.join(digests)}]")
    image.archived, image.archived_at = True, now


def remove_image(
    repository: StoredRepository, *, tag: str | None, digest: str | None
) -> tuple[StoredImage, tuple[str | None, ...]]:
    """By tag the tag goes, and with an image's last tag the image; by digest the image with all its tags.

    The image, and each tag that went, or None for an image that had none."""
    image = find_image(repository, tag=tag, digest=digest)
    if digest is None and tag is not None and len(image.tags) > 1:
        image.tags.discard(tag)
        del repository.tagged[tag]
        return image, (tag,)
    if holders := sorted(each.digest for each in repository.images.values() if image.digest in each.children):
        text = f"Requested image referenced by manifest list: [{', '.join(holders)}]"
        raise EcrError("ImageReferencedByManifestList", text)
    for each in image.tags:
        del repository.tagged[each]
    del repository.images[image.digest]
    untagged: tuple[str | None, ...] = (None,)
    return image, tuple(sorted(image.tags)) or untagged


def record_pull(registry: StoredRegistry, image: StoredImage, identity: Identity, now: datetime) -> None:
    """A pull counts for the lifecycle's clock unless its caller was excluded, as scanners are."""
    if identity.principal_arn not in registry.pull_time_exclusions:
        image.pulled_at = now


def referrers_of(repository: StoredRepository, subject: str) -> list[StoredImage]:
    """The active images that say that they belong to this one: signatures, bills of materials."""
    return [image for image in repository.images.values() if image.subject == subject and not image.archived]


def _require_references(repository: StoredRepository, manifest: Manifest) -> None:
    missing_layers = sorted(digest for digest in manifest.layers if digest not in repository.layers)
    if missing_layers:
        raise EcrError("LayersNotFoundException", _required("Layers", missing_layers, repository))
    missing_images = sorted(digest for digest in manifest.children if digest not in repository.images)
    if missing_images:
        raise EcrError("ReferencedImagesNotFoundException", _required("Images", missing_images, repository))


def _required(what: str, missing: list[str], repository: StoredRepository) -> str:
    return (
        f"{what} with digests '[{', '.join(missing)}]' required for pushing image into repository with name "
        f"'{repository.name}' in the registry with id '{repository.account}' do not exist"
    )


def _restore(image: StoredImage, now: datetime) -> None:
    image.archived, image.activated_at = False, now


def _not_supported(why: str) -> EcrError:
    return EcrError("ImageStorageClassUpdateNotSupportedException", why)


def _require_movable(repository: StoredRepository, digest: str, tag: str) -> None:
    if may_tag(repository, digest, tag):
        return
    text = (
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
        "because the tag is immutable."
    )
    raise EcrError("ImageTagAlreadyExistsException", text)


def _image(repository: StoredRepository, manifest: Manifest, content: bytes, now: datetime) -> StoredImage:
    # An index is as large as its largest image: API reference, ImageDetail.
    sizes = [repository.images[child].size for child in manifest.children]
    return StoredImage(
        digest=manifest.digest,
        media_type=manifest.media_type,
        artifact_type=manifest.artifact_type,
        manifest=content,
        layers=frozenset(manifest.layers),
        children=manifest.children,
        subject=manifest.subject,
        annotations=manifest.annotations,
        size=max(sizes) if sizes else sum(manifest.layers.values()),
        pushed_at=now,
    )


def _move(repository: StoredRepository, image: StoredImage, tag: str) -> None:
    holder = repository.tagged.get(tag)
    if holder is not None:
        repository.images[holder].tags.discard(tag)
    repository.tagged[tag] = image.digest
    image.tags.add(tag)


def _reference(tag: str | None, digest: str | None) -> str:
    return f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"
