"""Layers on disk, by digest, which every registry shares; access to them is checked by repository."""

import asyncio
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path

from domain.ecr.images import DIGEST
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.registry_state import StoredRepository

ABANDONED_AFTER_SECONDS = 3600
_OTHER_DIGEST = "None of the provided layer digests match the calculated layer digest"
_BATCH_BYTES = 1024 * 1024
"""Bytes that are hashed and written in one step, off the loop."""


class StorageError(Exception):
    """The disk is full, or fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose upload it is: no other account can continue it."""

    repository: StoredRepository
    account: str | None
    """The caller's, None for a service."""


class Upload:
    """A layer that is on its way in, part by part."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self.id = path.name
        self.owner = owner
        self.path = path
        self.size = 0
        self.turn = asyncio.Lock()
        """Held by the request that works on it."""
        self.touched = time.monotonic()
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    async def append(self, content: AsyncIterable[bytes]) -> None:
        """Takes a part whole or not at all: when its sender dies, the upload is as long as before."""
        size, seen = self.size, self._hash.copy()
        try:
            async for batch in _batches(content):
                await _to_its_end(asyncio.to_thread(self._write, batch, size, seen))
                size += len(batch)
            self.size, self._hash = size, seen
        finally:
            self.touched = time.monotonic()

    def _write(self, batch: bytes, place: int, seen: "hashlib._Hash") -> None:
        try:
            # No handle outlives the step: a thousand abandoned uploads would use up the process's.
            with self.path.open("r+b") as file:
                file.seek(place)
                file.write(batch)
        except OSError as error:
            raise StorageError(f"The layer can't be stored: {error.strerror}") from error
        seen.update(batch)


class Blobs:
    """Content by digest, and the uploads that will be content."""

    def __init__(self, folder: Path) -> None:
        self._content = folder / "sha256"
        self._arriving = folder / "uploads"
        self._uploads: dict[str, Upload] = {}
        self._content.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._arriving, ignore_errors=True)
        self._arriving.mkdir()

    def path(self, digest: str) -> Path:
        """Where the content is, once it is there; the digest is checked, since clients write it."""
        if not DIGEST.fullmatch(digest):
            raise EcrError("DIGEST_INVALID", f"{digest!r} is not a sha256 digest")
        return self._content / digest.removeprefix("sha256:")

    def start(self, owner: Owner) -> Upload:
        self._forget_abandoned()
        path = self._arriving / secrets.token_hex(16)
        try:
            path.touch(exist_ok=False)
        except OSError as error:
            raise StorageError(f"The layer can't be stored: {error.strerror}") from error
        upload = Upload(path, owner)
        self._uploads[upload.id] = upload
        return upload

    def upload(self, id: str, owner: Owner) -> Upload | None:
        """The owner's upload of that id."""
        found = self._uploads.get(id)
        return found if found and found.owner == owner else None

    def commit(self, upload: Upload, digest: str) -> None:
        """Makes content of an upload; the one step in which it appears is a rename."""
        path = self.path(digest)
        try:
            if upload.digest != digest:
                raise EcrError("InvalidLayerException", _OTHER_DIGEST)
            if not path.exists():
                # A part that was given up may have left bytes behind the end.
                os.truncate(upload.path, upload.size)
                upload.path.replace(path)
        except OSError as error:
            raise StorageError(f"The layer can't be stored: {error.strerror}") from error
        finally:
            self.discard(upload)

    def discard(self, upload: Upload) -> None:
        """Forgets an upload; again does nothing."""
        self._uploads.pop(upload.id, None)
        upload.path.unlink(missing_ok=True)

    def remove(self, digests: Iterable[str]) -> None:
        """Who reads one of them reads on to its end."""
        for digest in digests:
            self.path(digest).unlink(missing_ok=True)

    def _forget_abandoned(self) -> None:
        oldest = time.monotonic() - ABANDONED_AFTER_SECONDS
        for upload in list(self._uploads.values()):
            if upload.touched < oldest and not upload.turn.locked():
                self.discard(upload)


async def _to_its_end(step: Coroutine[None, None, None]) -> None:
    """Waits for the thread even when cancelled, so that it doesn't write into what comes next."""
    running = asyncio.ensure_future(step)
    try:
        await asyncio.shield(running)
    finally:
        await asyncio.wait([running])


async def _batches(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    pending, size = [], 0
    async for chunk in content:
        pending.append(chunk)
        size += len(chunk)
        if size >= _BATCH_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)
