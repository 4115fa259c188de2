"""Images from one registry to another, byte by byte: what something refers to comes before it, and tags come last."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self, TypeVar

import urllib3

from oci.client import Client, Refused
from oci.manifest import Blob, Corrupt, Layer, references
from ops.backfill.inventory import Work
from ops.backfill.live_registry import LiveRegistry, Unavailable
from ops.backfill.patience import Pace, Stop, patiently
from ops.backfill.progress import BackfillProgress

T = TypeVar("T")

PUT_IMAGE_PER_SECOND = 10
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""
_THREADS = 4
_FAILURES = (Corrupt, urllib3.exceptions.HTTPError)
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""What is refused to one image is refused to all."""


@dataclass(slots=True, kw_only=True)
class Copied:
    """What a run did; what failed has its reason."""

    images: int = 0
    layers: int = 0
    size: int = 0
    """Bytes of layers."""
    tags: int = 0
    failed: list[str] = field(default_factory=list)


class Copier:
    """Copies one repository after another; what the target has is never written again."""

    def __init__(self, source: LiveRegistry, target: LiveRegistry, stop: Stop, progress: BackfillProgress) -> None:
        self.copied = Copied()
        self._source = source
        self._target = target
        self._stop = stop
        self._progress = progress
        self._pace = Pace(PUT_IMAGE_PER_SECOND, stop)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="layer")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """A layer under way is given up: its upload has not ended, so it is not there."""
        if failure is not None:
            self._stop.set()
        self._threads.shutdown(cancel_futures=True)

    def copy(self, work: Work) -> None:
        """Raises Stopped after an interrupt; a second run finds what is left."""
        repository = _Repository(self, work)
        for digest in work.missing:
            self._one(f"{work.repository}@{digest}", repository.image, digest)
        for tag, digest in work.tags.items():
            self._one(f"{work.repository}:{tag}", repository.tag, tag, digest)

    def _one(self, what: str, copy: Callable[..., None], *arguments: str) -> None:
        self._stop.check()
        self._progress(what)
        try:
            copy(*arguments)
        except Refused as refused:
            if refused.status in _DENIED:
                raise Unavailable(f"{what}: {refused}") from refused
            self.copied.failed.append(f"{what}: {refused}")
        except _FAILURES as failure:
            self.copied.failed.append(f"{what}: {failure}")
        self._progress("", done=1)

    def pull(self, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(self._source.images), self._stop, self._source.log_in_again)

    def push(self, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(self._target.images), self._stop, self._target.log_in_again)

    def put_manifest(self, repository: str, manifest: Blob, reference: str) -> None:
        self._pace.turn()
        self.push(lambda client: client.put_manifest(repository, manifest, reference))

    def put_layers(self, repository: str, layers: Mapping[str, Layer]) -> None:
        """Side by side, and all of them, or the first failure."""
        waiting = [self._threads.submit(self._put_layer, repository, layer) for layer in layers.values()]
        for layer, each in zip(layers.values(), waiting, strict=True):
            if each.result():
                self.copied.layers += 1
                self.copied.size += layer.size

    def _put_layer(self, repository: str, layer: Layer) -> bool:
        if self.push(lambda client: client.has_blob(repository, layer.digest)):
            return False
        if layer.foreign and not self.pull(lambda client: client.has_blob(repository, layer.digest)):
            return False
        patiently(lambda: self._stream(repository, layer), self._stop, self._log_in_again)
        return True

    def _stream(self, repository: str, layer: Layer) -> None:
        with self._source.images.blob(repository, layer.digest) as chunks:
            self._target.images.put_chunks(repository, layer, self._stoppable(chunks))

    def _stoppable(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._stop.check()
            yield chunk

    def _log_in_again(self) -> None:
        """Which of the two logins has expired is not known."""
        self._source.log_in_again()
        self._target.log_in_again()


class _Repository:
    """One repository on its way; it remembers what came along with something else."""

    def __init__(self, copier: Copier, work: Work) -> None:
        self._copier = copier
        self._name = work.repository
        self._pending = set(work.missing)

    def image(self, digest: str) -> None:
        if digest not in self._pending:
            return
        self._pending.discard(digest)
        what = f"{self._name}@{digest}"
        manifest = self._copier.pull(lambda client: client.manifest(self._name, digest))
        named = references(manifest.content, what)
        # A subject may be copied later, but its signatures are found sooner if it comes first.
        for each in (*named.children, *((named.subject,) if named.subject else ())):
            self.image(each)
        self._copier.put_layers(self._name, {layer.digest: layer for layer in named.layers})
        self._copier.put_manifest(self._name, manifest, digest)
        self._copier.copied.images += 1

    def tag(self, tag: str, digest: str) -> None:
        """Only while it still means that image at home: a tag that moved meanwhile is replication's."""
        manifest = self._copier.pull(lambda client: client.manifest(self._name, tag))
        if manifest.digest == digest:
            self._copier.put_manifest(self._name, manifest, tag)
            self._copier.copied.tags += 1
