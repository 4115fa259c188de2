"""What two registries hold of one repository, by digests and tags alone, and where they differ."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ops.copy.copier import CopyWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One manifest, of an image, an index, or something that refers to one."""

    pushed_at: datetime
    archived: bool = False
    """It can't be pulled, and comes back only when it is restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    images: Mapping[str, Held] = field(default_factory=dict)
    """By digest."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tag to digest."""

    def pullable(self, digest: str) -> bool:
        return digest in self.images and not self.images[digest].archived


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A tag that can't be moved at the replica, where it names another image."""

    tag: str
    here: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What it takes to make one repository of the replica hold all that its original does."""

    repository: str
    missing: tuple[str, ...]
    """Digests, the oldest first: rules of retention count from the newest."""
    tags: Mapping[str, str]
    conflicts: tuple[Conflict, ...]
    archived: int
    """How many images are archived at home, and not here."""

    @property
    def to_copy(self) -> CopyWork:
        return CopyWork(
            source=self.repository, target=self.repository, images=self.missing, tags=self.tags, while_unmoved=True,
            lacking=frozenset(self.missing),
        )  # fmt: skip


def work(repository: str, home: Inventory, there: Inventory, may_move: Callable[[str], bool]) -> Work:
    """`may_move` says whether the replica lets go of a tag that it has."""
    absent = sorted((held.pushed_at, digest) for digest, held in home.images.items() if digest not in there.images)
    pullable = {tag: digest for tag, digest in sorted(home.tags.items()) if home.pullable(digest)}
    differing = {tag: digest for tag, digest in pullable.items() if there.tags.get(tag) != digest}
    fixed = [tag for tag in differing if tag in there.tags and not may_move(tag)]
    return Work(
        repository=repository,
        missing=tuple(digest for _, digest in absent if home.pullable(digest)),
        tags={tag: digest for tag, digest in differing.items() if tag not in fixed},
        conflicts=tuple(Conflict(tag=tag, here=differing[tag], there=there.tags[tag]) for tag in fixed),
        archived=sum(not home.pullable(digest) for _, digest in absent),
    )


def differences(repository: str, before: Inventory, after: Inventory, there: Inventory) -> Iterator[str]:
    """What the replica lacks, or has otherwise, of all that stood at home `before` the copy and still does `after`."""
    for digest in sorted(before.images):
        if before.pullable(digest) and digest in after.images and digest not in there.images:
            yield f"{repository}@{digest} is missing"
    for tag, digest in sorted(before.tags.items()):
        if not before.pullable(digest) or after.tags.get(tag) != digest:
            continue
        found = there.tags.get(tag)
        if found != digest:
            yield f"{repository}:{tag} is {digest} at home and {found or 'missing'} at the replica"
