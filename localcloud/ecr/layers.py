"""Layers out of a repository."""

from aiohttp import web

from localcloud.ecr.authorize import require
from localcloud.ecr.errors import EcrError
from localcloud.ecr.state import Repository
from localcloud.ecr.visit import Visit


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
