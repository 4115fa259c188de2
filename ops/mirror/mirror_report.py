"""What a run found and did: for people, for machines, and for Prometheus."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from domain.wording import counted
from ops.copy.copier import Copied
from ops.mirror.looking import MirroredTag, MirrorState

_NAMED = 50
"""The tags that a report for people names."""


def to_text(tags: Sequence[MirroredTag], copied: Copied, *, check: bool) -> str:
    return "\n".join(_lines(tags, copied, check=check))


def to_json(tags: Sequence[MirroredTag], copied: Copied, *, check: bool) -> str:
    data = {
        "checked_only": check,
        "tags": [
            {
                "source": str(each.source), "destination": str(each.target), "state": each.state, "digest": each.wanted,
                "found": each.found,
            }
            for each in tags
        ],
        "manifests": copied.images, "layers": copied.layers, "bytes": copied.size, "mounted": copied.mounted,
        "failed": copied.failed,
    }  # fmt: skip
    return json.dumps(data, indent=2)


def to_prometheus(tags: Sequence[MirroredTag], copied: Copied, *, check: bool) -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/"""
    states = Counter((each.source.host, each.target.host, each.state) for each in tags)
    lines = [
        "# HELP container_registry_mirror_tags Tags that the rules select, by their state at the destination.",
        "# TYPE container_registry_mirror_tags gauge",
    ]
    for source, target in sorted({(each.source.host, each.target.host) for each in tags}):
        for state in MirrorState:
            labels = f'source="{source}",destination="{target}",state="{state}"'
            lines.append(f"container_registry_mirror_tags{{{labels}}} {states[source, target, state]}")
    totals = [("failed", len(copied.failed), "What could not be read or copied.")]
    if not check:
        totals += [
            ("copied_manifests", copied.images, "Manifests that the run copied."),
            ("copied_bytes", copied.size, "Bytes of layers that the run copied."),
        ]
    for name, value, text in totals:
        metric = f"container_registry_mirror_{name}"
        lines += [f"# HELP {metric} {text}", f"# TYPE {metric} gauge", f"{metric} {value}"]
    return "\n".join(lines)


def _lines(tags: Sequence[MirroredTag], copied: Copied, *, check: bool) -> Iterator[str]:
    differing = [each for each in tags if each.state is not MirrorState.SAME]
    for each in differing[:_NAMED]:
        if each.state is MirrorState.MISSING:
            yield f"missing: {each.target} ({each.source} is {each.wanted})"
        else:
            move = "" if each.rule.move else " (with `move: true` in its rule it would move)"
            yield f"different: {each.target} is {each.found}, and {each.source} is {each.wanted}{move}"
    if len(differing) > _NAMED:
        yield f"… and {len(differing) - _NAMED} more"
    yield from (f"failed: {each}" for each in copied.failed)
    if not check:
        mounted = f", {counted(copied.mounted, 'layer')} mounted" if copied.mounted else ""
        size = f"{copied.size / 1_000_000:.1f} MB"
        yield f"{counted(copied.images, 'manifest')}, {counted(copied.layers, 'layer')} ({size}) copied{mounted}."
    same = len(tags) - len(differing)
    yield f"{same} of {counted(len(tags), 'tag')} {'is' if same == 1 else 'are'} the same at the destination."
