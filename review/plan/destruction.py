"""Repositories and keys that a change deletes or replaces, and retirements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from domain.aws import RegistryId
from domain.document_text import to_json_text
from domain.wording import listed
from policies.pack.rule import Level
from render.resource import Render, Resource, account_of
from resources.ecr import REPOSITORY, SCANNING_CONFIGURATION
from resources.kms import KEY
from review.plan.model import DESTROYING, IMPORT, NOTHING_TO_DO, Change, Compared, Consequence, Fate, Op, Topic
from review.plan.phrases import by_repository, regions, retire_until, subject_phrase, urns_of

_DEFAULT_WINDOW = 30
RETIRE = "`retire: {until: …, reason: …}`"
_TAKE_BACK = "revert the change, or create a new one beside it and migrate"
_UNPROTECT = "keep it; to delete it, retire it first, which removes the protection"


def destroys_repository(change: Change) -> bool:
    return change.type == REPOSITORY and change.op in DESTROYING and not change.retained


def fate(change: Change) -> Fate:
    """By the base's inputs, which is what the provider deletes by."""
    if change.refused:
        return Fate.KEPT_BY_ENGINE
    forced = bool(change.old and change.old.inputs.get("forceDelete"))
    return Fate.LOST if forced else Fate.KEPT_BY_AWS


def dropped_registries(compared: Compared) -> frozenset[RegistryId]:
    """The registries that are removed with a repository that was not retired."""
    if compared.head is None:
        return frozenset()
    deleted = [each for each in compared.changes if each.op is Op.DELETE]
    removed = {each.registry for each in deleted if each.type == SCANNING_CONFIGURATION}
    unretired = (each for each in deleted if destroys_repository(each) and retire_until(each.old) is None)
    return frozenset(each.registry for each in unretired) & removed


