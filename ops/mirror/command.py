"""`python -m ops mirror` and `ops migrate`: exit code 0 where every tag is the same, 1 where not, 2 for bad input."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import urllib3

from oci.client import Refused
from oci.manifest import Corrupt
from oci.reference import InvalidReference, Reference
from oci.transport import Connection, NotReached
from ops.copy.command import BACKUP, DIFFERENT, INTERRUPTED, SAME, STOPPED, connection_of, with_hint
from ops.copy.copier import Copied, Copier, CopyLimits, CopyWork, OpenRegistry, Unavailable
from ops.copy.patience import Stop, Stopped, stop_on_interrupt
from ops.copy.progress import CopyProgress, copy_progress
from ops.copy.registry_by_host import by_host
from ops.mirror import mirror_report
from ops.mirror.looking import Looked, Looking, MirroredTag, MirrorState
from ops.mirror.rules import ANY, MirrorFile, MirrorRule, read_rules
from render.output import print_text, refuse
from settings import InvalidSettings

_FORMATS = {"text": mirror_report.to_text, "json": mirror_report.to_json, "prometheus": mirror_report.to_prometheus}


@dataclass(slots=True)
class Mirroring:
    """One run."""

    file: MirrorFile
    connection: Connection
    stop: Stop
    shown: CopyProgress
    _open: dict[str, OpenRegistry] = field(default_factory=dict)

    def look(self) -> list[Looked]:
        found = []
        for rule in self.file.rules:
            self.shown(f"looking at {rule.source}")
            source, target = self._registries(rule)
            found.append(Looking(source, target, self.stop).look(rule))
        return found

    def look_again(self, looked: Sequence[Looked]) -> None:
        for rule, one in zip(self.file.rules, looked, strict=True):
            Looking(*self._registries(rule), self.stop).look_again(one)

    def copy(self, looked: Sequence[Looked]) -> Copied:
        """All that is missing, and of what is there already what has come to refer to it since."""
        total = Copied()
        limits = CopyLimits(
            parallel=self.file.parallel, keep_pulls=self.file.keep_pulls, wait_seconds=self.file.wait_seconds
        )
        self.shown.reach(0, sum(1 + (each.state is not MirrorState.SAME) for one in looked for each in one.tags))
        for rule, one in zip(self.file.rules, looked, strict=True):
            source, target = self._registries(rule)
            with Copier(source, target, self.stop, self.shown, limits) as copier:
                self._keep(copier, one.tags)
                copier.copy(*_works(rule, one))
                total = _sum(total, copier.copied)
        return total

    def _keep(self, copier: Copier, tags: Sequence[MirroredTag]) -> None:
        """What a tag names before it moves, under a tag of its own."""
        for each in tags:
            if each.state is MirrorState.DIFFERENT and each.rule.move:
                name, found = each.target.repository, str(each.found)
                backup = BACKUP.format(tag=str(each.target.tag)[:100], now=datetime.now(UTC))
                manifest = copier.push(lambda client: client.manifest(name, found))  # noqa: B023
                copier.put_manifest(name, manifest, backup)

    def _registries(self, rule: MirrorRule) -> tuple[OpenRegistry, OpenRegistry]:
        source = Reference.parse(rule.source.replace(ANY, "any"))
        target = Reference.parse(rule.destination.replace(ANY, "any"))
        return self._registry(source), self._registry(target)

    def _registry(self, place: Reference) -> OpenRegistry:
        if place.host not in self._open:
            self._open[place.host] = by_host(place.host, place.repository, self.connection)
        return self._open[place.host]


def run(options: argparse.Namespace) -> int:
    try:
        file = read_rules(options.file) if options.command == "mirror" else _of_migration(options)
        reached = connection_of(options)
    except (InvalidSettings, InvalidReference, Unavailable) as invalid:
        return refuse(invalid)
    stop = Stop()
    with stop_on_interrupt(stop):
        try:
            with copy_progress(options.command) as shown:
                return _run(options, Mirroring(file, reached, stop, shown))
        except (Unavailable, Refused, Corrupt, NotReached, urllib3.exceptions.HTTPError) as failure:
            print(failure, file=sys.stderr)
            return DIFFERENT
        except Stopped:
            print(STOPPED, file=sys.stderr)
            return INTERRUPTED


def _run(options: argparse.Namespace, mirroring: Mirroring) -> int:
    looked, copied = mirroring.look(), Copied()
    if not options.check:
        copied = mirroring.copy(looked)
        mirroring.look_again(looked)
        copied = replace(copied, failed=[with_hint(each) for each in copied.failed])
    tags = [each for one in looked for each in one.tags]
    failed = [*(each for one in looked for each in one.failed), *copied.failed]
    print_text(_FORMATS[options.format](tags, replace(copied, failed=failed), check=options.check))
    return SAME if not failed and all(each.state is MirrorState.SAME for each in tags) else DIFFERENT


def _works(rule: MirrorRule, looked: Looked) -> Iterator[CopyWork]:
    """One for each repository; a tag that is the same is there for what refers to its image."""
    by_repository: dict[tuple[str, str], list[MirroredTag]] = {}
    for each in looked.tags:
        if each.state is not MirrorState.DIFFERENT or rule.move:
            by_repository.setdefault((each.source.repository, each.target.repository), []).append(each)
    for (source, target), tags in by_repository.items():
        lacking = {str(each.target.tag): each.digest for each in tags if each.state is not MirrorState.SAME}
        same = [each.digest for each in tags if rule.referrers and each.state is MirrorState.SAME]
        yield CopyWork(
            source=source, target=target, images=tuple(dict.fromkeys((*lacking.values(), *same))), tags=lacking,
            referrers=rule.referrers, replaced=looked.replaced, held=frozenset(same),
            single=frozenset(each.digest for each in tags if each.is_single),
            source_tags=looked.all_tags.get(source),
        )  # fmt: skip


def _sum(one: Copied, other: Copied) -> Copied:
    return Copied(
        images=one.images + other.images, layers=one.layers + other.layers, mounted=one.mounted + other.mounted,
        size=one.size + other.size, tags=one.tags + other.tags, failed=[*one.failed, *other.failed],
    )  # fmt: skip


def _of_migration(options: argparse.Namespace) -> MirrorFile:
    """All tags of all repositories of one registry, or of those that are named."""
    source, destination = options.source.rstrip("/"), options.destination.rstrip("/")
    names = options.repository or [ANY]
    for place in (source, destination):
        Reference.parse(f"{place}/any")
    rules = tuple(MirrorRule(source=f"{source}/{each}", destination=f"{destination}/{each}") for each in names)
    return MirrorFile(rules=rules, parallel=options.parallel)
