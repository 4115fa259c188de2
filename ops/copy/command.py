"""`python -m ops copy`: one image with what refers to it, from any registry to any other."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import urllib3

from domain.wording import counted
from oci.client import Client, Refused
from oci.manifest import Corrupt
from oci.reference import InvalidReference, Reference
from oci.transport import Connection, NotReached
from ops.copy.copier import Copied, Copier, CopyWork, OpenRegistry, Unavailable
from ops.copy.patience import Stop, Stopped, patiently, stop_on_interrupt
from ops.copy.progress import copy_progress
from ops.copy.registry_by_host import by_host, connection
from render.output import print_text, refuse

_Both = tuple[OpenRegistry, OpenRegistry]
SAME, DIFFERENT, INTERRUPTED = 0, 1, 130
BACKUP = "{tag}.before-{now:%Y%m%dT%H%M%SZ}"
"""The tag that keeps an image when its own tag moves."""
_NAME_UNKNOWN = "NAME_UNKNOWN"
STOPPED = "stopped: what was copied is kept. Run the same command again to go on; it copies only what is missing."


class NotCopied(Exception):
    """Why nothing is copied, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCopy:
    """One image on its way."""

    source: Reference
    target: Reference
    digest: str
    found: str | None
    """What the target's tag names before."""

    @property
    def is_same(self) -> bool:
        return self.found == self.digest


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 when the target has the image, 1 when it does not, 2 for faulty input."""
    try:
        source, target = _references(options.source, options.target)
        reached = connection_of(options)
    except (InvalidReference, Unavailable) as invalid:
        return refuse(invalid)
    stop = Stop()
    with stop_on_interrupt(stop):
        try:
            there = by_host(source.host, source.repository, reached), by_host(target.host, target.repository, reached)
            return _run(options, source, target, there, stop)
        except (Unavailable, NotCopied, Refused, Corrupt, NotReached, urllib3.exceptions.HTTPError) as failure:
            print(failure, file=sys.stderr)
            return DIFFERENT
        except Stopped:
            print(STOPPED, file=sys.stderr)
            return INTERRUPTED


def connection_of(options: argparse.Namespace) -> Connection:
    return connection(options.ca_file, plain_http=options.plain_http)


def _run(options: argparse.Namespace, source: Reference, target: Reference, there: _Both, stop: Stop) -> int:
    copied = Copied()
    copy = _looked_up(source, target, there, stop)
    if not options.check:
        if copy.found and not copy.is_same and not options.move:
            raise NotCopied(_conflict(copy))
        copied = _copied(copy, there, stop, referrers=not options.no_referrers)
        copy = _looked_up(source, target, there, stop)
    lines = list(_ended(copy, copied, check=options.check))
    if options.format == "json":
        print_text(json.dumps(_as_json(copy, copied), indent=2))
    else:
        print_text("\n".join(lines))
    return SAME if copy.is_same and not copied.failed else DIFFERENT


def _references(source_text: str, target_text: str) -> tuple[Reference, Reference]:
    """Both; a target without a tag takes the source's."""
    source, target = Reference.parse(source_text), Reference.parse(target_text)
    if source.image is None:
        raise InvalidReference(source_text, "names no image", "add :TAG or @DIGEST")
    if target.digest is not None:
        raise InvalidReference(target_text, "names a digest, and a copy has the source's", "name a tag, or none")
    if target.tag is None and source.tag is not None:
        target = replace(target, tag=source.tag)
    return source, target


def _looked_up(source: Reference, target: Reference, there: _Both, stop: Stop) -> ImageCopy:
    left, right = there

    def of_source(client: Client) -> str | None:
        if source.digest is None:
            return client.digest(source.repository, str(source.tag))
        return source.digest if client.has_manifest(source.repository, source.digest) else None

    digest = patiently(lambda: of_source(left.images), stop, left.log_in_again)
    if digest is None:
        raise NotCopied(f"{source} does not exist")
    named = target.tag or digest
    found = patiently(lambda: right.images.digest(target.repository, named), stop, right.log_in_again)
    return ImageCopy(source=source, target=target, digest=digest, found=found)


def _copied(copy: ImageCopy, there: _Both, stop: Stop, *, referrers: bool) -> Copied:
    source, target = copy.source, copy.target
    tags = {} if target.tag is None or copy.is_same else {target.tag: copy.digest}
    work = CopyWork(
        source=source.repository, target=target.repository, images=(copy.digest,), tags=tags, referrers=referrers
    )
    with copy_progress("copy") as shown, Copier(*there, stop, shown) as copier:
        shown.reach(0, 1 + len(tags))
        if tags and copy.found:
            backup = BACKUP.format(tag=str(target.tag)[:100], now=datetime.now(UTC))
            manifest = copier.push(lambda client: client.manifest(target.repository, str(copy.found)))
            copier.put_manifest(target.repository, manifest, backup)
            print(f"{target} was {copy.found}, which is {backup} now", file=sys.stderr)
        copier.copy(work)
        return replace(copier.copied, failed=[with_hint(each) for each in copier.copied.failed])


def _conflict(copy: ImageCopy) -> str:
    return (
        f"{copy.target} is {copy.found}, and {copy.source} is {copy.digest} (--move moves the tag, and keeps the other)"
    )


def with_hint(failed: str) -> str:
    """What failed, and what to do where the repository does not exist."""
    if _NAME_UNKNOWN not in failed:
        return failed
    return f"{failed} (no command makes a repository: add it to catalog.yaml and deploy, or make it in that registry)"


def _ended(copy: ImageCopy, copied: Copied, *, check: bool) -> Iterator[str]:
    if check and copy.is_same:
        yield f"same: {copy.target} is {copy.digest}"
        return
    if check:
        found = f"is {copy.found}" if copy.found else "does not exist"
        yield f"different: {copy.target} {found}, and {copy.source} is {copy.digest}"
        return
    layers = f"{counted(copied.layers, 'layer')} ({copied.size / 1_000_000:.1f} MB)"
    mounted = f", {counted(copied.mounted, 'layer')} mounted" if copied.mounted else ""
    yield f"{copy.target}@{copy.digest}: {counted(copied.images, 'manifest')}, {layers} copied{mounted}."
    yield from (f"failed: {each}" for each in copied.failed)


def _as_json(copy: ImageCopy, copied: Copied) -> dict[str, object]:
    return {
        "source": str(copy.source), "target": str(copy.target), "digest": copy.digest, "same": copy.is_same,
        "manifests": copied.images, "layers": copied.layers, "bytes": copied.size, "mounted": copied.mounted,
        "failed": copied.failed,
    }  # fmt: skip
