"""The routes of layers: downloaded; uploaded in one piece or in parts; or mounted from another repository."""

import re
from http import HTTPStatus

from aiohttp import web

from domain.ecr.account import BLOB_MOUNTING, ENABLED
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorize import require
from localcloud.ecr.blobs import StorageError, Upload
from localcloud.ecr.registry_request import RegistryRequest
from localcloud.ecr.registry_state import StoredRepository

_RANGE = re.compile(r"(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:/.*)?")
_NO_PARTS = "it does not have any parts."


async def start_upload(request: RegistryRequest) -> web.StreamResponse:
    """A new upload; with `digest` the whole of it; with `mount` none at all where the layer can be taken over."""
    query = request.http.query
    if "digest" in query:
        await request.repository_to_push("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
        request.blobs.path(query["digest"])
        upload = request.blobs.start(request.owner)
        try:
            return await _finished(request, upload, query["digest"])
        finally:
            request.blobs.discard(upload)
    repository = await request.repository_to_push("InitiateLayerUpload")
    if "mount" in query and _mountable(request, repository, query["mount"], query.get("from", "")):
        repository.layers.add(query["mount"])
        return _created(request, query["mount"])
    upload = request.blobs.start(request.owner)
    return web.Response(status=HTTPStatus.ACCEPTED, headers=_progress(request, upload))


async def append_part(request: RegistryRequest) -> web.StreamResponse:
    request.repository("UploadLayerPart")
    upload = _upload(request, request.reference)
    async with upload.turn:
        await _append(request, upload)
        return web.Response(status=HTTPStatus.ACCEPTED, headers=_progress(request, upload))


async def end_upload(request: RegistryRequest) -> web.StreamResponse:
    """The upload's last request, which names the digest and may bring the last part."""
    with_part = ("UploadLayerPart",) if request.http.can_read_body else ()
    request.repository("CompleteLayerUpload", *with_part)
    upload = _upload(request, request.reference)
    async with upload.turn:
        digest = request.http.query.get("digest", "")
        request.blobs.path(digest)
        return await _finished(request, upload, digest)


async def upload_status(request: RegistryRequest) -> web.StreamResponse:
    request.repository("UploadLayerPart")
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=_progress(request, _upload(request, request.reference)))


async def cancel_upload(request: RegistryRequest) -> web.StreamResponse:
    request.repository("UploadLayerPart")
    upload = _upload(request, request.reference)
    async with upload.turn:
        request.blobs.discard(upload)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _finished(request: RegistryRequest, upload: Upload, digest: str) -> web.Response:
    await _append(request, upload)
    if not upload.size:
        request.blobs.discard(upload)
        raise EcrError("EmptyUploadException", f"{_about(request, upload.id)} cannot be completed because {_NO_PARTS}")
    request.blobs.commit(upload, digest)
    upload.owner.repository.layers.add(digest)
    return _created(request, digest)


async def _append(request: RegistryRequest, upload: Upload) -> None:
    """The request's body at the upload's end, if that is where it belongs."""
    # Who waited for its turn may find that the upload has ended.
    _upload(request, upload.id)
    length = _stated_length(request, upload)
    try:
        await upload.append(request.content(length))
    except StorageError:
        request.blobs.discard(upload)
        raise
    # The repository may have gone while the body came, and another have come in its place.
    _upload(request, upload.id)


def _stated_length(request: RegistryRequest, upload: Upload) -> int | None:
    """How long Content-Range says that the part is; a part that does not begin at the upload's end is refused."""
    stated = request.http.headers.get("Content-Range")
    if stated is None:
        return None
    match = _RANGE.fullmatch(stated)
    if match is None:
        raise EcrError("RANGE_INVALID", f"Content-Range: {stated!r} is not a range")
    first, last = map(int, match.groups())
    if first != upload.size:
        raise EcrError(
            "RANGE_INVALID", f"{_about(request, upload.id)} goes on at byte {upload.size}, and not at {first}"
        )
    return last - first + 1


def _upload(request: RegistryRequest, id: str) -> Upload:
    found = request.blobs.upload(id, request.owner)
    if found is None:
        raise EcrError("UploadNotFoundException", f"{_about(request, id)} does not exist")
    return found


def _about(request: RegistryRequest, id: str) -> str:
    """The subject of ECR's sentences about an upload."""
    return (
        f"The upload with id '{id}' in the repository with name '{request.name}' in registry with id "
        f"'{request.registry.account}'"
    )


def _mountable(request: RegistryRequest, target: StoredRepository, digest: str, source_name: str) -> bool:
    """What ECR asks before it shares a layer: where it would not, the client uploads the layer as any other."""
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
    source = request.registry.repositories.get(source_name)
    if source is None or request.registry.settings.get(BLOB_MOUNTING) != ENABLED:
        return False
    alike = (source.encryption_type, source.key_arn) == (target.encryption_type, target.key_arn)
    return alike and _holds_image_with(source, digest) and request.may("GetDownloadUrlForLayer", source_name)


def _holds_image_with(source: StoredRepository, digest: str) -> bool:
    # A layer that no image of the source names is not mounted: https://github.com/aws/containers-roadmap/issues/2860
    return digest in source.layers and any(digest in image.layers for image in source.images.values())


def _created(request: RegistryRequest, digest: str) -> web.Response:
    headers = {"Location": f"/v2/{request.name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


def _progress(request: RegistryRequest, upload: Upload) -> dict[str, str]:
    return {
        "Location": f"/v2/{request.name}/blobs/uploads/{upload.id}",
        "Docker-Upload-UUID": upload.id,
        "Range": f"0-{max(upload.size - 1, 0)}",
    }


async def head_blob(request: RegistryRequest) -> web.StreamResponse:
    """Whether the layer is there: a pusher asks it, and a puller that is sparing with downloads."""
    if request.may("GetDownloadUrlForLayer", request.name):
        return _file(request, await request.with_layer())
    return _file(request, request.repository("BatchCheckLayerAvailability"))


async def get_blob(request: RegistryRequest) -> web.StreamResponse:
    require(request.call, "GetDownloadUrlForLayer", request.registry, request.name)
    return _file(request, await request.with_layer())


def _file(request: RegistryRequest, repository: StoredRepository) -> web.FileResponse:
    digest = request.reference
    path = request.blobs.path(digest)
    if digest not in repository.layers:
        text = (
            f"The layer with digest '{digest}' does not exist within the repository with name '{repository.name}' "
            f"in the registry with id '{repository.account}'"
        )
        raise EcrError("BLOB_UNKNOWN", text)
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest})
