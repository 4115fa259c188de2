"""Requests to the tests' GitHub, as a client makes them."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.github.server import GitHub

TOKEN = "ghs_written0123456789"  # noqa: S105  of the tests' GitHub
READ_ONLY = "ghs_readonly0123456789"


@dataclass(frozen=True)
class Called:
    """What was answered."""

    status: int
    body: Any
    headers: Message


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer."""


def call(github: GitHub, method: str, path: str, body: object = None, *, token: str = TOKEN) -> Called:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  loopback
        f"{github.url}{path}", data, {"Authorization": f"Bearer {token}"}, method=method
    )
    try:
        with urllib.request.build_opener(_NoRedirect()).open(request, timeout=10) as answer:
            return _called(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return _called(refused.code, refused.read(), refused.headers)


def _called(status: int, raw: bytes, headers: Message) -> Called:
    return Called(status, json.loads(raw) if raw else None, headers)
