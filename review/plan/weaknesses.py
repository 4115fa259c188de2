"""Protection of images that is weaker, or stronger, than before: the gate reports it and passes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.ecr.account import BLOB_MOUNTING, ENABLED
from domain.ecr.scanning import ScanFrequency, ScanType, filter_contains
from domain.ecr.tags import WILDCARD, TagMutability, tag_matches
from domain.wording import counted, listed
from render.resource import Resource
from resources.ecr import ACCOUNT_SETTING, PULL_TIME_EXCLUSION, REPOSITORY, SCANNING_CONFIGURATION
from resources.kms import KEY
from review.plan.access_test_consequences import weakened_tests
from review.plan.model import NOTHING_TO_DO, Change, Compared, Consequence, Op, Protection, Topic
from review.plan.phrases import by_repository, grouped, regions, repositories_phrase, retire_until, urns_of

_CONTINUOUS = ScanFrequency.CONTINUOUS_SCAN.value


def weaknesses(compared: Compared) -> Iterator[Consequence]:
    """For an existing stack: a new one has no earlier protection."""
    changes = compared.changes
    yield from _protections(changes)
    yield from _overwrites(changes)
    if compared.is_new:
        return
    yield from weakened_tests(compared)
    new = {each.registry for each in changes if each.type == SCANNING_CONFIGURATION and each.op is Op.CREATE}
    staying = [each for each in changes if each.registry not in new]
    yield from _scanning(staying)
    yield from _settings(staying)
    if compared.base and compared.head and compared.head.allow_destruction and not compared.base.allow_destruction:
        stack = compared.head.stack
        text = f"Stack {stack} has allow_destruction from now on: a retired repository can be deleted with its images."
        yield _weaker(text, ())


def _protections(changes: Sequence[Change]) -> Iterator[Consequence]:
    retired = {each.registry for each in changes if each.type == REPOSITORY and retire_until(each.new)}
    lost = [each for each in changes if each.protection is Protection.LOST]
    # A retirement removes the protection, also that of the registry's key, and has its own consequence.
    meant = [each for each in lost if retire_until(each.new) or (each.type == KEY and each.registry in retired)]
    if unmeant := [each for each in lost if each not in meant]:
        counts = listed(counted(len(some), kind) for kind, some in grouped(unmeant, lambda change: change.noun).items())
        text = f"Protection ends for {counts} in {regions(unmeant)}: they can then be deleted without a retirement."
        yield _weaker(text, unmeant)
    gained = [each for each in changes if each.protection is Protection.GAINED]
    keys = [each for each in meant if each.type == KEY]
    for verb, turned in (("no longer refuses", keys), ("from now on refuses", gained)):
        for names, group in by_repository(turned, lambda change: change.type):
            some = listed(sorted(names), limit=10)
            text = f"The engine {verb} to delete the {group[0].noun} {some} in {regions(group)}."
            yield Consequence(topic=Topic.PROTECTION, text=text, urns=urns_of(group))


def _overwrites(changes: Sequence[Change]) -> Iterator[Consequence]:
    """Repositories more of whose tags can be given to another image."""
    updated = [each for each in changes if each.type == REPOSITORY and each.op is Op.UPDATE]
    for names, group in by_repository(updated, _more_mutable):
        if tags := _more_mutable(group[0]):
            which, many = repositories_phrase(names)
            head = f"{'Every tag' if tags == (WILDCARD,) else f'Tags {listed(tags)}'} of {which} in {regions(group)}"
            text = (
                f"{head} can be overwritten from now on: the image that had it becomes untagged, and expires by the "
                "rules for untagged images."
            )
            yield replace(_weaker(text, group, Topic.RETENTION), lines=many)


def _more_mutable(change: Change) -> tuple[str, ...]:
    """The patterns of tags that can be overwritten from now on."""
    before, after = (_mutable_tags(each) for each in (change.old, change.new))
    return tuple(each for each in after if not any(tag_matches(old, each.replace(WILDCARD, "\0")) for old in before))


def _mutable_tags(repository: Resource | None) -> tuple[str, ...]:
    """Patterns of the tags that can be overwritten; a pattern that excepts some counts as all."""
    inputs = repository.inputs if repository else {}
    match inputs.get("imageTagMutability"):
        case TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
            return tuple(str(each.get("filter")) for each in inputs.get("imageTagMutabilityExclusionFilters") or ())
        case TagMutability.IMMUTABLE.value:
            return ()
        case _:
            return (WILDCARD,)


def _scanning(changes: Sequence[Change]) -> Iterator[Consequence]:
    found = [(each, _less_scanned(each.old, each.new)) for each in changes if each.type == SCANNING_CONFIGURATION]
    for less, some in grouped(found, lambda item: item[1]).items():
        if less:
            group = [change for change, _ in some]
            yield _weaker(f"Images in {regions(group)} are scanned less: {'; '.join(less)}.", group)


def _less_scanned(old: Resource | None, new: Resource | None) -> tuple[str, ...]:
    if old is None or new is None:
        return ()
    lines = []
    if (old.inputs.get("scanType"), new.inputs.get("scanType")) == (ScanType.ENHANCED.value, ScanType.BASIC.value):
        lines.append("enhanced scanning becomes basic")
    anyhow, continuously = _filters(new), _filters(new, _CONTINUOUS)
    gone = [each for each in _filters(old) if not _covered(each, anyhow)]
    slower = [each for each in _filters(old, _CONTINUOUS) if each not in gone and not _covered(each, continuously)]
    if gone:
        lines.append(f"{listed(gone)} is no longer scanned")
    if slower:
        lines.append(f"{listed(slower)} is scanned on push and no longer continuously")
    return tuple(lines)


def _filters(scanning: Resource, frequency: str = "") -> list[str]:
    rules = [each for each in scanning.inputs.get("rules", ()) if frequency in ("", each.get("scanFrequency"))]
    return sorted({str(each.get("filter")) for rule in rules for each in rule.get("repositoryFilters", ())})


def _covered(filter: str, filters: Sequence[str]) -> bool:
    return any(filter_contains(each, filter) for each in filters)


def _settings(changes: Sequence[Change]) -> Iterator[Consequence]:
    mounting = [
        each for each in changes if each.type == ACCOUNT_SETTING and _mounts(each.new) and not _mounts(each.old)
    ]
    if mounting:
        text = f"Layers can be mounted from one repository to another in {regions(mounting)}."
        yield _weaker(text, mounting)
    excluded = [each for each in changes if each.type == PULL_TIME_EXCLUSION and each.op is Op.CREATE and each.new]
    for principal, group in grouped(
        excluded, lambda change: str(change.new and change.new.inputs.get("principalArn"))
    ).items():
        text = (
            f"Pulls by {principal} no longer update an image's last pull in {regions(group)}: "
            "rules that archive unpulled images ignore them."
        )
        yield _weaker(text, group)


def _mounts(setting: Resource | None) -> bool:
    return setting is not None and (setting.inputs.get("name"), setting.inputs.get("value")) == (BLOB_MOUNTING, ENABLED)


def _weaker(text: str, changes: Sequence[Change], topic: Topic = Topic.WEAKER) -> Consequence:
    return Consequence(topic=topic, text=text, urns=urns_of(changes), id="plan-weakens", fix=NOTHING_TO_DO)
