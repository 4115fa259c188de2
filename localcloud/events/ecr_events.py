"""What Amazon ECR tells EventBridge by itself: in the shapes of its samples, and of the schema behind the CDK's events.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html ("UG"); `@aws-cdk/aws-service-spec`, which
says which fields are optional. A push by digest alone has no tag, and no `image-tag` then: in ECR Replication Action
the schema requires one, and UG has no sample without it. No event names who did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.aws import RegistryId
from domain.ecr.names import repository_arn
from domain.ecr.upstreams import CacheRule
from localcloud.ecr.image_store import ARCHIVE, STANDARD
from localcloud.ecr.registry_state import StoredImage, StoredRegistry, StoredRepository
from localcloud.events.event import Event, new_event

_SOURCE = "aws.ecr"
_SUCCESS, _FAILED, _FAILURE = "SUCCESS", "FAILED", "FAILURE"


def pushed(repository: StoredRepository, image: StoredImage, tag: str | None, now: datetime) -> Event:
    return _image_action(repository, image, {"action-type": "PUSH", **_tagged(tag)}, now)


def deleted(repository: StoredRepository, image: StoredImage, tag: str | None, now: datetime) -> Event:
    """One tag of the image, or the image that has none."""
    return _image_action(repository, image, {"action-type": "DELETE", **_tagged(tag)}, now)


def storage_class_updated(repository: StoredRepository, image: StoredImage, now: datetime) -> Event:
    detail = {"action-type": "UPDATE_STORAGE_CLASS", "target-storage-class": ARCHIVE if image.archived else STANDARD}
    restored = (
        {} if image.archived or image.activated_at is None else {"last-activated-at": _moment(image.activated_at)}
    )
    return _image_action(repository, image, {**detail, **_media_types(image), **restored}, now)


def replicated(
    source: StoredRegistry,
    destination: RegistryId,
    image: StoredImage,
    *,
    name: str,
    tag: str | None,
    failed: bool,
    now: datetime,
) -> Event:
    """In the destination's account and region."""
    detail = {
        "result": _FAILED if failed else _SUCCESS,
        "repository-name": name,
        "image-digest": image.digest,
        "source-account": source.account,
        "action-type": "REPLICATE",
        "source-region": source.region,
        **_tagged(tag),
    }
    return _event("ECR Replication Action", detail, destination, now)


def cached(
    registry: StoredRegistry,
    rule: CacheRule,
    name: str,
    now: datetime,
    *,
    image_id: Mapping[str, str],
    failure: tuple[str, str] | None = None,
) -> Event:
    """An attempt to bring an image from upstream; a failure is its code and its reason.

    UG has no sample of a failure: that sync-status is FAILURE, and its codes those of the API's ImageFailureCode, is
    inferred."""
    code = {} if failure is None else dict(zip(("failure-code", "failure-reason"), failure, strict=True))
    detail = {
        "rule-version": "1",
        "sync-status": _SUCCESS if failure is None else _FAILURE,
        "ecr-repository-prefix": rule.prefix,
        "repository-name": name,
        "upstream-registry-url": rule.upstream_url,
        **image_id,
        **code,
    }
    return _event("ECR Pull Through Cache Action", detail, _place(registry), now)


def scanned(registry: StoredRegistry, name: str, image: StoredImage, counts: Mapping[str, int], now: datetime) -> Event:
    """A basic scan that is complete: a severity without findings is not there."""
    detail = {
        "scan-status": "COMPLETE",
        "repository-name": name,
        "finding-severity-counts": dict(counts),
        "image-digest": image.digest,
        "image-tags": sorted(image.tags),
    }
    return _event("ECR Image Scan", detail, _place(registry), now)


def _image_action(repository: StoredRepository, image: StoredImage, about: Mapping[str, Any], now: datetime) -> Event:
    """Signatures, bills of materials and the like, which refer to another image, have a detail-type of their own."""
    referrer = image.subject is not None
    detail = {"result": _SUCCESS, "repository-name": repository.name, "image-digest": image.digest, **about}
    if referrer:
        detail |= _media_types(image)
    kind = "ECR Referrer Action" if referrer else "ECR Image Action"
    return _event(kind, detail, _place(repository), now, named=False)


def _event(
    detail_type: str, detail: Mapping[str, Any], place: RegistryId, now: datetime, *, named: bool = True
) -> Event:
    """With the repository as its resource, where AWS has one."""
    account, region = place.account, place.region
    resources = (repository_arn(region, account, detail["repository-name"]),) if named else ()
    return new_event(_SOURCE, detail_type, detail, account=account, region=region, now=now, resources=resources)


def _place(owner: StoredRegistry | StoredRepository) -> RegistryId:
    return RegistryId(account=owner.account, region=owner.region)


def _tagged(tag: str | None) -> dict[str, str]:
    return {} if tag is None else {"image-tag": tag}


def _media_types(image: StoredImage) -> dict[str, str]:
    artifact = {} if image.artifact_type is None else {"artifact-media-type": image.artifact_type}
    return {"manifest-media-type": image.media_type, **artifact}


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 10000:02d}Z"
