"""Files that only their owner reads, replaced as a whole: a reader finds the old one or the new one."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FOLDER = 0o700


class NotWritten(Exception):
    """Why a file stays as it is, and what to do."""


def write_private(path: Path, text: str) -> None:
    """By another file beside it, which takes its place once it is on disk; it belongs to the folder's owner."""
    path = path.resolve()
    try:
        owner = path.parent.stat()
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise NotWritten(f"{path} can't be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _sync(path.parent)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise NotWritten(f"{path} can't be written: {error.strerror}") from None


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Waits for another that reads and writes a file of the folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise NotWritten(f"{folder} can't be opened: {error.strerror} (make registry makes the folder)") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
