"""The HTTPS endpoints that subscribe to a stack's topics: one server on loopback stands in for all of them."""

import json
import threading
from collections import defaultdict
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote, unquote

import aiohttp
from aiohttp import web

from localcloud.server import LOOPBACK, Server

_KIND = "x-amz-sns-message-type"


class HttpEndpoints:
    """For a block. It confirms each subscription, as the owner of an endpoint does, and keeps what is sent to each."""

    def __init__(self) -> None:
        self._server = Server()
        self._lock = threading.Lock()
        self._notifications: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._gone: set[str] = set()

    def stand_in(self, address: str) -> str:
        """Where what is for the address is sent to."""
        return f"{self._url}/{quote(address, safe='')}"

    def notifications(self, address: str) -> list[dict[str, Any]]:
        """Those that came since they were asked for last; they are forgotten."""
        with self._lock:
            return self._notifications.pop(address, [])

    def answer(self, address: str, *, gone: bool) -> None:
        """Whether the endpoint answers that it is gone."""
        with self._lock:
            (self._gone.add if gone else self._gone.discard)(address)

    async def _take(self, request: web.Request) -> web.Response:
        address, message = unquote(request.match_info["address"]), json.loads(await request.read())
        with self._lock:
            if address in self._gone:
                return web.Response(status=HTTPStatus.GONE)
            if request.headers.get(_KIND) == "Notification":
                self._notifications[address].append(message)
                return web.Response()
        async with aiohttp.ClientSession() as session, session.get(message["SubscribeURL"]) as confirmed:
            return web.Response(status=confirmed.status)

    def __enter__(self) -> Self:
        self._server.start()
        app = web.Application()
        app.router.add_post("/{address:.+}", self._take)
        self._url = f"http://{LOOPBACK}:{self._server.wait(self._server.listen(app))}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
