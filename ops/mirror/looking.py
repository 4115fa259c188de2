"""What a mirror's rules ask for, and what the destinations have of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from domain.ecr.images import INDEXES, MANIFESTS
from oci.client import Client, Refused
from oci.manifest import Blob
from oci.reference import Reference
from ops.copy.copier import OpenRegistry, Unavailable
from ops.copy.patience import Stop, patiently
from ops.mirror.rules import ANY, MirrorRule
from ops.mirror.selection import selected_tags

T = TypeVar("T")

_AT_ONCE = 8


class MirrorState(StrEnum):
    SAME = "same"
    MISSING = "missing"
    DIFFERENT = "different"
    """The destination's tag names another image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredTag:
    """One tag of a source, and of its destination."""

    source: Reference
    target: Reference
    rule: MirrorRule
    digest: str
    """What is to be copied."""
    wanted: str
    """What the destination's tag is to name: another digest where an index loses platforms."""
    found: str | None
    state: MirrorState
    is_single: bool
    """Whether it is an image, and no index."""


@dataclass(slots=True)
class Looked:
    """All tags of one rule, and the indexes that are pushed with fewer platforms."""

    tags: list[MirroredTag] = field(default_factory=list)
    replaced: dict[str, Blob] = field(default_factory=dict)
    all_tags: dict[str, frozenset[str]] = field(default_factory=dict)
    """By repository of the source, the tags that are not selected, too."""
    failed: list[str] = field(default_factory=list)
    """What can't be read, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A repository of the source, its destination, and the tags that this one has."""

    rule: MirrorRule
    source: Reference
    target: Reference
    there: frozenset[str]


class Looking:
    """Asks both registries of a rule."""

    def __init__(self, source: OpenRegistry, target: OpenRegistry, stop: Stop) -> None:
        self._source = source
        self._target = target
        self._stop = stop

    def look(self, rule: MirrorRule) -> Looked:
        found = Looked()
        for repository in self._repositories(rule, found):
            self._stop.check()
            self._look_at(rule, repository, found)
        return found

    def look_again(self, looked: Looked) -> None:
        """What the destination has by now, of the tags that were not the same."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as threads:
            looked.tags = list(threads.map(self._again, looked.tags))

    def _again(self, before: MirroredTag) -> MirroredTag:
        if before.state is MirrorState.SAME:
            return before
        target = before.target
        found = self._ask(self._target, lambda client: client.digest(target.repository, str(target.tag)))
        return replace(before, found=found, state=_state(found, before.wanted))

    def _repositories(self, rule: MirrorRule, found: Looked) -> list[str]:
        source = Reference.parse(rule.source.replace(ANY, "any"))
        if not rule.source.endswith(ANY):
            return [source.repository]
        prefix = source.repository.removesuffix("any")
        try:
            listed = self._ask(self._source, lambda client: list(client.repositories()))
        except Refused as refused:
            found.failed.append(f"{rule.source}: {source.host} lists no repositories: {refused} (name each of them)")
            return []
        names = sorted(each for each in listed if each.startswith(prefix))
        if not names:
            found.failed.append(f"{rule.source}: {source.host} has no repository under {prefix}")
        return names

    def _look_at(self, rule: MirrorRule, repository: str, found: Looked) -> None:
        source = Reference(host=self._source.name, repository=repository)
        target = rule.target_of(repository)
        try:
            every = self._ask(self._source, lambda client: list(client.tags(repository)))
            found.all_tags[repository] = frozenset(every)
            tags = selected_tags(rule, every)
            there = self._tags_of_target(target.repository)
            pair = _Pair(rule=rule, source=source, target=target, there=there)
        except Refused as refused:
            found.failed.append(f"{source}: {refused}")
            return
        if not tags:
            found.failed.append(f"{source}: no tag of it is selected")
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as threads:
            looked = threads.map(lambda tag: self._tag(pair, tag, found.replaced), tags)
            found.tags += [each for each in looked if each is not None]

    def _tag(self, pair: _Pair, tag: str, replaced: dict[str, Blob]) -> MirroredTag | None:
        """None of a tag that was deleted meanwhile."""
        source, target = replace(pair.source, tag=tag), replace(pair.target, tag=tag)
        named = self._ask(self._source, lambda client: client.named(source.repository, tag))
        if named is None:
            return None
        digest, media_type = named
        wanted, found = digest, None
        if pair.rule.platforms:
            digest, wanted = self._of_platforms(source.repository, digest, pair.rule.platforms, replaced)
        if tag in pair.there:
            found = self._ask(self._target, lambda client: client.digest(target.repository, tag))
        return MirroredTag(
            source=source, target=target, rule=pair.rule, digest=digest, wanted=wanted, found=found,
            state=_state(found, wanted), is_single=media_type in MANIFESTS and media_type not in INDEXES,
        )  # fmt: skip

    def _of_platforms(
        self, repository: str, digest: str, platforms: Sequence[str], replaced: dict[str, Blob]
    ) -> tuple[str, str]:
        """What is copied, and what the tag names then; an image alone is of its one platform, and stays."""
        manifest = self._ask(self._source, lambda client: client.manifest(repository, digest))
        if manifest.media_type.partition(";")[0] not in INDEXES:
            return digest, digest
        data = json.loads(manifest.content)
        every = data.get("manifests", [])
        kept = [each for each in every if _platform(each) in platforms]
        if not kept:
            has = ", ".join(sorted({_platform(each) for each in every}))
            raise Unavailable(f"{repository}@{digest} is for {has}: none of the rule's platforms is among them")
        if len(kept) == len(every):
            return digest, digest
        if len(kept) == 1:
            return kept[0]["digest"], kept[0]["digest"]
        content = json.dumps({**data, "manifests": kept}, separators=(",", ":")).encode()
        replaced[digest] = Blob(content=content, media_type=manifest.media_type)
        return digest, replaced[digest].digest

    def _tags_of_target(self, repository: str) -> frozenset[str]:
        try:
            return frozenset(self._ask(self._target, lambda client: list(client.tags(repository))))
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return frozenset()
            raise

    def _ask(self, registry: OpenRegistry, call: Callable[[Client], T]) -> T:
        return patiently(lambda: call(registry.images), self._stop, registry.log_in_again)


def _state(found: str | None, wanted: str) -> MirrorState:
    if found is None:
        return MirrorState.MISSING
    return MirrorState.SAME if found == wanted else MirrorState.DIFFERENT


def _platform(described: Mapping[str, object]) -> str:
    platform = described.get("platform")
    if not isinstance(platform, Mapping):
        return "unknown"
    parts = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    return "/".join(str(each) for each in parts if each)
