"""Debian's docker-registry on loopback, with the logins that it can be given, and a token server of ours."""

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.oci.registry import SECRET, USER

PROGRAM = os.environ.get("DISTRIBUTION", "docker-registry")
"""Debian's 2.8, or another version of CNCF distribution where one was built."""
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuw1Bp6tyl9qXUMa3oNPoAEzrXMXK4p0m\n"
"""SECRET with bcrypt, which alone the registry takes."""
_STARTED_WITHIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A key with a certificate of its own for loopback."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls) -> "Identity":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry.acme.example")])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        )  # fmt: skip
        return cls(key=key, certificate=builder.sign(key, hashes.SHA256()))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The files of the certificate and of the key."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, key


@dataclass(slots=True)
class TokenServer:
    """Gives tokens to USER with SECRET, of the actions that `rights` has for a repository."""

    identity: Identity
    rights: Mapping[str, frozenset[str]]
    seconds: int = 300
    user: str = USER
    given: list[str] = field(default_factory=list)
    """The scopes that were granted, in their order."""

    def token(self, service: str, scopes: list[str]) -> str:
        access = []
        for each in scopes:
            kind, name, actions = each.split(":")
            allowed = sorted(set(actions.split(",")) & self.rights.get(name, frozenset()))
            access.append({"type": kind, "name": name, "actions": allowed})
            self.given.append(f"{name}:{','.join(allowed)}")
        now = int(time.time())
        chain = base64.b64encode(self.identity.certificate.public_bytes(serialization.Encoding.DER)).decode()
        header = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
        claims = {
            "iss": "tests", "sub": self.user, "aud": service, "iat": now, "nbf": now - 60, "exp": now + self.seconds,
            "jti": str(len(self.given)), "access": access,
        }  # fmt: skip
        signed = f"{_base64url(json.dumps(header).encode())}.{_base64url(json.dumps(claims).encode())}"
        signature = self.identity.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"

    @contextmanager
    def served(self, folder: Path) -> Iterator[str]:
        """By TLS, at the address that is given."""
        tokens = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                login = base64.b64encode(f"{tokens.user}:{SECRET}".encode()).decode()
                asked = parse_qs(urlsplit(self.path).query)
                known = self.headers.get("Authorization") == f"Basic {login}"
                answer = {
                    "token": tokens.token(asked["service"][0], asked.get("scope", [])),
                    "expires_in": tokens.seconds,
                }
                body = json.dumps(answer if known else {"details": "incorrect username or password"}).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.identity.write(folder))
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"https://127.0.0.1:{server.server_port}/token"
            finally:
                server.shutdown()
                thread.join()


@contextmanager
def docker_registry(folder: Path, auth: Mapping[str, Any], tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """A registry with its content in the folder, at the address that is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served: dict[str, Any] = {"addr": f"127.0.0.1:{port}"}
    if tls is not None:
        served["tls"] = {"certificate": str(tls[0]), "key": str(tls[1])}
    config = {
        "version": "0.1", "log": {"level": "error"}, "http": served, "auth": auth,
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}, "delete": {"enabled": True}},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(shutil.which(PROGRAM)), "serve", str(folder / "config.json")], stdout=log, stderr=log
        )
        try:
            _wait(port, process, folder / "log")
            yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _STARTED_WITHIN
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{PROGRAM} did not start: {log.read_text(encoding='utf-8')}")


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
