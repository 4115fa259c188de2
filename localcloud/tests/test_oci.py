"""The images that proofs push, and the client that pushes them: it believes nothing that a registry says."""

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.ecr.images import MANIFESTS, OCI_INDEX, digest_of
from localcloud.tests.cases import cases
from oci.client import Client, Refused
from oci.image import image, index
from oci.manifest import Blob, Corrupt

Answer = tuple[int, dict[str, str], bytes]


class Registry(ThreadingHTTPServer):
    """Has one answer a request for every client."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str, str | None]] = []
        self.accepted: list[str | None] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.accepted.append(self.headers.get("Accept"))
        self.server.requests.append((self.command, self.path, self.headers.get("Authorization")))
        status, headers, body = self.server.answers.get(f"{self.command} {self.path}", (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_an_image_is_what_a_container_engine_takes() -> None:
    made = image("word", layers=3)
    manifest, config = json.loads(made.manifest.content), json.loads(made.blobs[0].content)
    assert [each["digest"] for each in (manifest["config"], *manifest["layers"])] == [b.digest for b in made.blobs]
    assert [each["size"] for each in manifest["layers"]] == [len(blob.content) for blob in made.blobs[1:]]
    unpacked = [digest_of(gzip.decompress(blob.content)) for blob in made.blobs[1:]]
    assert config["rootfs"] == {"type": "layers", "diff_ids": unpacked}
    assert len(set(unpacked)) == 3


def test_the_same_word_is_the_same_image_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image("a").digest, index("a").digest
    monkeypatch.setattr(time, "time", lambda: 1e9)
    assert (image("a").digest, index("a").digest) == before
    assert not {image("b").digest, index("b").digest} & {*before}


def test_an_index_names_an_image_for_each_architecture() -> None:
    made = index("word")
    entries = json.loads(made.manifest.content)["manifests"]
    assert [each["digest"] for each in entries] == [each.digest for each in made.images]
    architectures = [json.loads(each.blobs[0].content)["architecture"] for each in made.images]
    assert architectures == ["amd64", "arm64"]
    assert [each["platform"] for each in entries] == [{"architecture": each, "os": "linux"} for each in architectures]


def test_a_manifest_of_another_digest_is_corrupt(registry: Registry) -> None:
    wanted = digest_of(b"wanted")
    registry.answers[f"GET /v2/r/manifests/{wanted}"] = (200, {}, b"other")
    with Client.on_loopback(registry.host) as client, pytest.raises(Corrupt, match=f"{wanted} came with"):
        client.pull("r", wanted)


def test_a_blob_of_another_digest_is_corrupt(registry: Registry) -> None:
    pushed = image("word", layers=1)
    registry.answers[f"GET /v2/r/manifests/{pushed.digest}"] = (200, {}, pushed.manifest.content)
    for blob in pushed.blobs:
        registry.answers[f"GET /v2/r/blobs/{blob.digest}"] = (200, {}, blob.content)
    with Client.on_loopback(registry.host) as client:
        assert client.pull("r", pushed.digest).blobs == tuple(blob.digest for blob in pushed.blobs)
        layer = pushed.blobs[-1]
        registry.answers[f"GET /v2/r/blobs/{layer.digest}"] = (200, {}, layer.content[:-1])
        came = hashlib.sha256(layer.content[:-1]).hexdigest()
        with pytest.raises(Corrupt, match=f"blob {layer.digest} came as sha256:{came}"):
            client.pull("r", pushed.digest)


@cases("content", b"", b"[]", b'{"manifests": [{}]}', b'{"layers": []}', b'{"layers": 1, "config": 1}')
def test_a_manifest_that_is_none_is_corrupt(registry: Registry, content: bytes) -> None:
    registry.answers["GET /v2/r/manifests/v1"] = (200, {}, content)
    with Client.on_loopback(registry.host) as client, pytest.raises(Corrupt, match="r@v1 is not a manifest"):
        client.pull("r", "v1")


@cases("elsewhere", "http://127.0.0.1:1/v2/x", "//127.0.0.1:1/v2/x", "https://{host}/v2/x")
def test_an_upload_that_is_sent_elsewhere_is_not_followed(registry: Registry, elsewhere: str) -> None:
    where = elsewhere.format(host=registry.host)
    registry.answers["POST /v2/r/blobs/uploads/"] = (202, {"Location": where}, b"")
    with Client.on_loopback(registry.host, "secret") as client, pytest.raises(Corrupt, match="sent elsewhere"):
        client.begin_upload("r")


@cases("stored", "sha256:other", "")
def test_a_manifest_that_is_stored_under_another_digest_is_corrupt(registry: Registry, stored: str) -> None:
    registry.answers["PUT /v2/r/manifests/v1"] = (201, {"Docker-Content-Digest": stored}, b"")
    manifest = Blob(content=b"{}", media_type="text/plain")
    with Client.on_loopback(registry.host) as client, pytest.raises(Corrupt, match=stored or "nothing"):
        client.put_manifest("r", manifest, "v1")


@cases(
    "body, text",
    (b'{"errors":[{"code":"DENIED","message":"no"}]}', "403 DENIED: no"),
    (b"Not Authorized\n", "403: Not Authorized"),
    (b'{"errors":[]}', '403: {"errors":[]}'),
    (b'["errors"]', '403: ["errors"]'),
    (b"", "403: Forbidden"),
)
def test_a_refusal_is_in_the_registrys_words(registry: Registry, body: bytes, text: str) -> None:
    registry.answers["GET /v2/r/manifests/v1"] = (403, {}, body)
    with Client.on_loopback(registry.host) as client, pytest.raises(Refused) as refused:
        client.manifest("r", "v1")
    assert (str(refused.value), refused.value.status) == (text, 403)


@cases("path", "manifests/v1", "blobs/sha256:x")
def test_no_answer_is_followed_elsewhere(registry: Registry, path: str) -> None:
    registry.answers[f"GET /v2/r/{path}"] = (307, {"Location": "/v2/other"}, b"")
    registry.answers["GET /v2/other"] = (200, {}, b"{}")
    with Client.on_loopback(registry.host) as client, pytest.raises(Refused) as refused:
        client.manifest("r", "v1") if "manifests" in path else client.check_blob("r", "sha256:x")
    assert refused.value.status == 307


def test_a_manifest_is_requested_and_answered_by_its_type(registry: Registry) -> None:
    registry.answers["GET /v2/r/manifests/v1"] = (200, {"Content-Type": OCI_INDEX}, b"{}")
    with Client.on_loopback(registry.host) as client:
        assert client.manifest("r", "v1") == Blob(content=b"{}", media_type=OCI_INDEX)
    assert registry.accepted == [", ".join(MANIFESTS)]


def test_a_blob_that_is_there_is_not_sent_again(registry: Registry) -> None:
    pushed = image("word", layers=1)
    for blob in pushed.blobs:
        registry.answers[f"HEAD /v2/r/blobs/{blob.digest}"] = (200, {}, b"")
    registry.answers["PUT /v2/r/manifests/v1"] = (201, {"Docker-Content-Digest": pushed.digest}, b"")
    with Client.on_loopback(registry.host, "secret") as client:
        assert client.push("r", pushed, "v1") == pushed.digest
    assert [method for method, _, _ in registry.requests] == ["HEAD", "HEAD", "PUT"]
    assert {authorization for _, _, authorization in registry.requests} == {"Basic QVdTOnNlY3JldA=="}


@cases("location", "/v2/r/blobs/uploads/1", "http://{host}/v2/r/blobs/uploads/1", "/v2/r/blobs/uploads/1?state=x")
def test_an_upload_goes_where_the_registry_says(registry: Registry, location: str) -> None:
    blob = Blob(content=b"x", media_type="text/plain")
    where = location.format(host=registry.host)
    registry.answers["POST /v2/r/blobs/uploads/"] = (202, {"Location": where}, b"")
    joint = "&" if "?" in location else "?"
    path = f"/v2/{where.partition('/v2/')[2]}{joint}digest={blob.digest}"
    registry.answers[f"PUT {path}"] = (201, {}, b"")
    with Client.on_loopback(registry.host) as client:
        client.put_blob("r", blob)
    assert registry.requests[-1][:2] == ("PUT", path)


def test_blobs_that_are_kept_elsewhere_are_fetched_without_the_password(registry: Registry) -> None:
    """As Amazon ECR answers; a registry that keeps its own is not followed."""
    content = b"kept elsewhere"
    digest = digest_of(content)
    registry.answers[f"GET /v2/r/blobs/{digest}"] = (307, {"Location": "/bucket?signed"}, b"")
    registry.answers["GET /bucket?signed"] = (200, {}, content)
    with Client.of_ecr(f"http://{registry.host}", "AWS", "secret") as client:
        client.check_blob("r", digest)
        assert [login is not None for _, _, login in registry.requests] == [True, False]
        registry.answers[f"GET /v2/r/blobs/{digest}"] = (307, {"Location": "ftp://elsewhere/x"}, b"")
        with pytest.raises(Corrupt, match="leads elsewhere"):
            client.check_blob("r", digest)
