"""A registry on a port of its own, and the least that it takes to speak to it."""

import asyncio
import base64
import http.client
import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.ecr.creation_templates import Occasion
from domain.ecr.images import OCI_MANIFEST, digest_of
from domain.ecr.tags import TagMutability
from domain.iam.access import Caller, Identity
from localcloud.callers import Callers
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.blobs import Blobs
from localcloud.ecr.data_plane import data_plane
from localcloud.ecr.registry_state import Registries, StoredRegistry, StoredRepository, StoredTemplate
from localcloud.ecr.services import Services
from localcloud.server import Server as Listener
from localcloud.tests.clouds import ACCOUNT
from localcloud.tests.ecr.control_plane import Events, FakeKeys
from localcloud.tests.statements import allow, policy

REGION = "eu-west-1"
REPOSITORY = "payments/api"
PUSHER = Identity(arn=f"arn:aws:iam::{ACCOUNT}:user/pusher", account=ACCOUNT)

Headers = Mapping[str, str]


class FakeCallers(Callers):
    """Any principal may do these actions in every repository; a service has no policies of its own."""

    def __init__(self) -> None:
        super().__init__(FakeKeys())
        self.actions: tuple[str, ...] = ("*",)

    async def caller(self, identity: Identity) -> Caller:
        if identity.is_service:
            return Caller(identity=identity)
        return Caller(identity=identity, policies=(policy("test", allow(*(f"ecr:{each}" for each in self.actions))),))


def a_repository(name: str = REPOSITORY, **changes: Any) -> StoredRepository:
    return StoredRepository(
        **{
            "name": name,
            "account": ACCOUNT,
            "region": REGION,
            "created_at": datetime.now(UTC),
            "encryption_type": "AES256",
            "key_arn": None,
            "mutability": TagMutability.MUTABLE,
            "exclusions": (),
            "scan_on_push": False,
            "tags": {},
            **changes,
        }
    )


def a_template(**changes: Any) -> StoredTemplate:
    """For a push to a free name of the team's."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "prefix": "team",
        "description": None,
        "encryption": {"encryptionType": "AES256"},
        "mutability": TagMutability.IMMUTABLE,
        "exclusions": (),
        "policy": None,
        "lifecycle": None,
        "tags": {},
        "occasions": (Occasion.CREATE_ON_PUSH,),
        "role": None,
        "created_at": now,
    }
    return StoredTemplate(**{**fields, **changes})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(each["code"], each["message"]) for each in self.json["errors"]]

    @property
    def code(self) -> str:
        [(code, _)] = self.errors
        return code

    @property
    def message(self) -> str:
        [(_, message)] = self.errors
        return message


@dataclass
class Server:
    """A registry that listens, with what is behind it."""

    folder: Path
    port: int
    registries: Registries
    registry: StoredRegistry
    tokens: Tokens
    blobs: Blobs
    callers: FakeCallers
    backend: FakeKeys
    upstream_hosts: dict[str, str]
    events: Events
    password: str = field(default="")

    def __post_init__(self) -> None:
        self.password = self.tokens.issue(PUSHER, now=datetime.now(UTC)).password

    def repository(self, name: str = REPOSITORY, **changes: Any) -> StoredRepository:
        made = self.registry.repositories[name] = a_repository(name, **changes)
        return made

    def authorization(self, password: str | None = None, user: str = "AWS") -> str:
        given = self.password if password is None else password
        return "Basic " + base64.b64encode(f"{user}:{given}".encode()).decode()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Headers | None = None,
        authorization: str | None = "",
    ) -> Answer:
        """One request on a connection of its own; no Authorization when it is None."""
        sent = dict(headers or {})
        if authorization is not None:
            sent["Authorization"] = authorization or self.authorization()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()

    def raw(self, sent: bytes) -> bytes:
        """What comes back for bytes that no HTTP library would send, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def identify(self, identity: Identity) -> str:
        """The Authorization header of another caller."""
        return self.authorization(self.tokens.issue(identity, now=datetime.now(UTC)).password)

    def start_upload(self, repository: str = REPOSITORY) -> str:
        """Where the upload goes on."""
        answer = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        assert answer.status == 202, answer
        return answer.headers["Location"]

    def push_blob(self, content: bytes, repository: str = REPOSITORY) -> str:
        digest = digest_of(content)
        answer = self.ask("PUT", f"{self.start_upload(repository)}?digest={digest}", content)
        assert answer.status == 201, answer
        return digest

    def push_manifest(
        self, manifest: Mapping[str, Any], reference: str, repository: str = REPOSITORY, media_type: str | None = None
    ) -> Answer:
        headers = {"Content-Type": media_type or manifest["mediaType"]}
        return self.ask("PUT", f"/v2/{repository}/manifests/{reference}", encoded(manifest), headers)

    def push_image(self, tag: str, content: bytes = b"a layer", repository: str = REPOSITORY) -> str:
        """The digest of an image of one layer."""
        self.push_blob(b"{}", repository)
        self.push_blob(content, repository)
        manifest = image(content)
        answer = self.push_manifest(manifest, tag, repository)
        assert answer.status == 201, answer
        return digest_of(encoded(manifest))

    def stored(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def is_healthy(self) -> bool:
        return self.ask("GET", "/v2/").status == 200


def nested(depth: int) -> str:
    """Lists in lists, as JSON."""
    return "[" * depth + "]" * depth


def encoded(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, indent=1).encode()


def image(*layers: bytes, **changes: Any) -> dict[str, Any]:
    """A manifest of these layers, with the empty configuration."""
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
    described = [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest_of(each), "size": len(each)}
        for each in layers
    ]
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": empty, "layers": described, **changes}


@contextmanager
def serving(folder: Path, callers: FakeCallers | None = None) -> Iterator[Server]:
    """A registry that the local cloud's own server serves."""
    upstream_hosts: dict[str, str] = {}
    known, backend = callers or FakeCallers(), FakeKeys()
    events = Events()
    services = Services(
        folder,
        backend,
        known,
        tokens=Tokens(),
        upstream_hosts=upstream_hosts,
        events=events,
        open_port=lambda *_: asyncio.sleep(0, 0),
    )
    registries, blobs, tokens = services.registries, services.blobs, services.tokens
    registry, listener = registries.of(ACCOUNT, REGION), Listener()
    listener.start()
    try:
        port = listener.wait(listener.listen(data_plane(registry, services)))
        server = Server(folder, port, registries, registry, tokens, blobs, known, backend, upstream_hosts, events)
        server.repository()
        yield server
    finally:
        listener.stop()
