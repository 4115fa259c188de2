"""A repository that goes, or comes anew, while something is sent to it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from domain.ecr.images import digest_of
from localcloud.ecr.blobs import Blobs, Owner, Upload
from localcloud.tests.cases import cases
from localcloud.tests.ecr.registry_server import REPOSITORY, Answer, Server, a_repository, encoded, image

LAYER = b"a layer"
DIGEST = digest_of(LAYER)
UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"


@pytest.fixture
def server(server: Server) -> Server:
    server.push_image("v0", LAYER)
    return server


def removed(server: Server) -> None:
    del server.registry.repositories[REPOSITORY]


def made_anew(server: Server) -> None:
    server.repository(created_at=server.registry.repositories[REPOSITORY].created_at)


def while_sending(server: Server, method: str, path: str, body: bytes, change: Callable[[Server], None]) -> Answer:
    """The answer to a request in the middle of whose body the change is made."""
    begun, changed = threading.Event(), threading.Event()

    def content() -> Iterator[bytes]:
        yield body[:1]
        begun.set()
        changed.wait(10)
        yield body[1:]

    headers = {"Content-Length": str(len(body))}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.ask, method, path, content(), headers)
        begun.wait(10)
        threading.Event().wait(0.1)
        change(server)
        changed.set()
        return answer.result()


@cases("change, code", (removed, "NAME_UNKNOWN"), (made_anew, "BLOB_UPLOAD_UNKNOWN"))
@cases(
    "request_of",
    ("PUT", f"/v2/{REPOSITORY}/manifests/v1", encoded(image(LAYER))),
    ("PUT", f"{{upload}}?digest={DIGEST}", LAYER),
    ("PATCH", "{upload}", LAYER),
    ("POST", f"{UPLOADS}?digest={DIGEST}", LAYER),
)
def test_a_body_that_comes_meanwhile_is_refused_and_leaves_nothing(
    server: Server, request_of: tuple[str, str, bytes], change: Callable[[Server], None], code: str
) -> None:
    method, path, body = request_of
    place = path.format(upload=server.start_upload())
    before = {*(server.folder / "uploads").iterdir()}
    answer = while_sending(server, method, place, body, change)
    assert (answer.status, answer.code) == (404, code)
    assert all(DIGEST not in each.layers and not each.images for each in server.registry.repositories.values())
    assert {*(server.folder / "uploads").iterdir()} <= before


def test_an_upload_does_not_go_on_in_a_repository_of_the_same_name(server: Server) -> None:
    place = server.start_upload()
    made_anew(server)
    assert server.ask("PATCH", place, LAYER).code == "BLOB_UPLOAD_UNKNOWN"


def test_a_part_that_is_given_up_while_it_is_written_leaves_the_upload_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that writes can't be ended; what comes next waits for it."""
    begun, go_on = threading.Event(), threading.Event()
    plain = Upload._write

    def slow(upload: Upload, *given: object) -> None:
        begun.set()
        go_on.wait(10)
        plain(upload, *given)  # type: ignore[arg-type]

    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        yield content

    async def given_up() -> None:
        upload = Blobs(tmp_path).start(Owner(repository=a_repository(), account=None))
        monkeypatch.setattr(Upload, "_write", slow)
        part = asyncio.ensure_future(upload.append(chunks(b"other bytes")))
        await asyncio.to_thread(begun.wait, 10)
        part.cancel()
        await asyncio.sleep(0.05)
        assert not part.done()
        go_on.set()
        with suppress(asyncio.CancelledError):
            await part
        assert (upload.size, upload.digest) == (0, digest_of(b""))
        await upload.append(chunks(LAYER))
        assert (upload.size, upload.digest) == (len(LAYER), DIGEST)
        assert upload.path.read_bytes()[: upload.size] == LAYER

    asyncio.run(given_up())
