"""A public upstream, for which a registry on loopback serves: the local cloud never connects to the internet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from yarl import URL

from domain.ecr.images import MANIFESTS
from domain.ecr.limits import MANIFEST_MAX_BYTES
from localcloud.ecr.blobs import Blobs, Owner
from localcloud.ecr.cache.upstream import (
    Fetched,
    Login,
    UpstreamBusy,
    UpstreamMissing,
    UpstreamRefused,
    UpstreamUnreachable,
)
from localcloud.ecr.registry_state import StoredRepository

_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5, sock_read=30)
_CHUNK = 1024 * 1024
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class PublicUpstream:
    """Speaks the distribution protocol, and logs in with name and password in each request."""

    def __init__(self, url: str, host: str, login: Login | None, blobs: Blobs) -> None:
        self._url = url
        self._root = URL(f"http://{host}/v2/")
        self._login = login
        self._blobs = blobs

    async def manifest(self, name: str, reference: str) -> Fetched:
        async with self._get(f"{name}/manifests/{reference}") as response:
            content = await response.content.read(MANIFEST_MAX_BYTES + 1)
            while not response.content.at_eof() and len(content) <= MANIFEST_MAX_BYTES:
                content += await response.content.read(MANIFEST_MAX_BYTES + 1)
            return Fetched(content=content, media_type=response.content_type)

    async def layer(self, name: str, digest: str, into: StoredRepository) -> None:
        upload = self._blobs.start(Owner(repository=into, account=into.account))
        try:
            async with self._get(f"{name}/blobs/{digest}") as response:
                await upload.append(response.content.iter_chunked(_CHUNK))
            self._blobs.commit(upload, digest)
            into.layers.add(digest)
        finally:
            self._blobs.discard(upload)

    @asynccontextmanager
    async def _get(self, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Accept": ", ".join(MANIFESTS)}
        if self._login is not None:
            headers["Authorization"] = self._login.authorization
        url = URL(f"{self._root}{path}", encoded=True)
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False) as session,
                session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                self._require_ok(response, path)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamUnreachable(f"{self._url} can't be reached: {type(error).__name__}") from error

    def _require_ok(self, response: aiohttp.ClientResponse, path: str) -> None:
        if response.status in _REFUSALS:
            who = "the secret's user" if self._login else "an anonymous client"
            raise UpstreamRefused(f"{self._url} does not authorize {who}")
        if response.status != HTTPStatus.OK:
            raise _fault(response.status)(f"{self._url} answers {response.status} for {path}")


def _fault(status: int) -> type[UpstreamMissing]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return UpstreamBusy
    return UpstreamUnreachable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else UpstreamMissing