def destructions(compared: Compared) -> Iterator[Consequence]:
    """Deleted repositories and keys, and other protected resources."""
    changes, steps = compared.changes, _Steps(compared)
    dropped = dropped_registries(compared)  # one consequence for all that is in each
    destroyed = [
        each
        for each in changes
        if destroys_repository(each)
        and each.op is not Op.RENAME
        and not (each.registry in dropped and steps.leaves_with_registry(each))
    ]
    for names, group in by_repository(
        destroyed, lambda each: (each.op, fate(each), each.forced_by, steps.verdict(each))
    ):
        yield _repositories(names, group, changes, steps.verdict(group[0]))
    for change in changes:
        if change.type == KEY and change.registry in dropped:
            continue
        if change.type == KEY and change.op in DESTROYING and not change.retained:
            yield _key(change, compared.olds, steps)
        elif change.type != REPOSITORY and change.refused:
            text = f"{change.short_type} {change.name} is protected, but deleted: the engine refuses, and all fails."
            yield Consequence(
                topic=Topic.BLOCKED, text=text, urns=(change.urn,), id="plan-deletes-protected",
                level=Level.MANDATORY, fix=_UNPROTECT,
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """How the gate judges the deletion of a repository."""

    id: str | None = None
    level: Level = Level.MANDATORY
    why: str = ""
    """The end of the text."""
    fix: str = ""
    """With `{names}` in place of the repositories."""


@dataclass(frozen=True)
class _Steps:
    """Which of the two steps of a deletion are done."""

    compared: Compared

    @property
    def head(self) -> Render | None:
        return self.compared.head

    @cached_property
    def staying(self) -> dict[tuple[str, str | None], set[str]]:
        """The repositories of the head, by account and region."""
        found: dict[tuple[str, str | None], set[str]] = {}
        for each in self.head.resources if self.head else ():
            if each.type == REPOSITORY:
                place = account_of(each, self.compared.account), each.region
                found.setdefault(place, set()).add(str(each.inputs.get("name")))
        return found

    def verdict(self, change: Change) -> _Verdict:
        if self.head is None:
            return _Verdict()
        if change.op is Op.DELETE:
            return self._of_deletion(change, self.head)
        if IMPORT in change.forced_by:
            return _Verdict(id="plan-adopts-managed", fix="remove `adopt` from its entry")
        return _Verdict(id="plan-replaces", fix=_TAKE_BACK)

    def _of_deletion(self, change: Change, head: Render) -> _Verdict:
        removed = head.removed.get(old_name(change))
        if removed and not head.allow_destruction:
            fix = f"retire it first with container-registry:allow_destruction: true in Pulumi.{head.stack}.yaml"
            why = " The stack has no allow_destruction: every deployment after this one fails as well."
            return _Verdict(id="plan-removed-blocked", why=why, fix=fix)
        if missing := self._missing(change):
            why = f" Not announced: {' and '.join(missing.values())}."
            return _Verdict(id="plan-destroys", why=why, fix=self._fix(change, frozenset(missing)))
        if expired := self._expired(change):
            fix = "extend `until` in a change of its own, and deploy that first"
            return _Verdict(id="plan-retire-expired", why=f" The announcement ended on {expired}.", fix=fix)
        why = f" As announced: {removed['reason']}." if removed else " As announced."
        return _Verdict(id="plan-destroys", level=Level.ADVISORY, why=why, fix="none")

    @property
    def announced(self) -> frozenset[str]:
        """The repositories whose deletion was announced."""
        found = (each for each in self.compared.changes if destroys_repository(each) and each.op is Op.DELETE)
        return frozenset(each.old.urn for each in found if each.old and self.verdict(each).level is Level.ADVISORY)

    def _missing(self, change: Change) -> dict[str, str]:
        """The steps that are not done; a replica in a registry that is removed needs only to have been retired."""
        missing = {}
        if retire_until(change.old) is None:
            missing["retire"] = "it was not retired"
        elif not (change.old and change.old.inputs.get("forceDelete")):
            missing["force"] = "it was retired without allow_destruction"
        if self.head and old_name(change) not in self.head.removed and not self.leaves_with_registry(change):
            missing["removed"] = "`removed` does not name it"
        return missing

    def _fix(self, change: Change, missing: frozenset[str]) -> str:
        if self.leaves_with_registry(change):
            return f"first deploy {RETIRE} on the replica {change.region}, in a stack with allow_destruction"
        if missing == {"removed"}:
            return "write removed: {{names}: {until: …, reason: …}}"
        return f"first deploy {RETIRE} on {{names}}, in a stack with allow_destruction; then move it to `removed`"

    def leaves_with_registry(self, change: Change) -> bool:
        """Whether the whole registry is removed and the repository stays elsewhere."""
        stays = any(old_name(change) in names for names in self.staying.values())
        return stays and (change.account, change.region) not in self.staying

    def _expired(self, change: Change) -> str | None:
        removed = self.head.removed.get(old_name(change)) if self.head else None
        days = [retire_until(change.old), removed.get("until") if removed else None]
        today = self.compared.today
        return min((day for day in days if day and today and _day(day) < today), default=None)


def _repositories(names: list[str], group: list[Change], changes: Sequence[Change], verdict: _Verdict) -> Consequence:
    what, where = fate(group[0]), regions(group)
    who, lines = subject_phrase(names, *_verbs(group[0]))
    head = f"{who} in {where}{_because(group[0])}"
    topic = Topic.LOSS if what is Fate.LOST else Topic.BLOCKED
    text = f"{head}{fate_phrase(what, len(names))}"
    if what is not Fate.LOST:
        text = f"{text}{_goes_first(group, changes)}"
    if group[0].op is Op.DELETE:
        text = f"{text}{_lookalikes(group, changes)}"
    fix = verdict.fix.replace("{names}", listed(sorted(names)))
    return Consequence(
        topic=topic, text=f"{text}{verdict.why}", urns=urns_of(group), lines=lines,
        id=verdict.id, level=verdict.level, fix=fix,
    )  # fmt: skip


def fate_phrase(what: Fate, count: int) -> str:
    """What happens to the images of so many repositories, as the end of a sentence."""
    if what is Fate.LOST:
        return ": all images are lost and can't be restored."
    if what is Fate.KEPT_BY_ENGINE:
        subject = "It is" if count == 1 else "They are"
        return f". {subject} protected: the engine refuses, the deployment fails, and the images stay."
    return (
        ". Without forceDelete in the state AWS refuses while there are images, and the deployment fails; "
        "an empty repository is deleted."
    )


def _lookalikes(group: Sequence[Change], changes: Sequence[Change]) -> str:
    """Of repositories that are created and differ from a deleted one only in the name: perhaps meant as a rename."""
    alike = {(change.account, _but_name(change.old)): change.repository for change in group}
    come = [change for change in changes if change.type == REPOSITORY and change.op is Op.CREATE]
    pairs = {(each.repository, alike.get((each.account, _but_name(each.new)))) for each in come}
    return "".join(
        f" {new} looks like {old} renamed, but ECR can't rename a repository: the new one starts empty."
        for new, old in sorted((new, old) for new, old in pairs if old is not None)
    )


def _but_name(resource: Resource | None) -> str:
    inputs = resource.inputs if resource else {}
    return to_json_text({key: value for key, value in inputs.items() if key not in ("name", "forceDelete")})


def _verbs(change: Change) -> tuple[str, str]:
    if change.op is Op.DELETE:
        return "is deleted", "are deleted"
    if change.op is Op.REPLACE:
        return "is replaced (deleted, then created)", "are replaced (deleted, then created)"
    return "may be replaced", "may be replaced"


def _because(change: Change) -> str:
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
        change.noun
        for change in changes
        if change.op is Op.DELETE and change.old and deleted & set(change.old.dependencies)
    }
    if not policies:
        return ""
    return f" Not protected, and perhaps deleted by then: {listed(sorted(policies))}."


