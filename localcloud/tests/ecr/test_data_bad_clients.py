"""Requests that are wrong: each is refused with its reason, leaves nothing behind, and harms no other."""

import hashlib
import socket
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.ecr.images import OCI_INDEX, OCI_MANIFEST, digest_of
from domain.ecr.limits import MANIFEST_MAX_BYTES
from localcloud.tests.cases import cases
from localcloud.tests.ecr.registry_server import REPOSITORY, Answer, Server, encoded, image, nested

LAYER = b"a layer"
DIGEST = digest_of(LAYER)
UNKNOWN = digest_of(b"nothing")
SHA512 = f"sha512:{hashlib.sha512(LAYER).hexdigest()}"
IMAGE = encoded(image())
INDEX = encoded({"schemaVersion": 2, "manifests": [{"mediaType": OCI_MANIFEST, "digest": UNKNOWN, "size": 2}]})
ONE_KEY_TWICE = b'{"0":2,' + b",".join(b'"%d":1' % number for number in range(30_000)) + b"}"


def put_manifest(server: Server, body: bytes, media_type: str = OCI_MANIFEST, reference: str = "v1") -> Answer:
    path = f"/v2/{REPOSITORY}/manifests/{reference}"
    return server.ask("PUT", path, body, {"Content-Type": media_type})


