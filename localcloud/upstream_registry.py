"""A registry on loopback in place of one on the internet: read-only, with a login or without."""

import hmac
from http import HTTPStatus
from typing import Self

from aiohttp import web

from localcloud.ecr.cache.upstream import Login
from localcloud.server import LOOPBACK, Server
from oci.image import Image, Index
from oci.manifest import Blob


class UpstreamRegistry:
    """Serves from `start` to `stop`, or as a context; with a login, to no other user.

    It takes name and password in each request; public registries exchange them for a token first."""

    def __init__(self, login: Login | None = None) -> None:
        self.asked: list[str] = []
        """The paths of all authorized requests, in their order."""
        self._login = login
        self._server = Server()
        self._content: dict[str, Blob] = {}
        """By the path under which it is served."""

    def start(self) -> None:
        self._server.start()
        app = web.Application()
        app.router.add_get("/v2/{path:.*}", self._answer)
        self.host = f"{LOOPBACK}:{self._server.wait(self._server.listen(app))}"

    def stop(self) -> None:
        self._server.stop()

    def put(self, repository: str, what: Image | Index, tag: str | None = None) -> str:
        """Has the image from now on, under its digest and the tag, and answers the digest."""
        if isinstance(what, Index):
            for image in what.images:
                self.put(repository, image)
        else:
            for blob in what.blobs:
                self._content[f"/v2/{repository}/blobs/{blob.digest}"] = blob
        for reference in (what.digest, tag):
            if reference is not None:
                self._content[f"/v2/{repository}/manifests/{reference}"] = what.manifest
        return what.digest

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._is_authorized(request.headers.get("Authorization", "")):
            challenge = {"WWW-Authenticate": 'Basic realm="upstream"'}
            return web.Response(status=HTTPStatus.UNAUTHORIZED, headers=challenge)
        self.asked.append(request.path)
        if request.path == "/v2/":
            return web.Response()
        found = self._content.get(request.path)
        if found is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(body=found.content, headers={"Content-Type": found.media_type})

    def _is_authorized(self, authorization: str) -> bool:
        if self._login is None:
            return True
        return hmac.compare_digest(authorization.encode(errors="replace"), self._login.authorization.encode())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
