"""What guards images and does so less than before, and who may read them that might not before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.ecr.account import BLOB_MOUNTING, ENABLED
from domain.ecr.scanning import ScanFrequency, ScanType, filter_contains
from domain.wording import counted, listed
from render.resource import Resource
from resources.ecr import (
    ACCOUNT_SETTING,
    LIFECYCLE_POLICY,
    PULL_TIME_EXCLUSION,
    REPOSITORY,
    REPOSITORY_POLICY,
    SCANNING_CONFIGURATION,
)
from resources.kms import KEY
from review.plan.access import pullers
from review.plan.documents import sooner_lost
from review.plan.losses import destroys_repository
from review.plan.model import Change, Op, Protection, Statement, Topic
from review.plan.places import stale_copies
from review.plan.words import by_repository, grouped, noun, regions, repository_of, retire_until

_CONTINUOUS = ScanFrequency.CONTINUOUS_SCAN.value
_MEANT = "nothing to do, if that is meant"
_STALE = "keep the flow, or make sure that nobody relies on the copies: they lack what is pushed from then on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One thing that is weaker; what only takes something away from people is told, and no danger."""

    statement: Statement
    is_danger: bool = True
    told_elsewhere: bool = False
    """Whether other statements say it."""
    fix: str = _MEANT


def weaknesses(changes: Sequence[Change], olds: Sequence[Resource]) -> tuple[Weakness, ...]:
    """Of a stack that stands; whatever is new there has nothing to be weaker than."""
    new_places = {_place(each) for each in changes if each.type == SCANNING_CONFIGURATION and each.op is Op.CREATE}
    staying = [each for each in changes if _place(each) not in new_places]
    return (
        *_protection(staying),
        *_scanning(staying),
        *_settings(staying),
        *_grants(staying),
        *_retention(staying),
        *(Weakness(statement=each, told_elsewhere=True, fix=_STALE) for each in stale_copies(staying, olds)),
    )


def destruction_allowed(stack: str) -> Weakness:
    """That the stack lets go of images now."""
    text = f"Stack {stack} allows destruction from now on: a retired repository is deleted along with its images."
    return Weakness(statement=Statement(topic=Topic.WEAKER, text=text, urns=()))


def _protection(changes: Sequence[Change]) -> Iterator[Weakness]:
    """Of what is not retired: a retirement takes the protection off, and says so."""
    retired = {_place(each) for each in changes if each.type == REPOSITORY and retire_until(each.new)}
    lost = [
        each
        for each in changes
        if each.protection is Protection.LOST
        and not retire_until(each.new)
        and not (each.type == KEY and _place(each) in retired)
    ]
    if lost:
        kinds = grouped(lost, noun)
        counts = listed(counted(len(some), kind) for kind, some in kinds.items())
        text = f"Protection ends for {counts} in {regions(lost)}: a mistake can destroy now what was never retired."
        yield _weaker(text, lost)


def _scanning(changes: Sequence[Change]) -> Iterator[Weakness]:
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
        lines.append(f"nothing scans {listed(gone)} any more")
    if slower:
        lines.append(f"{listed(slower)} is scanned on push, and no longer continuously")
    return tuple(lines)


def _filters(scanning: Resource, frequency: str = "") -> list[str]:
    rules = [each for each in scanning.inputs.get("rules", ()) if frequency in ("", each.get("scanFrequency"))]
    return sorted({str(each.get("filter")) for rule in rules for each in rule.get("repositoryFilters", ())})


def _covered(filter: str, filters: Sequence[str]) -> bool:
    return any(filter_contains(each, filter) for each in filters)


def _settings(changes: Sequence[Change]) -> Iterator[Weakness]:
    mounting = [
        each for each in changes if each.type == ACCOUNT_SETTING and _mounts(each.new) and not _mounts(each.old)
    ]
    if mounting:
        text = f"A layer of one repository may be mounted in another from now on in {regions(mounting)}."
        yield _weaker(text, mounting)
    excluded = [each for each in changes if each.type == PULL_TIME_EXCLUSION and each.op is Op.CREATE and each.new]
    for principal, group in grouped(
        excluded, lambda change: str(change.new and change.new.inputs.get("principalArn"))
    ).items():
        text = (
            f"Pulls by {principal} no longer count as use of an image in {regions(group)}: "
            "a rule that archives what is not pulled archives what nobody else pulls."
        )
        yield _weaker(text, group)


def _mounts(setting: Resource | None) -> bool:
    return setting is not None and (setting.inputs.get("name"), setting.inputs.get("value")) == (BLOB_MOUNTING, ENABLED)


def _grants(changes: Sequence[Change]) -> Iterator[Weakness]:
    """Who may pull from what was there before, and stays."""
    turned = {_home(each) for each in changes if each.type == REPOSITORY and _comes_or_goes(each)}
    policies = [each for each in changes if each.type == REPOSITORY_POLICY and _home(each) not in turned]
    for names, group in by_repository(policies, _turned):
        gone, come = _turned(group[0])
        if gone or come:
            no_longer = [f"{listed(gone, limit=10)} may no longer pull"] if gone else []
            anew = [f"{listed(come, limit=10)} may{'' if gone else ' pull'} from now on"] if come else []
            text = f"{listed(sorted(names), limit=10)} in {regions(group)}: {', '.join(no_longer + anew)}."
            statement = Statement(topic=Topic.ACCESS, text=text, urns=_urns(group))
            yield Weakness(statement=statement, is_danger=False)


def _turned(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = (pullers(each.inputs.get("policy")) if each else frozenset() for each in (change.old, change.new))
    if before is None or after is None:
        return (), ()
    return tuple(sorted(before - after)), tuple(sorted(after - before))


def _retention(changes: Sequence[Change]) -> Iterator[Weakness]:
    """Images that stood under one rule are lost sooner, or in greater number."""
    policies = [each for each in changes if each.type == LIFECYCLE_POLICY]
    for names, group in by_repository(policies, _sooner):
        lines = _sooner(group[0])
        if lines:
            text = (
                f"Images of {listed(sorted(names), limit=10)} in {regions(group)} are lost sooner: {'; '.join(lines)}."
            )
            statement = Statement(topic=Topic.WEAKER, text=text, urns=_urns(group))
            fix = "make sure that nobody needs what goes: it is lost within a day"
            yield Weakness(statement=statement, told_elsewhere=True, fix=fix)


def _sooner(change: Change) -> tuple[str, ...]:
    old, new = (each.inputs.get("policy") if each else None for each in (change.old, change.new))
    return sooner_lost(old, new) if isinstance(old, str) and isinstance(new, str) else ()


def _comes_or_goes(change: Change) -> bool:
    return change.op in (Op.CREATE, Op.ADOPT) or destroys_repository(change)


def _home(change: Change) -> tuple[str, str | None, str]:
    return (change.account, change.region, repository_of(change))


def _place(change: Change) -> tuple[str, str | None]:
    return (change.account, change.region)


def _weaker(text: str, changes: Sequence[Change]) -> Weakness:
    return Weakness(statement=Statement(topic=Topic.WEAKER, text=text, urns=_urns(changes)))


def _urns(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.urn for change in changes)
