"""Images from one registry to another, byte by byte: what something refers to comes before it, and tags come last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, Self, TypeVar

import urllib3

from oci.client import Client, Refused
from oci.manifest import Blob, Corrupt, Layer, references
from ops.copy.patience import Pace, Stop, patiently
from ops.copy.progress import CopyProgress

T = TypeVar("T")

PUT_IMAGE_PER_SECOND = 10
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""
_THREADS = 4
_FAILURES = (Corrupt, urllib3.exceptions.HTTPError)
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""What is refused to one image is refused to all."""


class Unavailable(Exception):
    """Why a registry can't be read or written, in words for people."""


class OpenRegistry(Protocol):
    """A registry with a login."""

    @property
    def name(self) -> str: ...
    @property
    def images(self) -> Client: ...
    def log_in_again(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyWork:
    """What is to be copied from one repository to another."""

    source: str
    target: str
    images: tuple[str, ...]
    """Digests, in the order in which they are pushed."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What each tag is to name."""
    while_unmoved: bool = False
    """Whether a tag is left alone that names another image at the source by now: replication takes that one along."""
    lacking: frozenset[str] | None = None
    """The digests that the target lacks, where all that it holds is known; else it is asked for each."""
    referrers: bool = False
    """Whether what refers to an image comes along: signatures, bills of materials."""


@dataclass(slots=True, kw_only=True)
class Copied:
    """What a run did; what failed has its reason."""

    images: int = 0
    layers: int = 0
    mounted: int = 0
    """Layers that the target had in another repository."""
    size: int = 0
    """Bytes of layers."""
    tags: int = 0
    failed: list[str] = field(default_factory=list)


class Copier:
    """Copies one repository after another; what the target has is never written again."""

    def __init__(
        self, source: OpenRegistry, target: OpenRegistry, stop: Stop, progress: CopyProgress,
        per_second: float = PUT_IMAGE_PER_SECOND,
    ) -> None:  # fmt: skip
        self.copied = Copied()
        self._source = source
        self._target = target
        self._stop = stop
        self._progress = progress
        self._pace = Pace(per_second, stop)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="layer")
        self._held: dict[str, str] = {}
        """A repository of the target for each layer that is known to be there."""
        self._mounts = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """A layer under way is given up: its upload has not ended, so it is not there."""
        if failure is not None:
            self._stop.set()
        self._threads.shutdown(cancel_futures=True)

    def copy(self, work: CopyWork) -> None:
        """Raises Stopped after an interrupt; a second run finds what is left."""
        repository = _Repository(self, work)
        failed = {each for each in work.images if not self.one(f"{work.target}@{each}", repository.image, each)}
        if work.referrers:
            repository.copy_referrers([each for each in work.images if each not in failed])
        for tag, digest in work.tags.items():
            if digest not in failed:
                self.one(f"{work.target}:{tag}", repository.tag, tag, digest)

    def one(self, what: str, copy: Callable[..., None], *arguments: str) -> bool:
        """Whether one image or tag was copied; a failure is kept, and the next one has its turn."""
        self._stop.check()
        self._progress(what)
        before = len(self.copied.failed)
        try:
            copy(*arguments)
        except Refused as refused:
            if refused.status in _DENIED:
                raise Unavailable(f"{what}: {refused}") from refused
            self.copied.failed.append(f"{what}: {refused}")
        except _FAILURES as failure:
            self.copied.failed.append(f"{what}: {failure}")
        self._progress("", done=1)
        return len(self.copied.failed) == before

    def pull(self, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(self._source.images), self._stop, self._source.log_in_again)

    def push(self, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(self._target.images), self._stop, self._target.log_in_again)

    def put_manifest(self, repository: str, manifest: Blob, reference: str) -> None:
        self._pace.turn()
        self.push(lambda client: client.put_manifest(repository, manifest, reference))

    def put_layers(self, work: CopyWork, layers: Mapping[str, Layer]) -> None:
        """In parallel, and all of them, or the first failure."""
        waiting = [self._threads.submit(self._put_layer, work, layer) for layer in layers.values()]
        for layer, each in zip(layers.values(), waiting, strict=True):
            if each.result():
                self.copied.layers += 1
                self.copied.size += layer.size
            self._held.setdefault(layer.digest, work.target)

    def _put_layer(self, work: CopyWork, layer: Layer) -> bool:
        if self._held.get(layer.digest) == work.target:
            return False
        if self.push(lambda client: client.has_blob(work.target, layer.digest)):
            return False
        if layer.foreign and not self.pull(lambda client: client.has_blob(work.source, layer.digest)):
            return False
        if self._mounted(work, layer):
            return False
        patiently(lambda: self._stream(work, layer), self._stop, self._log_in_again)
        return True

    def _mounted(self, work: CopyWork, layer: Layer) -> bool:
        """A registry that does not mount one layer mounts none, and is not asked again."""
        held = self._held.get(layer.digest)
        if held is None or not self._mounts:
            return False
        self._mounts = self.push(lambda client: client.mount(work.target, layer.digest, held))
        self.copied.mounted += self._mounts
        return self._mounts

    def _stream(self, work: CopyWork, layer: Layer) -> None:
        with self._source.images.blob(work.source, layer.digest) as chunks:
            self._target.images.put_chunks(work.target, layer, self._stoppable(chunks))

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

    def __init__(self, copier: Copier, work: CopyWork) -> None:
        self._copier = copier
        self._work = work
        self._seen = set[str]()

    def image(self, digest: str) -> None:
        if digest in self._seen:
            return
        self._seen.add(digest)
        if not self._is_lacking(digest):
            return
        manifest = self._copier.pull(lambda client: client.manifest(self._work.source, digest))
        named = references(manifest.content, f"{self._work.source}@{digest}")
        # A subject may be copied later, but its signatures are found sooner if it comes first.
        for each in (*named.children, *((named.subject,) if named.subject else ())):
            self.image(each)
        self._copier.put_layers(self._work, {layer.digest: layer for layer in named.layers})
        self._copier.put_manifest(self._work.target, manifest, digest)
        self._copier.copied.images += 1

    def copy_referrers(self, digests: Sequence[str]) -> None:
        """Of these images, of their platforms, and of what refers to them in turn."""
        waiting = [*digests]
        listed = set[str]()
        while waiting:
            digest = waiting.pop()
            if digest in listed:
                continue
            listed.add(digest)
            for each in self._copier.pull(lambda client: client.referrers(self._work.source, digest)):  # noqa: B023
                referrer = str(each["digest"])
                self._copier.one(f"{self._work.target}@{referrer}", self.image, referrer)
                waiting.append(referrer)
            waiting += self._children(digest)

    def tag(self, tag: str, digest: str) -> None:
        named = tag if self._work.while_unmoved else digest
        manifest = self._copier.pull(lambda client: client.manifest(self._work.source, named))
        if manifest.digest == digest:
            self._copier.put_manifest(self._work.target, manifest, tag)
            self._copier.copied.tags += 1

    def _is_lacking(self, digest: str) -> bool:
        if self._work.lacking is not None:
            return digest in self._work.lacking
        return not self._copier.push(lambda client: client.has_manifest(self._work.target, digest))

    def _children(self, digest: str) -> tuple[str, ...]:
        manifest = self._copier.pull(lambda client: client.manifest(self._work.source, digest))
        return references(manifest.content, f"{self._work.source}@{digest}").children
