"""A registry on loopback that can be as awkward as others: logins by token, storage elsewhere, limits, refusals."""

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from domain.ecr.images import digest_of

USER, SECRET = "robot", "s3cr3t-canary"


@dataclass(slots=True, kw_only=True)
class Quirks:
    """What this registry does that another doesn't."""

    scheme: str | None = None
    """basic or bearer; None lets everyone do everything."""
    anonymous: frozenset[str] = frozenset()
    """Repositories that can be pulled without a login."""
    token_seconds: float = 300
    identity_token: str | None = None
    """A refresh token that the token server takes."""
    has_referrers: bool = False
    storage: "AwkwardRegistry | None" = None
    """Another host, which layers are fetched from."""
    page: int = 100
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses and headers that the next requests to the registry are answered with."""
    limit: str | None = None
    """The header RateLimit-Remaining."""
    cuts: int = 0
    """Layers of which the connection breaks in the middle, the next ones."""
    full_after: int | None = None
    """How many layers can be stored."""
    other_scope: str = ""
    """One that the registry wants beside those that a client knows of."""
    user: str = USER
    has_catalog: bool = True
    deletes: bool = True
    immutable: bool = False
    """Whether a tag that is there names the same image for ever."""
    declared: frozenset[str] | None = None
    """The repositories that exist; None where a push makes them."""

    @property
    def login(self) -> str:
        return f"Basic {base64.b64encode(f'{self.user}:{SECRET}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    authorization: str | None
    body: bytes


class AwkwardRegistry(ThreadingHTTPServer):
    """Serves until the context ends; `seen` are all requests, those to the token server included."""

    def __init__(self, quirks: Quirks) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.quirks = quirks
        self.seen: list[Seen] = []
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.uploads: dict[str, bytes] = {}
        self.sessions = count()
        self.tokens: dict[str, tuple[frozenset[str], float]] = {}
        self.objects: dict[str, bytes] = {}

    def handle_error(self, *_: object) -> None:
        """A client that is killed cuts its connections; what else goes wrong, its own test sees."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def registry(**quirks: Any) -> Iterator[AwkwardRegistry]:
    with AwkwardRegistry(Quirks(**quirks)) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AwkwardRegistry

    def handle_one(self) -> None:
        self.body = self._read()
        parts = urlsplit(self.path)
        self.query = parse_qs(parts.query)
        self.server.seen.append(Seen(self.command, self.path, self.headers.get("Authorization"), self.body))
        if parts.path == "/token":
            self._token()
        elif parts.path.startswith("/storage/"):
            content = self.server.objects.get(parts.path)
            self._answer(404 if content is None else 200, content or b"")
        elif self.server.quirks.failures:
            status, headers = self.server.quirks.failures.pop(0)
            self._error(status, "TOOMANYREQUESTS" if status == 429 else "UNKNOWN", "not now", headers)
        else:
            self._registry(parts.path)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def _read(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        limit = self.server.quirks.limit
        extra = {"RateLimit-Remaining": limit, "RateLimit-Limit": "100;w=21600"} if limit else {}
        for name, value in {"Content-Length": str(len(body)), **extra, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self._answer(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), headers)

    def _token(self) -> None:
        given, quirks = parse_qs(self.body.decode()), self.server.quirks
        if self.command == "POST":
            valid = given.get("refresh_token") == [quirks.identity_token or ""] and bool(quirks.identity_token)
            scopes = given.get("scope", [""])[0].split()
        else:
            login = self.headers.get("Authorization")
            valid = login == self.server.quirks.login
            if login and not valid:
                self._answer(401, b'{"details": "incorrect username or password"}')
                return
            scopes = self.query.get("scope", [])
        granted = frozenset(each for each in scopes if valid or self._is_public(each))
        text = f"token-{len(self.server.tokens)}"
        self.server.tokens[text] = granted, time.monotonic() + quirks.token_seconds
        self._answer(200, json.dumps({"token": text, "expires_in": quirks.token_seconds}).encode())

    def _is_public(self, scope: str) -> bool:
        kind, name, actions = scope.split(":")
        return kind == "repository" and name in self.server.quirks.anonymous and actions == "pull"

    def _authorized(self, scope: str) -> bool:
        login, scheme = self.headers.get("Authorization", ""), self.server.quirks.scheme
        if scheme == "basic":
            return login == self.server.quirks.login
        if scheme == "bearer":
            scopes, ends = self.server.tokens.get(login.removeprefix("Bearer "), (frozenset(), 0))
            kind, name, actions = scope.split(":")
            held = {
                action
                for each in scopes
                if each.startswith(f"{kind}:{name}:")
                for action in each.split(":")[2].split(",")
            }
            wanted = {self.server.quirks.other_scope} - {""}
            return ends > time.monotonic() and set(actions.split(",")) <= held and wanted <= scopes
        return True

    def _registry(self, path: str) -> None:
        found = re.fullmatch(r"/v2/(.+)/(blobs/uploads|blobs|manifests|tags|referrers)/(.*)", path)
        action = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(self.command, "pull,push")
        scope = f"repository:{found[1]}:{action}" if found else "registry:catalog:*"
        if path == "/v2/" and self.server.quirks.scheme is None:
            self._answer(200, b"{}")
        elif not self._authorized(scope):
            every = f"{scope} {self.server.quirks.other_scope}".strip()
            realm = f'realm="{self.server.address}/token",service="test, registry",scope="{every}"'
            challenge = f"Bearer {realm}" if self.server.quirks.scheme == "bearer" else 'Basic realm="test"'
            self._error(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": challenge})
        elif found is None:
            self._root(path)
        elif self.server.quirks.declared is not None and found[1] not in self.server.quirks.declared:
            self._error(404, "NAME_UNKNOWN", "repository name not known to registry")
        else:
            kinds = {
                "blobs": self._blobs, "blobs/uploads": self._uploads, "manifests": self._manifests,
                "tags": self._tags, "referrers": self._referrers,
            }  # fmt: skip
            kinds[found[2]](found[1], found[3])

    def _root(self, path: str) -> None:
        if "_catalog" not in path:
            self._answer(200)
        elif self.server.quirks.has_catalog:
            self._list("repositories", sorted({name for name, _ in self.server.manifests}))
        else:
            self._error(404, "NOT_FOUND", "404 page not found")

    def _list(self, key: str, names: list[str]) -> None:
        last = self.query.get("last", [""])[0]
        left = [each for each in names if each > last]
        page = left[: self.server.quirks.page]
        path = urlsplit(self.path).path
        headers = {"Link": f'<{path}?n=1&last={page[-1]}>; rel="next"'} if len(left) > len(page) else {}
        self._answer(200, json.dumps({key: page}).encode(), headers)

    def _tags(self, name: str, _: str) -> None:
        self._list("tags", sorted(self.server.tags.get(name, {})))

    def _blobs(self, name: str, digest: str) -> None:
        content, storage = self.server.blobs.get((name, digest)), self.server.quirks.storage
        if content is None:
            self._error(404, "BLOB_UNKNOWN", "blob unknown")
        elif storage is not None:
            where = f"/storage/{digest[-12:]}"
            storage.objects[where] = content
            self._answer(307, headers={"Location": f"{storage.address}{where}?X-Signature=x"})
        elif self.server.quirks.cuts and self.command == "GET":
            self.server.quirks.cuts -= 1
            whole = {"Content-Length": str(len(content)), "Connection": "close"}
            self._answer(200, content[: len(content) // 2], whole)
        else:
            self._answer(200, content)

    def _uploads(self, name: str, session: str) -> None:
        uploads = self.server.uploads
        source = self.query.get("from", [""])[0], self.query.get("mount", [""])[0]
        readable = self._authorized(f"repository:{source[0]}:pull")
        if self.command == "POST" and source in self.server.blobs and readable:
            self.server.blobs[name, source[1]] = self.server.blobs[source]
            self._answer(201)
        elif self.command == "POST":
            session = str(next(self.server.sessions))
            uploads[session] = b""
            self._answer(202, headers={"Location": f"/v2/{name}/blobs/uploads/{session}?state=a%2Fb"})
        elif self.command == "PATCH":
            start = self.headers.get("Content-Range", f"{len(uploads[session])}-").partition("-")[0]
            if int(start) != len(uploads[session]):
                self._error(416, "BLOB_UPLOAD_INVALID", "not the next chunk")
                return
            uploads[session] += self.body
            self._answer(202, headers={"Location": f"/v2/{name}/blobs/uploads/{session}?state=c"})
        elif len(self.server.blobs) == self.server.quirks.full_after:
            self._error(500, "UNKNOWN", "no space left on device")
        else:
            content, digest = uploads.pop(session) + self.body, self.query["digest"][0]
            if digest_of(content) != digest:
                self._error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
                return
            self.server.blobs[name, digest] = content
            self._answer(201)

    def _manifests(self, name: str, reference: str) -> None:
        tags = self.server.tags.setdefault(name, {})
        digest = tags.get(reference, reference)
        found = self.server.manifests.get((name, digest))
        if self.command == "PUT":
            digest = digest_of(self.body)
            if self.server.quirks.immutable and tags.get(reference, digest) != digest:
                self._error(400, "TAG_INVALID", f"the tag {reference} is immutable")
                return
            self.server.manifests[name, digest] = self.headers.get("Content-Type", ""), self.body
            if reference != digest:
                tags[reference] = digest
            subject = json.loads(self.body).get("subject", {}).get("digest")
            accepted = {"OCI-Subject": subject} if subject and self.server.quirks.has_referrers else {}
            self._answer(201, headers={"Docker-Content-Digest": digest, **accepted})
        elif found is None:
            self._error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        elif self.command == "DELETE" and not self.server.quirks.deletes:
            self._error(405, "UNSUPPORTED", "The operation is unsupported.")
        elif self.command == "DELETE":
            del self.server.manifests[name, digest]
            self._answer(202)
        else:
            self._answer(200, found[1], {"Content-Type": found[0], "Docker-Content-Digest": digest})

    def _referrers(self, name: str, digest: str) -> None:
        if not self.server.quirks.has_referrers:
            self._error(404, "NOT_FOUND", "404 page not found")
            return
        held = [content for (of, _), (_, content) in self.server.manifests.items() if of == name]
        found = [
            {"digest": digest_of(each), "size": len(each), "mediaType": json.loads(each)["mediaType"]}
            for each in held
            if json.loads(each).get("subject", {}).get("digest") == digest
        ]
        self._answer(200, json.dumps({"schemaVersion": 2, "manifests": found}).encode())
