"""Manifests in and out of a repository, its tags, and what refers to an image."""

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import web

from domain.ecr.images import DIGEST, OCI_INDEX
from domain.ecr.limits import MANIFEST_MAX_BYTES
from localcloud.ecr import images, manifests
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.state import Image, Repository
from localcloud.ecr.visit import Visit

_ARTIFACT_TYPE = "artifactType"
_PAGE = 100
_PAGE_MAX = 1000
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html, maxResults"""


async def put(visit: Visit) -> web.StreamResponse:
    visit.repository("PutImage")
    tag, digest = _tag_or_digest(visit.reference)
    content = await _manifest(visit)
    sent_as = visit.request.content_type if "Content-Type" in visit.request.headers else None
    manifest = manifests.parse(content, sent_as)
    images.require_digest(manifest, digest)
    repository = visit.registry.repository(visit.name)  # it may have gone while the body came
    is_new = images.is_new(repository, manifest.digest, tag)
    image = images.put(repository, manifest, content, tag, now=datetime.now(UTC))
    if is_new:
        visit.replicator.begin(visit.registry, repository, image, tag)
    headers = {
        "Location": f"/v2/{visit.name}/manifests/{manifest.digest}",
        "Docker-Content-Digest": manifest.digest,
        **({"OCI-Subject": manifest.subject} if manifest.subject else {}),
    }
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


async def look(visit: Visit) -> web.StreamResponse:
    return _answer(_image(visit, await visit.image_to_pull("BatchGetImage")))


async def pull(visit: Visit) -> web.StreamResponse:
    image = _image(visit, await visit.image_to_pull("BatchGetImage"))
    images.record_pull(visit.registry, image, visit.caller.identity, datetime.now(UTC))
    return _answer(image)


async def delete(visit: Visit) -> web.StreamResponse:
    """What the User Guide has people do with `oras manifest delete`."""
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-artifact-delete.html
    repository = visit.repository("BatchDeleteImage")
    tag, digest = _tag_or_digest(visit.reference)
    images.delete(repository, tag=tag, digest=digest)
    return web.Response(status=HTTPStatus.ACCEPTED)


async def tags(visit: Visit) -> web.StreamResponse:
    """A page of the tags, in alphabetical order, with the way to the next one."""
    repository = visit.repository("ListImages")
    last = visit.request.query.get("last", "")
    found = sorted(tag for tag in repository.tagged if tag > last)
    page = found[: _page_size(visit)]
    headers = {}
    if page != found:
        following = f"/v2/{visit.name}/tags/list?n={len(page)}&last={quote(page[-1])}"
        headers["Link"] = f'<{following}>; rel="next"'
    return web.json_response({"name": visit.name, "tags": page}, headers=headers)


async def referrers(visit: Visit) -> web.StreamResponse:
    repository = visit.repository("BatchGetImage")
    if not DIGEST.fullmatch(visit.reference):
        raise EcrError("DIGEST_INVALID", f"{visit.reference!r} is not a sha256 digest")
    wanted = visit.request.query.get(_ARTIFACT_TYPE)
    found = images.referrers(repository, visit.reference)
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [_descriptor(image) for image in found if wanted in (None, image.artifact_type)],
    }
    headers = {"OCI-Filters-Applied": _ARTIFACT_TYPE} if wanted is not None else {}
    # Without the character set that json_response would add: clients compare media types as text.
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": OCI_INDEX, **headers})


async def _manifest(visit: Visit) -> bytes:
    """The body, of which no more is read than a manifest may have."""
    content = bytearray()
    async for chunk in visit.content():
        content += chunk
        if len(content) > MANIFEST_MAX_BYTES:
            raise EcrError("MANIFEST_TOO_LARGE", f"The manifest is larger than {MANIFEST_MAX_BYTES} bytes")
    return bytes(content)


def _tag_or_digest(reference: str) -> tuple[str | None, str | None]:
    if ":" not in reference:
        return reference, None
    if not DIGEST.fullmatch(reference):
        raise EcrError("DIGEST_INVALID", f"{reference!r} is not a sha256 digest")
    return None, reference


def _image(visit: Visit, repository: Repository) -> Image:
    tag, digest = _tag_or_digest(visit.reference)
    return images.find(repository, tag=tag, digest=digest)


def _answer(image: Image) -> web.Response:
    headers = {"Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
    return web.Response(body=image.manifest, headers=headers)


def _page_size(visit: Visit) -> int:
    stated = visit.request.query.get("n", str(_PAGE))
    if not re.fullmatch(r"[0-9]{1,9}", stated):
        raise EcrError("PAGINATION_NUMBER_INVALID", f"n={stated!r} is not a number of tags")
    if int(stated) > _PAGE_MAX:
        raise invalid_parameter("maxResults", f"Member must have value less than or equal to {_PAGE_MAX}")
    if int(stated) < 1:
        raise invalid_parameter("maxResults", "Member must have value greater than or equal to 1")
    return int(stated)


def _descriptor(image: Image) -> dict[str, Any]:
    return {
        "mediaType": image.media_type,
        "digest": image.digest,
        "size": len(image.manifest),
        **({_ARTIFACT_TYPE: image.artifact_type} if image.artifact_type else {}),
        **({"annotations": dict(image.annotations)} if image.annotations else {}),
    }
