"""The routes of layers: downloaded; uploaded in one piece or in parts; or mounted from another repository."""

import re
from http import HTTPStatus

from aiohttp import web

from domain.ecr.account import BLOB_MOUNTING, ENABLED
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorize import require
from localcloud.ecr.blobs import StorageError, Upload
from localcloud.ecr.registry_request import Visit
from localcloud.ecr.registry_state import Repository

_RANGE = re.compile(r"(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:/.*)?")
_NO_PARTS = "it does not have any parts."


async def start(visit: Visit) -> web.StreamResponse:
    """A new upload; with `digest` the whole of it; with `mount` none at all where the layer can be taken over."""
    query = visit.request.query
    if "digest" in query:
        await visit.repository_to_push("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
        visit.blobs.path(query["digest"])
        upload = visit.blobs.start(visit.owner)
        try:
            return await _finished(visit, upload, query["digest"])
        finally:
            visit.blobs.discard(upload)
    repository = await visit.repository_to_push("InitiateLayerUpload")
    if "mount" in query and _mountable(visit, repository, query["mount"], query.get("from", "")):
        repository.layers.add(query["mount"])
        return _created(visit, query["mount"])
    upload = visit.blobs.start(visit.owner)
    return web.Response(status=HTTPStatus.ACCEPTED, headers=_progress(visit, upload))


async def part(visit: Visit) -> web.StreamResponse:
    visit.repository("UploadLayerPart")
    upload = _upload(visit, visit.reference)
    async with upload.turn:
        await _append(visit, upload)
        return web.Response(status=HTTPStatus.ACCEPTED, headers=_progress(visit, upload))


async def end(visit: Visit) -> web.StreamResponse:
    """The upload's last request, which names the digest and may bring the last part."""
    with_part = ("UploadLayerPart",) if visit.request.can_read_body else ()
    visit.repository("CompleteLayerUpload", *with_part)
    upload = _upload(visit, visit.reference)
    async with upload.turn:
        digest = visit.request.query.get("digest", "")
        visit.blobs.path(digest)
        return await _finished(visit, upload, digest)


async def status(visit: Visit) -> web.StreamResponse:
    visit.repository("UploadLayerPart")
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=_progress(visit, _upload(visit, visit.reference)))


async def cancel(visit: Visit) -> web.StreamResponse:
    visit.repository("UploadLayerPart")
    upload = _upload(visit, visit.reference)
    async with upload.turn:
        visit.blobs.discard(upload)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _finished(visit: Visit, upload: Upload, digest: str) -> web.Response:
    await _append(visit, upload)
    if not upload.size:
        visit.blobs.discard(upload)
        raise EcrError("EmptyUploadException", f"{_about(visit, upload.id)} cannot be completed because {_NO_PARTS}")
    visit.blobs.commit(upload, digest)
    upload.owner.repository.layers.add(digest)
    return _created(visit, digest)


async def _append(visit: Visit, upload: Upload) -> None:
    """The request's body at the upload's end, if that is where it belongs."""
    # Who waited for its turn may find that the upload has ended.
    _upload(visit, upload.id)
    length = _stated_length(visit, upload)
    try:
        await upload.append(visit.content(length))
    except StorageError:
        visit.blobs.discard(upload)
        raise
    # The repository may have gone while the body came, and another have come in its place.
    _upload(visit, upload.id)


def _stated_length(visit: Visit, upload: Upload) -> int | None:
    """How long Content-Range says that the part is; a part that does not begin at the upload's end is refused."""
    stated = visit.request.headers.get("Content-Range")
    if stated is None:
        return None
    match = _RANGE.fullmatch(stated)
    if match is None:
        raise EcrError("RANGE_INVALID", f"Content-Range: {stated!r} is not a range")
    first, last = map(int, match.groups())
    if first != upload.size:
        raise EcrError("RANGE_INVALID", f"{_about(visit, upload.id)} goes on at byte {upload.size}, and not at {first}")
    return last - first + 1


def _upload(visit: Visit, id: str) -> Upload:
    found = visit.blobs.upload(id, visit.owner)
    if found is None:
        raise EcrError("UploadNotFoundException", f"{_about(visit, id)} does not exist")
    return found


def _about(visit: Visit, id: str) -> str:
    """The subject of ECR's sentences about an upload."""
    return (
        f"The upload with id '{id}' in the repository with name '{visit.name}' in registry with id "
        f"'{visit.registry.account}'"
    )


def _mountable(visit: Visit, target: Repository, digest: str, source_name: str) -> bool:
    """What ECR asks before it shares a layer: where it would not, the client uploads the layer as any other."""
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
    source = visit.registry.repositories.get(source_name)
    if source is None or visit.registry.settings.get(BLOB_MOUNTING) != ENABLED:
        return False
    alike = (source.encryption_type, source.key_arn) == (target.encryption_type, target.key_arn)
    return alike and _holds_image_with(source, digest) and visit.may("GetDownloadUrlForLayer", source_name)


def _holds_image_with(source: Repository, digest: str) -> bool:
    # A layer that no image of the source names is not mounted: https://github.com/aws/containers-roadmap/issues/2860
    return digest in source.layers and any(digest in image.layers for image in source.images.values())


def _created(visit: Visit, digest: str) -> web.Response:
    headers = {"Location": f"/v2/{visit.name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


def _progress(visit: Visit, upload: Upload) -> dict[str, str]:
    return {
        "Location": f"/v2/{visit.name}/blobs/uploads/{upload.id}",
        "Docker-Upload-UUID": upload.id,
        "Range": f"0-{max(upload.size - 1, 0)}",
    }


async def look(visit: Visit) -> web.StreamResponse:
    """Whether the layer is there: a pusher asks it, and a puller that is sparing with downloads."""
    if visit.may("GetDownloadUrlForLayer", visit.name):
        return _file(visit, await visit.with_layer())
    return _file(visit, visit.repository("BatchCheckLayerAvailability"))


async def download(visit: Visit) -> web.StreamResponse:
    require(visit.call, "GetDownloadUrlForLayer", visit.registry, visit.name)
    return _file(visit, await visit.with_layer())


def _file(visit: Visit, repository: Repository) -> web.FileResponse:
    digest = visit.reference
    path = visit.blobs.path(digest)
    if digest not in repository.layers:
        text = (
            f"The layer with digest '{digest}' does not exist within the repository with name '{repository.name}' "
            f"in the registry with id '{repository.account}'"
        )
        raise EcrError("BLOB_UNKNOWN", text)
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest})