def end_upload(server: Server, digest: str, body: bytes | None = LAYER, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask("PUT", f"{server.start_upload()}?digest={digest}", body, sent)


def other_repository_s_upload(server: Server) -> Answer:
    server.repository("payments/web")
    place = server.start_upload("payments/web").replace("payments/web", REPOSITORY)
    return server.ask("PATCH", place, LAYER)


def second_part_again(server: Server) -> Answer:
    place = server.start_upload()
    assert server.ask("PATCH", place, LAYER, {"Content-Range": f"0-{len(LAYER) - 1}"}).status == 202
    return server.ask("PATCH", place, LAYER, {"Content-Range": f"0-{len(LAYER) - 1}"})


def ended_twice(server: Server) -> Answer:
    place = f"{server.start_upload()}?digest={DIGEST}"
    assert server.ask("PUT", place, LAYER).status == 201
    return server.ask("PUT", place, LAYER)


@dataclass(frozen=True)
class Bad:
    name: str
    send: Callable[[Server], Answer]
    status: int
    code: str


def sent(name: str, method: str, path: str, status: int, code: str, *, body: bytes | None = None) -> Bad:
    return Bad(name, lambda server: server.ask(method, path, body), status, code)


UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"
BAD = (
    # Layers
    Bad("wrong digest", lambda server: end_upload(server, UNKNOWN), 400, "BLOB_UPLOAD_INVALID"),
    sent("wrong digest at once", "POST", f"{UPLOADS}?digest={UNKNOWN}", 400, "BLOB_UPLOAD_INVALID", body=LAYER),
    Bad("sha512", lambda server: end_upload(server, SHA512), 400, "DIGEST_INVALID"),
    Bad("no digest", lambda server: server.ask("PUT", server.start_upload(), LAYER), 400, "DIGEST_INVALID"),
    Bad("capital digest", lambda server: end_upload(server, DIGEST.upper()), 400, "DIGEST_INVALID"),
    Bad("digest and more", lambda server: end_upload(server, f"{DIGEST}%0a"), 400, "DIGEST_INVALID"),
    Bad("digest with a way out", lambda server: end_upload(server, "sha256:../../x"), 400, "DIGEST_INVALID"),
    Bad("empty layer", lambda server: end_upload(server, digest_of(b""), b""), 400, "BLOB_UPLOAD_INVALID"),
    Bad("part again", second_part_again, 416, "BLOB_UPLOAD_INVALID"),
    Bad("part too early", lambda server: end_upload(server, DIGEST, Content_Range="9-15"), 416, "BLOB_UPLOAD_INVALID"),
    Bad("part without range", lambda server: end_upload(server, DIGEST, Content_Range="x"), 416, "BLOB_UPLOAD_INVALID"),
    Bad("part too short", lambda server: end_upload(server, DIGEST, Content_Range="0-99"), 400, "SIZE_INVALID"),
    Bad("part backwards", lambda server: end_upload(server, DIGEST, Content_Range="0-0"), 400, "SIZE_INVALID"),
    sent("unknown upload", "PATCH", f"{UPLOADS}{'0' * 32}", 404, "BLOB_UPLOAD_UNKNOWN", body=LAYER),
    Bad("other repository's upload", other_repository_s_upload, 404, "BLOB_UPLOAD_UNKNOWN"),
    Bad("ended twice", ended_twice, 404, "BLOB_UPLOAD_UNKNOWN"),
    sent("unknown layer", "GET", f"/v2/{REPOSITORY}/blobs/{UNKNOWN}", 404, "BLOB_UNKNOWN"),
    sent("no digest of a layer", "GET", f"/v2/{REPOSITORY}/blobs/v1", 400, "DIGEST_INVALID"),
    # Manifests
    Bad("no JSON", lambda server: put_manifest(server, b"{"), 405, "UNSUPPORTED"),
    Bad("no text", lambda server: put_manifest(server, b"\xff\xfe"), 405, "UNSUPPORTED"),
    Bad("nothing", lambda server: put_manifest(server, b""), 405, "UNSUPPORTED"),
    Bad("deep JSON", lambda server: put_manifest(server, b"[" * 100_000), 405, "UNSUPPORTED"),
    Bad("one key twice", lambda server: put_manifest(server, ONE_KEY_TWICE), 405, "UNSUPPORTED"),
    Bad("type of another type", lambda server: put_manifest(server, b'{"mediaType": [[]]}'), 405, "UNSUPPORTED"),
    Bad("no object", lambda server: put_manifest(server, b"[]"), 405, "UNSUPPORTED"),
    Bad("no config", lambda server: put_manifest(server, b'{"schemaVersion": 2}'), 405, "UNSUPPORTED"),
    Bad("other media type", lambda server: put_manifest(server, IMAGE, "text/plain"), 405, "UNSUPPORTED"),
    Bad("as an index", lambda server: put_manifest(server, IMAGE, OCI_INDEX), 405, "UNSUPPORTED"),
    Bad("bad tag", lambda server: put_manifest(server, IMAGE, reference="a%20tag"), 405, "UNSUPPORTED"),
    Bad("too large", lambda server: put_manifest(server, b" " * (MANIFEST_MAX_BYTES + 1)), 413, "MANIFEST_INVALID"),
    Bad("layers missing", lambda server: put_manifest(server, IMAGE), 404, "BLOB_UPLOAD_UNKNOWN"),
    Bad("images missing", lambda server: put_manifest(server, INDEX, OCI_INDEX), 404, "MANIFEST_BLOB_UNKNOWN"),
    Bad("another digest", lambda server: put_manifest(server, IMAGE, reference=UNKNOWN), 400, "DIGEST_INVALID"),
    sent("unknown tag", "GET", f"/v2/{REPOSITORY}/manifests/v1", 404, "MANIFEST_UNKNOWN"),
    sent("unknown digest", "GET", f"/v2/{REPOSITORY}/manifests/{UNKNOWN}", 404, "MANIFEST_UNKNOWN"),
    sent("short digest", "GET", f"/v2/{REPOSITORY}/manifests/sha256:abc", 400, "DIGEST_INVALID"),
    sent("capital hex", "GET", f"/v2/{REPOSITORY}/manifests/sha256:{'A' * 64}", 400, "DIGEST_INVALID"),
    # Repositories
    sent("unknown repository", "POST", "/v2/payments/nothing/blobs/uploads/", 404, "NAME_UNKNOWN"),
    sent("unknown repository, to read", "GET", "/v2/payments/nothing/manifests/v1", 404, "NAME_UNKNOWN"),
    sent("capitals", "GET", "/v2/Payments/api/manifests/v1", 400, "NAME_INVALID"),
    sent("way out by a name", "GET", "/v2/a/../../b/manifests/v1", 400, "NAME_INVALID"),
    sent("way out by an encoded name", "GET", "/v2/%2e%2e/%2e%2e/manifests/v1", 400, "NAME_INVALID"),
    sent("way out by a digest", "GET", "/v2/payments/api/blobs/%2e%2e%2fsecret", 400, "DIGEST_INVALID"),
    sent("way out by an upload", "GET", f"{UPLOADS}..%2fsha256", 404, "BLOB_UPLOAD_UNKNOWN"),
    sent("method", "POST", f"/v2/{REPOSITORY}/manifests/v1", 405, "UNSUPPORTED"),
)


@pytest.mark.parametrize("bad", BAD, ids=lambda each: each.name)
def test_what_is_wrong_is_said(server: Server, bad: Bad) -> None:
    started = time.process_time()
    answer = bad.send(server)
    assert time.process_time() - started < 1
    assert (answer.status, answer.code) == (bad.status, bad.code)
    assert [set(error) for error in answer.json["errors"]] == [{"code", "message"}]
    assert answer.headers.get_content_type() == "application/json"
    assert not server.registry.repositories[REPOSITORY].images
    assert server.is_healthy()


@cases("place", '{"mediaType": %s}', '{"schemaVersion": 2, "config": {"digest": %s}}')
def test_json_of_any_depth_is_refused(server: Server, place: str) -> None:
    """What reads it, and what tells of it, end at depths of their own, a few apart."""

    def sent(depth: int) -> Answer:
        return put_manifest(server, (place % nested(depth)).encode())

    too_deep = bisect_left(range(1000), True, key=lambda depth: "recursion" in sent(depth).message)
    assert 500 < too_deep < 1000
    for depth in range(too_deep - 20, too_deep + 2):
        answer = sent(depth)
        assert (answer.status, answer.code) == (405, "UNSUPPORTED"), depth


@cases("name", "wrong digest", "wrong digest at once", "empty layer")
def test_a_layer_that_is_refused_leaves_nothing(server: Server, name: str) -> None:
    [bad] = [each for each in BAD if each.name == name]
    bad.send(server)
    assert not server.registry.repositories[REPOSITORY].layers
    assert server.stored() == []


def test_a_part_that_is_refused_can_be_sent_again(server: Server) -> None:
    place = server.start_upload()
    server.ask("PATCH", place, LAYER[:3])
    assert server.ask("PATCH", place, LAYER, {"Content-Range": "0-6"}).status == 416
    assert server.ask("PATCH", place, LAYER[3:], {"Content-Range": "3-5"}).code == "SIZE_INVALID"
    assert server.ask("PATCH", place, LAYER[3:], {"Content-Range": "3-6"}).status == 202
    assert server.ask("PUT", f"{place}?digest={DIGEST}").status == 201


def test_an_oversize_manifest_is_not_read_to_its_end(server: Server) -> None:
    """Its sender says a terabyte, sends five megabytes, and has the answer."""
    head = (
        f"PUT /v2/{REPOSITORY}/manifests/v1 HTTP/1.1\r\nHost: test\r\nAuthorization: {server.authorization()}\r\n"
        f"Content-Type: {OCI_MANIFEST}\r\nContent-Length: {10**12}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head + b" " * (MANIFEST_MAX_BYTES + 1_000_000))
        assert b" 413 " in connection.recv(65536).partition(b"\r\n")[0]
    assert server.is_healthy()


@cases(
    "path",
    "/v2/../../../etc/passwd",
    "/v2/a/../../b/manifests/v1",
    "/v2/../a/manifests/v1",
    "/v2/%2e%2e/%2e%2e/manifests/v1",
    "/v2/payments%2Fapi/manifests/v1",
    "/v2/payments%2fapi/manifests/v1",
    "/v2/..%2f..%2fetc/manifests/v1",
    "/v2/payments//api/manifests/v1",
    "/v2//manifests/v1",
    "/v2/./manifests/v1",
    "/v2/payments/api%00/manifests/v1",
    "/v2/payments/api%0a/manifests/v1",
    "/v2/payments/\xc3\xa4pi/manifests/v1",
    "/v2/payments/api/blobs/..",
    "/v2/payments/api/blobs/%2e%2e%2f%2e%2e%2fsecret",
    f"/v2/payments/api/blobs/sha256:..%2f..%2f{'a' * 58}",
    f"/v2/payments/api/blobs/..%2fsha256%2f{DIGEST.removeprefix('sha256:')}",
    f"/v2/payments/api/blobs/{DIGEST}%00",
    "/v2/payments/api/blobs/uploads/..%2fsha256",
    "/v2/payments/api/blobs/uploads/..",
    "/v2/payments/api/manifests/..%2f..%2fv1",
    "http://elsewhere/v2/../x/manifests/v1",
    "/v2/" + "a/" * 5000 + "manifests/v1",
)
@cases("method", "GET", "PUT", "DELETE")
def test_no_path_leads_out(server: Server, tmp_path: Path, method: str, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    server.push_image("v1", LAYER)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    answer = server.raw(
        f"{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {server.authorization()}\r\n"
        f"Content-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1")
    )
    status = int(answer.split(b" ", 2)[1])
    assert status in (400, 404, 405)
    body = answer.partition(b"\r\n\r\n")[2].replace(path.encode("latin-1"), b"")
    assert b"secret" not in body.replace(b"../../secret", b"")
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before
    assert server.is_healthy()


@cases(
    "garbage",
    b"\x00\xff\x13\x37" * 100 + b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /v2/ HTTP/9.9\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    b"GET /../etc/passwd HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
def test_what_is_no_http_of_ours(server: Server, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 5"))
    assert server.is_healthy()
