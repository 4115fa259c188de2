"""Images from one registry to another, byte by byte: what something refers to comes before it, and tags come last."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
    def puts_per_second(self) -> float | None:
        """The quota of manifests that are pushed; None without one."""

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
    replaced: Mapping[str, Blob] = field(default_factory=dict)
    """The manifest that is pushed in place of a digest: an index of fewer platforms."""
    held: frozenset[str] = frozenset()
    """Digests that the target is known to have."""
    single: frozenset[str] = frozenset()
    """Digests that are known to be images, and no indexes."""
    source_tags: frozenset[str] | None = None
    """All tags of the source, where they are known."""

    @property
    def units(self) -> dict[str, list[str]]:
        """Every digest with its tags."""
        found: dict[str, list[str]] = {each: [] for each in self.images}
        for tag, digest in self.tags.items():
            found.setdefault(digest, []).append(tag)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLimits:
    """How much at once, and what is left to others."""

    parallel: int = 1
    """Images that are copied at the same time; one after another, they are pushed in their order."""
    keep_pulls: int = 0
    """Of the limit of pulls that a source announces: below it a run waits."""
    wait_seconds: float = 0


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
    """Copies what the target lacks; what it has is never written again."""

    def __init__(
        self, source: OpenRegistry, target: OpenRegistry, stop: Stop, progress: CopyProgress,
        limits: CopyLimits | None = None,
    ) -> None:  # fmt: skip
        self.copied = Copied()
        self._source = source
        self._target = target
        self._stop = stop
        self._progress = progress
        self._limits = limits or CopyLimits()
        self._pace = Pace(target.puts_per_second or math.inf, stop)
        self._images = ThreadPoolExecutor(self._limits.parallel, thread_name_prefix="image")
        self._layers = ThreadPoolExecutor(_THREADS, thread_name_prefix="layer")
        self._lock = threading.Lock()
        self._waiting = threading.Lock()
        self._held: dict[str, str] = {}
        """A repository of the target for each layer that is known to be there."""
        self._mounts = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """A layer under way is given up: its upload has not ended, so it is not there."""
        if failure is not None:
            self._stop.set()
        self._images.shutdown(cancel_futures=True)
        self._layers.shutdown(cancel_futures=True)

    def copy(self, *works: CopyWork) -> None:
        """Raises Stopped after an interrupt; a second run finds what is left."""
        begun = []
        for work in works:
            repository = _Repository(self, work)
            begun += [self._images.submit(repository.unit, *each) for each in work.units.items()]
        for each in begun:
            each.result()

    def one(self, what: str, copy: Callable[..., None], *arguments: str) -> bool:
        """Whether one image or tag was copied; a failure is kept, and the next one has its turn."""
        self._stop.check()
        self._progress(what)
        try:
            copy(*arguments)
        except Refused as refused:
            if refused.status in _DENIED:
                raise Unavailable(f"{what}: {refused}") from refused
            return self._failed(what, refused)
        except _FAILURES as failure:
            return self._failed(what, failure)
        self._progress("", done=1)
        return True

    def _failed(self, what: str, failure: Exception) -> bool:
        with self._lock:
            self.copied.failed.append(f"{what}: {failure}")
        self._progress("", done=1)
        return False

    def pull(self, call: Callable[[Client], T]) -> T:
        self._leave_pulls()
        return patiently(lambda: call(self._source.images), self._stop, self._source.log_in_again)

    def push(self, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(self._target.images), self._stop, self._target.log_in_again)

    def put_manifest(self, repository: str, manifest: Blob, reference: str) -> None:
        self._pace.turn()
        self.push(lambda client: client.put_manifest(repository, manifest, reference))

    def count(self, *, images: int = 0, tags: int = 0) -> None:
        with self._lock:
            self.copied.images += images
            self.copied.tags += tags

    def put_layers(self, work: CopyWork, layers: Mapping[str, Layer]) -> None:
        """In parallel, and all of them, or the first failure."""
        waiting = [self._layers.submit(self._put_layer, work, layer) for layer in layers.values()]
        for layer, each in zip(layers.values(), waiting, strict=True):
            sent = each.result()
            with self._lock:
                self.copied.layers += sent
                self.copied.size += layer.size * sent
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
        with self._lock:
            self.copied.mounted += self._mounts
        return self._mounts

    def _stream(self, work: CopyWork, layer: Layer) -> None:
        with self._source.images.blob(work.source, layer.digest) as chunks:
            self._target.images.put_chunks(work.target, layer, self._stoppable(chunks))

    def _stoppable(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._stop.check()
            yield chunk

    def _leave_pulls(self) -> None:
        """Waits while the source's limit is near; the pull after it says what is left then."""
        with self._waiting:
            limit = self._source.images.rate_limit
            if limit is not None and limit.remaining < self._limits.keep_pulls:
                wait = self._limits.wait_seconds
                self._progress(f"{limit.remaining} pulls are left at {self._source.name}: waiting {wait:.0f} s")
                self._stop.sleep(wait)

    def _log_in_again(self) -> None:
        """Which of the two logins has expired is not known."""
        self._source.log_in_again()
        self._target.log_in_again()


