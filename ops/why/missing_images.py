"""What is wrong with the repository or the image of a call that the registry's policies allow."""

import re
from collections.abc import Iterator

from domain.ecr.retention import RetentionEffect, Rule, Selector
from domain.ecr.tags import may_move, tag_matches
from domain.problems import Path as KeyPath
from domain.wording import nearest
from ops.why.finding import Obstacle, SettingsChange, obstacle, undeployed
from ops.why.refused_call import RefusedCall, SettingsPlace
from settings import Repository

_ARCHIVES = frozenset(each for each in RetentionEffect if each.value.startswith("archive"))
_NO_VERSION = re.compile(r"[a-z][a-z-]*", re.IGNORECASE)
"""A tag that names no version, such as latest: it is meant to move."""


def missing_repository(call: RefusedCall) -> Obstacle:
    name, stack = str(call.repository), call.settings.stack
    if call.entry:
        here = call.in_catalog("repositories", name)
        return obstacle("repository-not-deployed", f"{name} is declared", f"deploy the stack {stack}", here)
    if left := call.settings.removed.get(name):
        because = f"removed on {left.until}: {left.reason}"
        return obstacle("repository-removed", because, "use another repository", call.in_catalog("removed", name))
    known = nearest(name, [each.name for each in call.settings.repositories])
    fix = f"add it to the catalog's repositories, or mend the name ({known})"
    return obstacle("repository-not-declared", f"{name} is not in the catalog", fix, call.in_catalog("repositories"))


def taken_tag(call: RefusedCall) -> Obstacle:
    name, tag, entry = str(call.repository), str(call.signal.reference), call.entry
    if entry is None:
        return missing_repository(call)
    if may_move(entry.mutability, entry.mutable_tags, tag):
        return undeployed(call, f"{tag} can move by mutable_tags")
    path: KeyPath = ("repositories", name, "mutable_tags")
    here, because = call.in_catalog(*path), f"{tag} is no match for mutable_tags of {name}"
    if not _NO_VERSION.fullmatch(tag):
        return obstacle("tag-immutable", because, "push under a new tag: what has a version does not change", here)
    change = SettingsChange(file=call.catalog_file, path=path, value=tag)
    return obstacle("tag-immutable", because, f"let {tag} move, and no other tag", here, change, grants=False)


def missing_image(call: RefusedCall) -> Obstacle:
    """By the rules of retention: an archived image, an expired one, or one that never was there."""
    entry, signal = call.entry, call.signal
    if entry is None or not signal.reference:
        return obstacle("tag-missing", signal.words, "look which tags there are: aws ecr list-images")
    what = f"{entry.name}{'@' if signal.is_digest else ':'}{signal.reference}"
    rules = list(_rules(entry, signal.reference, untagged=signal.is_digest))
    expiring = next((each for each in rules if each[0].effect not in _ARCHIVES), None)
    archiving = next((each for each in rules if each[0].effect in _ARCHIVES), None)
    if archiving and (expiring is None or archiving[1] < expiring[1]):
        fix = "restore it: aws ecr update-image-storage-class --target-storage-class STANDARD; it takes some minutes"
        return obstacle("image-archived", f"{what}: {_text(archiving[0])}", fix, _place(call, entry, archiving[1]))
    if signal.is_digest and expiring and expiring[0].selector is Selector.UNTAGGED:
        because = f"{what} has no tag any more: {_text(expiring[0])}"
        fix = "pull by a tag that does not move, or keep the images without a tag for longer"
        return obstacle("tag-moved", because, fix, _place(call, entry, expiring[1]))
    if call.registry and not call.registry.home:
        fix = (
            f"wait for some minutes, or pull from {call.settings.home.host}; older images take `python -m ops backfill`"
        )
        return obstacle("not-replicated", f"{what} is not in {call.registry.region}", fix)
    if expiring:
        fix = "push it again, or change the rule for the images to come"
        return obstacle("image-expired", f"{what}: {_text(expiring[0])}", fix, _place(call, entry, expiring[1]))
    return obstacle(
        "tag-missing", f"{what} is kept by every rule, so it was not pushed, or deleted", "look at the tag's name"
    )


def _rules(entry: Repository, reference: str, *, untagged: bool) -> Iterator[tuple[Rule, int]]:
    """The rules that select the image, with their places."""
    for index, rule in enumerate(entry.retention):
        tagged = rule.selector is Selector.TAGGED and all(tag_matches(each, reference) for each in rule.patterns)
        if rule.selector is Selector.ANY or (rule.selector is Selector.UNTAGGED if untagged else tagged):
            yield rule, index


def _text(rule: Rule) -> str:
    selected = " and ".join(rule.patterns) or ("untagged" if rule.selector is Selector.UNTAGGED else "any image")
    return f"{selected}, {rule.effect.value}: {rule.count}"


def _place(call: RefusedCall, entry: Repository, index: int) -> SettingsPlace:
    holder: KeyPath = ("retention", entry.preset) if entry.preset else ("repositories", entry.name, "retention")
    return call.in_catalog(*holder, index)