def _key(change: Change, olds: Sequence[Resource], steps: _Steps) -> Consequence:
    old, users = change.old, [each for each in olds if change.old and encrypted_with(each, change.old)]
    verb = {Op.UPDATE_OR_REPLACE: "may be replaced", Op.REPLACE: "is replaced"}.get(change.op, "is deleted")
    head = f"The key {change.name} in {change.region} (account {change.account}) {verb}"
    encrypted = sorted(str(each.inputs.get("name")) for each in users)
    held = f"what it encrypts ({listed(encrypted)})" if encrypted else "what it encrypts"
    window = deletion_window(old)
    if change.refused:
        text = f"{head} but is protected: the engine refuses, and the deployment fails."
    else:
        text = f"{head}: {held} can't be read from then on. The deletion can be cancelled for {window} days."
    judged, level, fix = "plan-replaces", Level.MANDATORY, _TAKE_BACK
    if change.op is Op.DELETE and change.refused:
        judged, fix = "plan-deletes-protected", _UNPROTECT
    elif change.op is Op.DELETE:
        judged, fix = "plan-key-deleted", f"keep the key; a deletion can be cancelled for {window} days"
        if retire_until(old) is None:
            text, fix = f"{text} Not announced: it was not retired.", f"first deploy {RETIRE} on {_retired_by(change)}"
        elif all(each.urn in steps.announced for each in users):
            level, fix = Level.ADVISORY, NOTHING_TO_DO
    topic = Topic.BLOCKED if change.refused else Topic.KEY
    return Consequence(topic=topic, text=text, urns=(change.urn,), id=judged, level=level, fix=fix)


def _retired_by(change: Change) -> str:
    """What a key is retired with."""
    monitoring = change.name.partition("@")[0] in ("monitoring", "undelivered")
    return f"`monitoring`, or on the replica {change.region}" if monitoring else f"the replica {change.region}"


def encrypted_with(resource: Resource, key: Resource) -> bool:
    """Whether a repository's images are encrypted with that key."""
    if resource.type != REPOSITORY:
        return False
    match resource.inputs.get("encryptionConfigurations"):
        case [{"kmsKey": str(named)}]:
            return named in (key.outputs.get("arn"), key.outputs.get("keyId"))
    return False


def deletion_window(key: Resource | None) -> int:
    """For how many days the deletion of a key can be cancelled."""
    return int(key.inputs.get("deletionWindowInDays", _DEFAULT_WINDOW)) if key else _DEFAULT_WINDOW


def retirements(changes: Sequence[Change]) -> Iterator[Consequence]:
    """The first of the two steps of a deletion: from then on it includes the images."""
    retiring = [
        change
        for change in changes
        if change.type == REPOSITORY and change.op is Op.UPDATE and retire_until(change.old) != retire_until(change.new)
    ]
    for names, group in by_repository(retiring, lambda change: (retire_until(change.new), _is_forced(change))):
        who, lines = subject_phrase(names, "is", "are")
        after = retire_until(group[0].new)
        if after is None:
            text = f"{who} no longer retired in {regions(group)}."
        elif _is_forced(group[0]):
            text = f"{who} retired until {after} in {regions(group)}: a deletion includes all images from now on."
        else:
            text = (
                f"{who} retired until {after} in {regions(group)}, but without forceDelete: the engine no longer "
                "refuses a deletion, AWS does while there are images."
            )
        judged = "plan-retires" if after else None
        yield Consequence(topic=Topic.RETIREMENT, text=text, urns=urns_of(group), lines=lines, id=judged)


def _is_forced(change: Change) -> bool:
    return bool(change.new and change.new.inputs.get("forceDelete"))


def old_name(change: Change) -> str:
    return str(change.old.inputs.get("name", change.name)) if change.old else change.repository


def _day(text: str) -> date:
    """A day that can't be read counts as past: nothing is deleted by it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
