"""Which tags of a repository a rule selects."""

from collections.abc import Iterable

from domain.semantic_versions import Version, VersionRange
from ops.mirror.rules import MirrorRule

_FALLBACK = "sha256-"
"""What the tags begin with that stand in for the referrers API: they are made anew at the destination."""


def selected_tags(rule: MirrorRule, tags: Iterable[str]) -> list[str]:
    """In the order in which they are pushed: versions from the oldest on, then the others by name."""
    found = [each for each in tags if rule.selects(each) and not is_fallback(each)]
    versions = {tag: version for tag in found if (version := Version.parse(tag))}
    if rule.versions is not None or rule.newest is not None:
        within = VersionRange.parse(rule.versions) if rule.versions else None
        versions = {tag: each for tag, each in versions.items() if within is None or each in within}
        # Two tags of one version, `v1.2.3` and `1.2.3`, count once.
        newest = sorted(set(versions.values()))[-rule.newest if rule.newest else 0 :]
        found = [tag for tag, each in versions.items() if each in newest]
    return sorted(found, key=lambda tag: (tag not in versions, versions.get(tag, Version((0, 0, 0))), tag))


def is_fallback(tag: str) -> bool:
    return tag.startswith(_FALLBACK) and len(tag) == len(_FALLBACK) + 64
