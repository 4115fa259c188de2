"""Manifests in and out of a repository, its tags, and what refers to an image."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import web

from domain.ecr.images import DIGEST, OCI_INDEX
from domain.ecr.limits import MANIFEST_MAX_BYTES
from localcloud.ecr import image_store, manifests
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.authorize import require
from localcloud.ecr.registry_request import RegistryRequest
from localcloud.ecr.registry_state import StoredImage, StoredRepository
from localcloud.events import ecr_events

_ARTIFACT_TYPE = "artifactType"
_PAGE = 100
_PAGE_MAX = 1000
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html, maxResults"""


async def put_manifest(request: RegistryRequest) -> web.StreamResponse:
    request.repository("PutImage")
    tag, digest = _tag_or_digest(request.reference)
    content = await _manifest(request)
    sent_as = request.http.content_type if "Content-Type" in request.http.headers else None
    manifest = manifests.parse_manifest(content, sent_as)
    image_store.require_digest(manifest, digest)
    repository = request.registry.repository(request.name)  # it may have gone while the body came
    is_new = image_store.is_new(repository, manifest.digest, tag)
    image = image_store.store_image(repository, manifest, content, tag, now=datetime.now(UTC))
    request.services.events.put(ecr_events.pushed(repository, image, tag, datetime.now(UTC)))
    if is_new:
        request.services.replicator.begin(request.registry, repository, image, tag)
    headers = {
        "Location": f"/v2/{request.name}/manifests/{manifest.digest}",
        "Docker-Content-Digest": manifest.digest,
        **({"OCI-Subject": manifest.subject} if manifest.subject else {}),
    }
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


async def head_manifest(request: RegistryRequest) -> web.StreamResponse:
    return _answer(_image(request, await request.image_to_pull("BatchGetImage")))


async def get_manifest(request: RegistryRequest) -> web.StreamResponse:
    image = _image(request, await request.image_to_pull("BatchGetImage"))
    image_store.record_pull(request.registry, image, request.caller.identity, datetime.now(UTC))
    return _answer(image)


async def delete_manifest(request: RegistryRequest) -> web.StreamResponse:
    """As the User Guide shows it with `oras manifest delete`."""
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-artifact-delete.html
    repository = request.repository("BatchDeleteImage")
    tag, digest = _tag_or_digest(request.reference)
    image, tags = image_store.remove_image(repository, tag=tag, digest=digest)
    for each in tags:
        request.services.events.put(ecr_events.deleted(repository, image, each, datetime.now(UTC)))
    return web.Response(status=HTTPStatus.ACCEPTED)


async def list_tags(request: RegistryRequest) -> web.StreamResponse:
    """A page of the tags, in alphabetical order, with the way to the next one."""
    repository = request.repository("ListImages")
    tags = (tag for tag, digest in repository.tagged.items() if not repository.images[digest].archived)
    page, headers = _page(request, tags, f"/v2/{request.name}/tags/list")
    return web.json_response({"name": request.name, "tags": page}, headers=headers)


async def list_repositories(request: RegistryRequest) -> web.StreamResponse:
    """As ECR answers since 2021: https://github.com/google/go-containerregistry/issues/1091."""
    require(request.call, "DescribeRepositories", request.registry)
    page, headers = _page(request, request.registry.repositories, "/v2/_catalog")
    return web.json_response({"repositories": page}, headers=headers)


def _page(request: RegistryRequest, names: Iterable[str], path: str) -> tuple[list[str], dict[str, str]]:
    last = request.http.query.get("last", "")
    found = sorted(each for each in names if each > last)
    page = found[: _page_size(request)]
    if page == found:
        return page, {}
    return page, {"Link": f'<{path}?n={len(page)}&last={quote(page[-1])}>; rel="next"'}


async def list_referrers(request: RegistryRequest) -> web.StreamResponse:
    repository = request.repository("BatchGetImage")
    if not DIGEST.fullmatch(request.reference):
        raise EcrError("DIGEST_INVALID", f"{request.reference!r} is not a sha256 digest")
    wanted = request.http.query.get(_ARTIFACT_TYPE)
    found = image_store.referrers_of(repository, request.reference)
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [_descriptor(image) for image in found if wanted in (None, image.artifact_type)],
    }
    headers = {"OCI-Filters-Applied": _ARTIFACT_TYPE} if wanted is not None else {}
    # Without the character set that json_response would add: clients compare media types as text.
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": OCI_INDEX, **headers})


async def _manifest(request: RegistryRequest) -> bytes:
    """The body, of which no more is read than a manifest may have."""
    content = bytearray()
    async for chunk in request.content():
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


def _image(request: RegistryRequest, repository: StoredRepository) -> StoredImage:
    tag, digest = _tag_or_digest(request.reference)
    return image_store.image_to_pull(repository, tag=tag, digest=digest)


def _answer(image: StoredImage) -> web.Response:
    headers = {"Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
    return web.Response(body=image.manifest, headers=headers)


def _page_size(request: RegistryRequest) -> int:
    stated = request.http.query.get("n", str(_PAGE))
    if not re.fullmatch(r"[0-9]{1,9}", stated):
        raise EcrError("PAGINATION_NUMBER_INVALID", f"n={stated!r} is not a number of names")
    if int(stated) > _PAGE_MAX:
        raise invalid_parameter("maxResults", f"Member must have value less than or equal to {_PAGE_MAX}")
    if int(stated) < 1:
        raise invalid_parameter("maxResults", "Member must have value greater than or equal to 1")
    return int(stated)


def _descriptor(image: StoredImage) -> dict[str, Any]:
    return {
        "mediaType": image.media_type,
        "digest": image.digest,
        "size": len(image.manifest),
        **({_ARTIFACT_TYPE: image.artifact_type} if image.artifact_type else {}),
        **({"annotations": dict(image.annotations)} if image.annotations else {}),
    }