class _Repository:
    """One repository on its way; it remembers what came along with something else."""

    def __init__(self, copier: Copier, work: CopyWork) -> None:
        self._copier = copier
        self._work = work
        self._lock = threading.Lock()
        self._begun: dict[str, Future[None]] = {}
        self._children: dict[str, tuple[str, ...]] = dict.fromkeys(work.single, ())
        """Of manifests that were read."""

    def unit(self, digest: str, tags: Sequence[str]) -> None:
        """One image, what refers to it, and then its tags."""
        arrived = self._copier.one(f"{self._work.target}@{digest}", self.image, digest)
        if arrived and self._work.referrers:
            self._copy_referrers(digest)
        for tag in tags if arrived else ():
            self._copier.one(f"{self._work.target}:{tag}", self._tag, tag, digest)

    def image(self, digest: str) -> None:
        """Once: what needs it meanwhile, as a platform or as a subject, waits for its end."""
        with self._lock:
            known = self._begun.get(digest)
            mine = self._begun.setdefault(digest, Future())
        if known is not None:
            known.result()
            return
        try:
            self._image(digest)
        except BaseException as failure:
            mine.set_exception(failure)
            raise
        mine.set_result(None)

    def _image(self, digest: str) -> None:
        if not self._is_lacking(digest):
            return
        manifest = self._manifest(digest)
        named = references(manifest.content, f"{self._work.source}@{digest}")
        self._children[digest] = named.children
        for each in named.children:
            self.image(each)
        if named.subject:
            self._subject(named.subject)
        self._copier.put_layers(self._work, {layer.digest: layer for layer in named.layers})
        self._copier.put_manifest(self._work.target, manifest, manifest.digest)
        self._copier.count(images=1)

    def _subject(self, digest: str) -> None:
        """First, so that what refers to it is found at once; where it fails in its own turn, the other goes without."""
        try:
            self.image(digest)
        except (Refused, *_FAILURES):
            if digest not in self._work.units:
                raise

    def _copy_referrers(self, first: str) -> None:
        """Of the image, of its platforms, and of what refers to them in turn."""
        waiting, listed = [first], set[str]()
        while waiting:
            digest = waiting.pop()
            if digest in listed:
                continue
            listed.add(digest)
            what = f"{self._work.target}@"
            waiting += [each for each in self._referrers(digest) if self._copier.one(what + each, self.image, each)]
            waiting += self._children_of(digest)

    def _children_of(self, digest: str) -> tuple[str, ...]:
        if digest not in self._children:
            content = self._manifest(digest).content
            self._children[digest] = references(content, f"{self._work.source}@{digest}").children
        return self._children[digest]

    def _referrers(self, digest: str) -> list[str]:
        """None of an index that another one takes the place of: they are about what was pushed."""
        if digest in self._work.replaced:
            return []
        tags = self._work.source_tags
        found = self._copier.pull(lambda client: client.referrers(self._work.source, digest, tags))
        return [str(each["digest"]) for each in found]

    def _tag(self, tag: str, digest: str) -> None:
        manifest = self._manifest(tag if self._work.while_unmoved else digest)
        if self._work.while_unmoved and manifest.digest != digest:
            return
        self._copier.put_manifest(self._work.target, manifest, tag)
        self._copier.count(tags=1)

    def _manifest(self, reference: str) -> Blob:
        found = self._work.replaced.get(reference)
        return found or self._copier.pull(lambda client: client.manifest(self._work.source, reference))

    def _is_lacking(self, digest: str) -> bool:
        if digest in self._work.held:
            return False
        if self._work.lacking is not None:
            return digest in self._work.lacking
        pushed = self._work.replaced[digest].digest if digest in self._work.replaced else digest
        return not self._copier.push(lambda client: client.has_manifest(self._work.target, pushed))
