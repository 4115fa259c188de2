"""Requests that break off, wait, or meet a full disk: nothing stays half done, and no other waits."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.ecr.images import digest_of
from domain.iam.access import Caller, Identity
from localcloud.ecr import blobs, registry_request
from localcloud.ecr.blobs import Blobs, Owner
from localcloud.emulator import EmulatorDied
from localcloud.iam_and_kms import UnreadablePolicy
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT
from localcloud.tests.ecr.registry_server import REPOSITORY, FakeCallers, Server, a_repository, serving
from localcloud.tests.processes import eventually

UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"
LAYER = b"a layer"
DIGEST = digest_of(LAYER)
UNKNOWN = digest_of(b"nothing")


@contextmanager
def sending(server: Server, method: str, place: str, framing: str, body: bytes) -> Iterator[socket.socket]:
    """A connection on which a request has begun."""
    head = f"{method} {place} HTTP/1.1\r\nHost: test\r\nAuthorization: {server.authorization()}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{head}{framing}\r\n\r\n".encode() + body)
        yield connection


class TestSendersThatDie:
    @cases(
        "framing, body",
        ("Content-Length: 3000000", b"x" * 2_500_000),
        ("Content-Length: 10", b""),
        ("Transfer-Encoding: chunked", b"1E8480\r\n" + b"x" * 1_000_000),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\nno number\r\n"),
    )
    def test_the_upload_is_as_long_as_before_and_goes_on(
        self, server: Server, caplog: pytest.LogCaptureFixture, framing: str, body: bytes
    ) -> None:
        place = server.start_upload()
        server.ask("PATCH", place, LAYER[:3])
        with sending(server, "PATCH", place, framing, body):
            pass
        assert server.is_healthy()
        rest = server.ask("PATCH", place, LAYER[3:])
        assert (rest.status, rest.headers["Range"]) == (202, f"0-{len(LAYER) - 1}")
        assert server.ask("PUT", f"{place}?digest={DIGEST}").status == 201
        assert server.ask("GET", f"/v2/{REPOSITORY}/blobs/{DIGEST}").body == LAYER
        assert not caplog.records or b"no number" in body  # of which aiohttp itself writes

    def test_no_layer_appears(self, server: Server) -> None:
        place = server.start_upload()
        with sending(server, "PUT", f"{place}?digest={DIGEST}", "Content-Length: 100", LAYER):
            pass
        assert server.ask("PATCH", place, b"").status == 202
        assert not server.registry.repositories[REPOSITORY].layers
        assert list((server.folder / "sha256").iterdir()) == []

    def test_an_upload_in_one_request_leaves_nothing(self, server: Server) -> None:
        with sending(server, "POST", f"{UPLOADS}?digest={DIGEST}", "Content-Length: 100", LAYER):
            assert eventually(server.stored, 5)
        assert eventually(lambda: not server.stored(), 5)

    @cases(
        "framing, start, rest",
        case("garbage", "Transfer-Encoding: chunked", b"3\r\nabc\r\n", b"no number\r\n"),
        case("silence", "Content-Length: 100", b"abc", b"d"),
    )
    def test_a_body_that_does_not_go_on_gives_the_upload_back(
        self, server: Server, impatient: pytest.MonkeyPatch, framing: str, start: bytes, rest: bytes
    ) -> None:
        place = server.start_upload()
        with sending(server, "PATCH", place, framing, start) as connection:
            time.sleep(0.05)
            connection.sendall(rest)
            assert b" 400 " in connection.recv(65536).partition(b"\r\n")[0]
        impatient.undo()
        assert server.ask("PATCH", place, LAYER).headers["Range"] == f"0-{len(LAYER) - 1}"

    @pytest.fixture
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        monkeypatch.setattr(registry_request, "PATIENCE_SECONDS", 0.1)
        return monkeypatch

    def test_readers_too(self, server: Server) -> None:
        content = os.urandom(5_000_000)
        digest = server.push_blob(content)
        for _ in range(5):
            with sending(server, "GET", f"/v2/{REPOSITORY}/blobs/{digest}", "Content-Length: 0", b"") as connection:
                assert connection.recv(10)
        assert server.ask("GET", f"/v2/{REPOSITORY}/blobs/{digest}").body == content


def test_one_slow_sender_does_not_delay_another(server: Server) -> None:
    place = server.start_upload()
    with sending(server, "PATCH", place, f"Content-Length: {len(LAYER)}", LAYER[:1]) as slow:
        assert server.is_healthy()
        server.push_image("v1", b"another layer")
        slow.sendall(LAYER[1:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 202 ")


def test_a_request_that_waits_for_an_upload_that_ends_is_refused(server: Server) -> None:
    place = server.start_upload()
    length = f"Content-Length: {len(LAYER)}"
    with ThreadPoolExecutor(1) as pool, sending(server, "PUT", f"{place}?digest={DIGEST}", length, LAYER[:1]) as first:
        time.sleep(0.1)
        second = pool.submit(server.ask, "PATCH", place, LAYER)
        time.sleep(0.1)
        first.sendall(LAYER[1:])
        assert first.recv(65536).startswith(b"HTTP/1.1 201 ")
        assert second.result().code == "BLOB_UPLOAD_UNKNOWN"


def test_a_layer_that_is_pushed_again_is_the_one_that_was_there(server: Server) -> None:
    """So that a client which goes on with a download by its Etag is not sent back to the start."""
    path = f"/v2/{REPOSITORY}/blobs/{server.push_blob(LAYER)}"
    before = server.ask("HEAD", path).headers["Etag"]
    server.push_blob(LAYER)
    assert server.ask("HEAD", path).headers["Etag"] == before


def test_many_push_the_same_layer_at_once(server: Server) -> None:
    content = os.urandom(2_000_000)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: server.push_blob(content), range(16)))
    assert server.ask("GET", f"/v2/{REPOSITORY}/blobs/{digests.pop()}").body == content
    assert len(server.stored()) == 1


class TestDisks:
    def fail(self, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(step, full)

    @cases("step", "pathlib.Path.open", "os.truncate", "pathlib.Path.replace")
    def test_a_full_one_is_said_and_the_upload_removed(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        place = server.start_upload()
        with monkeypatch.context() as patch:
            self.fail(patch, step)
            answer = server.ask("PUT", f"{place}?digest={DIGEST}", LAYER)
        errors = [("UNKNOWN", "The layer can't be stored: No space left on device")]
        assert (answer.status, answer.errors) == (500, errors)
        assert server.stored() == []
        assert server.ask("GET", place).code == "BLOB_UPLOAD_UNKNOWN"
        assert server.push_blob(LAYER) == DIGEST

    def test_so_is_one_that_takes_no_new_file(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            self.fail(patch, "pathlib.Path.touch")
            assert server.ask("POST", UPLOADS).status == 500
        assert server.is_healthy()


class TestAbandonedUploads:
    OWNER = Owner(repository=a_repository(), account=ACCOUNT)

    def test_are_removed_when_the_next_begins(self, tmp_path: Path) -> None:
        kept = Blobs(tmp_path)
        abandoned = kept.start(self.OWNER)
        abandoned.touched -= blobs.ABANDONED_AFTER_SECONDS + 1
        kept.start(self.OWNER)
        assert kept.upload(abandoned.id, self.OWNER) is None
        assert not abandoned.path.exists()

    def test_are_not_those_that_are_in_use(self, tmp_path: Path) -> None:
        async def slow() -> None:
            kept = Blobs(tmp_path)
            upload = kept.start(self.OWNER)
            upload.touched -= blobs.ABANDONED_AFTER_SECONDS + 1
            async with upload.turn:
                kept.start(self.OWNER)
            assert kept.upload(upload.id, self.OWNER) is upload

        asyncio.run(slow())

    def test_are_removed_with_the_process(self, tmp_path: Path) -> None:
        left = Blobs(tmp_path).start(self.OWNER)
        Blobs(tmp_path)
        assert not left.path.exists()


class Broken(FakeCallers):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def caller(self, identity: Identity) -> Caller:  # noqa: ARG002 - the name is the signature's
        raise self.error


@cases("error", UnreadablePolicy("it can't be read"), EmulatorDied("gone"), ConnectionError("gone"), KeyError(1))
def test_a_fault_is_answered_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    with serving(tmp_path, Broken(error)) as server:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/manifests/v1")
        assert (answer.status, answer.errors) == (500, [("UNKNOWN", f"{type(error).__name__}: {error}")])
        assert server.is_healthy()
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error
