"""The report of a run."""

from collections.abc import Iterator, Sequence

from domain.wording import counted
from ops.backfill.inventory import Work
from ops.copy.copier import Copied

STOPPED = "stopped: what was copied stays. Run the same command again to go on; it copies only what is missing."
_PUSHED = "A copy counts as pushed today at the replica, so rules of retention that count days begin anew there."
_PULLED = (
    "Copying through this machine pulls every image at home, which counts as use there: a rule that archives what is "
    "not pulled begins anew, too, unless your role is among the stack's pull_time_exclusions."
)
_BY_ECR = "Amazon ECR's own backfill goes first, inside AWS; what it leaves is copied through this machine."
_MEGABYTE = 1_000_000


def planned(source: str, target: str, works: Sequence[Work], *, by_ecr: bool) -> Iterator[str]:
    """What a run would do."""
    yield f"From {source} to {target} would be copied:"
    for each in works:
        yield f"  {each.repository}: {counted(len(each.missing), 'manifest')}, {counted(len(each.tags), 'tag')}"
    yield from _beside(works)
    manifests, tags = sum(len(each.missing) for each in works), sum(len(each.tags) for each in works)
    yield f"{counted(manifests, 'manifest')} and {counted(tags, 'tag')} of {counted(len(works), 'repository')}."
    if manifests:
        yield _BY_ECR if by_ecr else _PULLED
        yield _PUSHED


def ended(
    source: str, target: str, works: Sequence[Work], copied: Copied, lacking: Sequence[str], *, by_ecr: str | None
) -> Iterator[str]:
    """What a run did, and whether the replica holds everything now."""
    if by_ecr:
        yield by_ecr
    layers = f"{counted(copied.layers, 'layer')} ({copied.size / _MEGABYTE:.1f} MB)"
    images, tags = counted(copied.images, "manifest"), counted(copied.tags, "tag")
    yield f"From {source} to {target}: {images}, {layers} and {tags} copied."
    yield from _beside(works)
    yield from (f"failed: {each}" for each in copied.failed)
    yield from (f"different: {each}" for each in lacking)
    if copied.images:
        yield _PULLED
    if copied.images or by_ecr:
        yield _PUSHED
    whole = "Every digest and every tag" if not any(each.archived for each in works) else "All that is not archived"
    if lacking:
        yield f"The replica lacks something, or has it otherwise: {counted(len(lacking), 'difference')}."
    else:
        yield f"{whole} of {counted(len(works), 'repository')} is at the replica, the same as at home."


def _beside(works: Sequence[Work]) -> Iterator[str]:
    """What is left alone, and why."""
    for each in works:
        for one in each.conflicts:
            conflict = f"conflict: {each.repository}:{one.tag} can't move at the replica"
            yield f"{conflict}, where it is {one.there}; at home it is {one.here}"
        if each.archived:
            images = counted(each.archived, "image")
            yield f"skipped: {images} of {each.repository} archived at home: an archived image can't be pulled"
