"""What a change destroys, or would like to: images first, then the keys that they are encrypted with."""

from collections.abc import Iterable, Iterator, Sequence

from domain.wording import listed
from render.resource import Resource
from resources.ecr import REPOSITORY
from resources.kms import KEY
from review.plan.model import DESTROYING, IMPORT, Change, Fate, Loss, Op, Statement, Topic
from review.plan.words import by_repository, noun, regions, repository_of, subject

_DEFAULT_WINDOW = 30


def losses(changes: Iterable[Change]) -> tuple[Loss, ...]:
    """Every repository that the change destroys, or tries to."""
    return tuple(
        Loss(
            urn=change.urn,
            repository=_old_name(change),
            region=str(change.region if change.old is None else change.old.region),
            account=change.account,
            op=change.op,
            fate=fate(change),
        )
        for change in changes
        if destroys_repository(change)
    )


def destroys_repository(change: Change) -> bool:
    return change.type == REPOSITORY and change.op in DESTROYING and not change.retained


def fate(change: Change) -> Fate:
    """By the base's state: the provider deletes by what that says."""
    if change.refused:
        return Fate.KEPT_BY_ENGINE
    forced = bool(change.old and change.old.inputs.get("forceDelete"))
    return Fate.LOST if forced else Fate.KEPT_BY_AWS


def loss_statements(changes: Sequence[Change], olds: Sequence[Resource]) -> Iterator[Statement]:
    """What is lost, and what fails instead."""
    destroyed = [change for change in changes if destroys_repository(change) and change.op is not Op.RENAME]
    for names, group in by_repository(destroyed, lambda change: (change.op, fate(change), change.forced_by)):
        yield _loss(names, group, changes)
    for change in changes:
        if change.type == KEY and change.op in DESTROYING and not change.retained and not change.refused:
            yield _key(change, olds)
        if change.type != REPOSITORY and change.refused:
            text = f"{change.short_type} {change.name} is deleted, but protected: the engine refuses, and all fails."
            yield Statement(topic=Topic.BLOCKED, text=text, urns=(change.urn,))


def _loss(names: list[str], group: list[Change], changes: Sequence[Change]) -> Statement:
    what, where = fate(group[0]), regions(group)
    who, lines = subject(names, *_verbs(group[0]))
    head = f"{who} in {where}{because(group[0])}"
    first = _goes_first(group, changes)
    if what is Fate.LOST:
        topic, text = Topic.LOSS, f"{head}: all images are lost, and nothing brings them back."
    elif what is Fate.KEPT_BY_ENGINE:
        topic = Topic.BLOCKED
        text = f"{head}. That is protected: the engine refuses, and the deployment fails.{first}"
    else:
        topic = Topic.BLOCKED
        text = (
            f"{head}. Without forceDelete in the state AWS refuses while there are images, and the deployment fails; "
            f"what is empty goes.{first}"
        )
    return Statement(topic=topic, text=text, urns=tuple(change.urn for change in group), lines=lines)


def _verbs(change: Change) -> tuple[str, str]:
    if change.op is Op.DELETE:
        return "is deleted", "are deleted"
    if change.op is Op.REPLACE:
        return "is deleted and made anew", "are deleted and made anew"
    return "may be deleted and made anew", "may be deleted and made anew"


def because(change: Change) -> str:
    """Why it is replaced, as the end of a sentence."""
    if IMPORT in change.forced_by:
        return ", because it is imported though the stack has it already"
    if not change.forced_by:
        return ""
    return f", because {listed(change.forced_by)} {'changes' if len(change.forced_by) == 1 else 'change'}"


def _goes_first(group: list[Change], changes: Sequence[Change]) -> str:
    """What the engine deletes before it comes to what it refuses: a repository's policies depend on it."""
    deleted = {change.old.urn for change in group if change.old}
    policies = {
        noun(change)
        for change in changes
        if change.op is Op.DELETE and change.old and deleted & set(change.old.dependencies)
    }
    if not policies:
        return ""
    return f" What is not protected may be gone by then: {listed(sorted(policies))}."


def _key(change: Change, olds: Sequence[Resource]) -> Statement:
    old = change.old
    encrypted = sorted(str(each.inputs.get("name")) for each in olds if old and encrypted_with(each, old))
    verb = {Op.UPDATE_OR_REPLACE: "may be replaced", Op.REPLACE: "is replaced"}.get(change.op, "is deleted")
    held = f"what it encrypts ({listed(encrypted)})" if encrypted else "what it encrypts"
    text = (
        f"The key {change.name} in {change.region} (account {change.account}) {verb}: {held} can't be read from then "
        f"on, nor ever once its window of {deletion_window(old)} days ends; until then the deletion can be cancelled."
    )
    return Statement(topic=Topic.KEY, text=text, urns=(change.urn,))


def encrypted_with(resource: Resource, key: Resource) -> bool:
    """Whether a repository's images are encrypted with that key."""
    if resource.type != REPOSITORY:
        return False
    match resource.inputs.get("encryptionConfigurations"):
        case [{"kmsKey": str(named)}]:
            return named in (key.outputs.get("arn"), key.outputs.get("keyId"))
    return False


def deletion_window(key: Resource | None) -> int:
    """How many days a deleted key can be had back."""
    return int(key.inputs.get("deletionWindowInDays", _DEFAULT_WINDOW)) if key else _DEFAULT_WINDOW


def _old_name(change: Change) -> str:
    return str(change.old.inputs.get("name", change.name)) if change.old else repository_of(change)
