"""Images as the API names them: by digest, by tag, or by both."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ecr.images import DIGEST
from domain.ecr.tags import tag_problems
from localcloud.ecr.errors import EcrError
from localcloud.ecr.images import TagOfAnotherImage
from localcloud.ecr.operations.asked import Answer

_NOT_FOUND = "Requested image not found"


@dataclass(frozen=True, slots=True)
class ImageId:
    digest: str | None
    tag: str | None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "ImageId":
        return cls(given.get("imageDigest"), given.get("imageTag"))

    def told(self) -> dict[str, str]:
        members = {"imageDigest": self.digest, "imageTag": self.tag}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an image could not be had, in the words of the API's ImageFailure."""

    id: ImageId
    code: str
    reason: str

    def told(self) -> Answer:
        return {"imageId": self.id.told(), "failureCode": self.code, "failureReason": self.reason}


def malformed(id: ImageId) -> Fault | None:
    """What keeps the id from being the name of any image."""
    if id.digest is None and id.tag is None:
        return Fault(id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
    if id.digest is not None and not DIGEST.fullmatch(id.digest):
        text = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST.pattern}'"
        return Fault(id, "InvalidImageDigest", text)
    if id.tag is not None and (problems := tag_problems(id.tag)):
        faults = "; ".join(each.message for each in problems)
        return Fault(id, "InvalidImageTag", f"Invalid request parameters: image tag {faults}")
    return None


def refused(id: ImageId, error: EcrError) -> Fault:
    """A refusal of this one image, as its batch tells it."""
    match error:
        case TagOfAnotherImage():
            return Fault(id, "ImageTagDoesNotMatchDigest", f"The tag '{id.tag}' is that of the image {error.holder}")
        case EcrError(code="ImageNotFoundException"):
            return not_found(id)
    return Fault(id, error.code, error.message)


def not_found(id: ImageId) -> Fault:
    return Fault(id, "ImageNotFound", _NOT_FOUND)
