"""The tests' GitHub: its REST API on loopback, over a state in memory, with switches for failures.

Each request and each answer is judged by GitHub's published schema: `violations` says what broke it.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.github.answers import Answers
from tests.github.contract import answer_faults, operation_of, request_faults
from tests.github.cut_schema import Value
from tests.github.state import Holdings, RefusedError

SERVER_PATH = "/api/v3"
"""Before all paths for a client that takes it for an Enterprise Server, as the provider does any other host."""
LIMIT, RESET = 5_000, 1_796_040_000
PAGE = "https://docs.github.com/rest"


@dataclass
class Failure:
    """An answer in place of the right one, to the first requests that it is for."""

    status: int
    message: str
    method: str = ""
    path: str = ""
    """A part of it; every one where it is empty."""
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)

    def takes(self, method: str, path: str) -> bool:
        if self.times < 1 or self.method not in ("", method) or self.path not in path:
            return False
        self.times -= 1
        return True


def secondary_limit(seconds: int = 60, **of: Any) -> Failure:
    """Too many requests at once."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Failure(403, message, headers={"retry-after": str(seconds)}, **of)


@dataclass
class GitHub:
    """All of it; `tokens` are those that it knows, with whether they can write."""

    holdings: Holdings = field(default_factory=Holdings)
    tokens: dict[str, bool] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """METHOD path STATUS of each."""
    violations: list[str] = field(default_factory=list)
    remaining: int = LIMIT
    url: str = ""

    def __post_init__(self) -> None:
        self._answers = Answers(self.holdings)
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Message, raw: bytes) -> tuple[int, object, dict[str, str]]:
        with self._lock:
            parts = urlsplit(target)
            path = parts.path.removeprefix(SERVER_PATH)
            try:
                body = json.loads(raw) if raw else None
                status, answered = self._answer(method, path, dict(parse_qsl(parts.query)), headers, body)
                more: dict[str, str] = {}
            except RefusedError as refused:
                status, answered, more = refused.status, _error(refused, path), refused.headers
            self.requests.append(f"{method} {path} {status}")
            if (operation := operation_of(method, path)) and (faults := answer_faults(operation, status, answered)):
                self.violations += [f"answer to {method} {path}: {each}" for each in faults]
                status, answered = 500, {"message": "; ".join(faults)}
            return status, answered, {**self._limits(), **more}

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Message, body: Any
    ) -> tuple[int, object]:
        self._authorize(method, headers.get("Authorization", ""))
        for each in self.failures:
            if each.takes(method, path):
                raise RefusedError(each.status, each.message, headers=dict(each.headers))
        # The schema has no path by an id, and GitHub redirects to it.
        if method == "GET" and (number := path.removeprefix("/repositories/")).isdecimal():
            return 200, self._answers.by_id(int(number))
        operation = operation_of(method, path)
        if operation is None:
            self.violations.append(f"{method} {path} is no operation of the schema")
            raise RefusedError(404, "Not Found")
        if faults := request_faults(operation, query, body):
            self.violations += [f"{method} {path}: {each}" for each in faults]
            raise RefusedError(422, "Invalid request.", *faults)
        return self._answers(operation.name, {**query, **operation.parameters}, body or {})

    def _authorize(self, method: str, authorization: str) -> None:
        if self.remaining < 1:
            raise RefusedError(403, "API rate limit exceeded for installation ID 1.")
        self.remaining -= 1
        token = authorization.partition(" ")[2]
        if token not in self.tokens:
            raise RefusedError(401, "Bad credentials")
        if method != "GET" and not self.tokens[token]:
            raise RefusedError(403, "Resource not accessible by integration")

    def _limits(self) -> dict[str, str]:
        values = {"limit": LIMIT, "remaining": self.remaining, "used": LIMIT - self.remaining, "reset": RESET}
        return {f"x-ratelimit-{name}": str(value) for name, value in values.items()} | {"x-ratelimit-resource": "core"}


def _error(refused: RefusedError, path: str) -> Value:
    more: Value = {"url": path} if refused.status == 301 else {}
    # Some operations have errors as texts, some as objects: all of them have a message.
    message = ": ".join((refused.message, *refused.errors))
    return {"message": message, "documentation_url": PAGE, "status": str(refused.status), **more}


@contextmanager
def served(github: GitHub) -> Iterator[GitHub]:
    """On a free port, until the end; `url` is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answered, headers = github.answer(self.command, self.path, self.headers, raw)
            body = b"" if answered is None else json.dumps(answered).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, f"{github.url}{value}" if value.startswith("/") else value)
            self.send_header("content-type", "application/json; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

        def log_message(self, format: str, *_arguments: object) -> None:
            """Nothing: `requests` has it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
