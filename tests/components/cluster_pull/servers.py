"""Servers on loopback that a refresher calls: answers by a script, and a part of the API server."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NAMESPACE, SECRET, TOKEN = "payments", "ecr-pull", "canary-of-the-api"


class Received(NamedTuple):
    """A request as it arrived; the names of headers are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str


class Answer(NamedTuple):
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = {}


class Scripted:
    """Gives its answers one after another, and the last again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.received: list[Received] = []
        self.url = ""

    def answer(self, request: Received) -> Answer:
        self.received.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class FakeApi(Scripted):
    """The API server's PATCH of the one secret that the refresher's role is about, as far as it looks at it."""

    def __init__(self) -> None:
        super().__init__(Answer())
        self.secrets: dict[str, dict[str, Any]] = {}
        self.refusal: Answer | None = None

    def answer(self, request: Received) -> Answer:
        self.received.append(request)
        target = urlsplit(request.target)
        if self.refusal is not None:
            return self.refusal
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._status(401, "Unauthorized", "Unauthorized")
        if (request.method, target.path) != ("PATCH", f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"):
            return self._status(403, "Forbidden", f"{request.method} {target.path} is forbidden")
        if request.headers.get("content-type") != "application/apply-patch+yaml":
            return self._status(415, "UnsupportedMediaType", "the body is not an applied object")
        if dict(parse_qsl(target.query)).keys() != {"fieldManager", "force", "fieldValidation"}:
            return self._status(400, "BadRequest", f"unexpected parameters: {target.query}")
        known = SECRET in self.secrets
        self.secrets[SECRET] = json.loads(request.body)
        return Answer(HTTPStatus.OK if known else HTTPStatus.CREATED, request.body)

    @staticmethod
    def _status(code: int, reason: str, message: str) -> Answer:
        return Answer(code, json.dumps({"kind": "Status", "reason": reason, "message": message, "code": code}))


@contextmanager
def serving(server: Scripted, trusted: Path | None = None) -> Iterator[None]:
    """At `server.url`; by TLS where there is a file that a certificate for 127.0.0.1 goes to."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def do_PATCH(self) -> None:
            self._handle()

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(Received(self.command, self.path, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if trusted is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(trusted))
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
    server.url = f"http{'s' if trusted else ''}://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def _certificate(trusted: Path) -> Path:
    """A file with a key and its own certificate, which goes to `trusted` alone, too."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake API")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, SHA256()).public_bytes(Encoding.PEM)
    trusted.write_bytes(made)
    both = trusted.with_name("server.pem")
    both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made)
    return both
