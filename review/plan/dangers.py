"""What of a plan must not be merged as it is, and what only has to be known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.wording import listed
from render.resource import Render
from resources.ecr import REPOSITORY, SCANNING_CONFIGURATION
from resources.kms import KEY
from review.plan.losses import because, deletion_window, encrypted_with, fate
from review.plan.model import IMPORT, Change, Fate, Op, Plan
from review.plan.weaknesses import Weakness, destruction_allowed, weaknesses
from review.plan.words import account_of, retire_until

IDS = {
    "plan-destroys": "A repository is destroyed without the two steps that a destruction takes",
    "plan-replaces": "A repository or a key is replaced: what it holds is gone",
    "plan-removed-blocked": "A removed repository can't be deleted in this stack, and blocks every deployment after",
    "plan-adopts-managed": "A repository is adopted that the stack has already",
    "plan-renames": "A resource has another name, and no alias says so",
    "plan-deletes-protected": "Something protected is deleted: the engine refuses, and the deployment fails",
    "plan-key-deleted": "A key is deleted: what it encrypts can't be read",
    "plan-retires": "A repository is retired: a deletion takes its images along from then on",
    "plan-retire-expired": "The day until which a repository could be destroyed is past",
    "plan-replica-dropped": "A region leaves without having been retired",
    "plan-account-moves": "The stack's account or home region changes",
    "plan-weakens": "What guards images does so less than before",
}

_DESTROYING = frozenset({Op.DELETE, Op.REPLACE, Op.UPDATE_OR_REPLACE})
_RETIRE = "`retire: {until: …, reason: …}`"
_TAKE_BACK = "take the change back, or make a new one beside it and move over"
_UNPROTECT = "keep it; to let it go, retire it first: that takes the protection off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """One danger; what is not mandatory is told and passes."""

    id: str
    mandatory: bool
    urn: str
    """Empty where it concerns the stack as a whole."""
    message: str
    fix: str


def dangers(plan: Plan, base: Render | None, head: Render, today: date) -> list[Danger]:
    """Everything dangerous about a plan; `today` decides whether a retirement is still good."""
    if base is None:
        return []
    left = [resource for resource in head.resources if resource.type == REPOSITORY]
    names = frozenset(str(resource.inputs.get("name")) for resource in left)
    found = _Search(
        plan, base, head, today, names, frozenset((account_of(each, head.account), each.region) for each in left)
    )
    all_found = [*found.stack(), *found.weaker(), *(danger for change in plan.changes for danger in found.of(change))]
    return sorted(all_found, key=lambda danger: (not danger.mandatory, danger.id, danger.urn))


@dataclass(frozen=True, slots=True)
class _Search:
    plan: Plan
    base: Render
    head: Render
    today: date
    names: frozenset[str]
    """The repositories that stay, wherever."""
    places: frozenset[tuple[str, str | None]]
    """The accounts and regions where any stays."""

    def stack(self) -> Iterator[Danger]:
        moves = [(name, getattr(self.base, name), getattr(self.head, name)) for name in ("account", "home")]
        for name, old, new in moves:
            if old and new and old != new:
                what = "account" if name == "account" else "home region"
                message = f"the {what} moves from {old} to {new}, and the state describes what stands in {old}"
                fix = "give the new place a stack of its own, and retire this one"
                yield Danger(id="plan-account-moves", mandatory=True, urn="", message=message, fix=fix)
        for change in self.plan.changes:
            if change.type == SCANNING_CONFIGURATION and change.op is Op.DELETE:
                yield from self._region(change)

    def weaker(self) -> Iterator[Danger]:
        """Nothing of it is lost yet, and somebody may want it: it is told and passes."""
        found = [each for each in weaknesses(self.plan.changes, self.base.resources) if each.is_danger]
        if self.head.allow_destruction and not self.base.allow_destruction:
            found.insert(0, destruction_allowed(self.head.stack))
        yield from map(_weakness, found)

    def of(self, change: Change) -> Iterator[Danger]:
        if change.old_urn and change.op is Op.RENAME:
            old = change.old_urn.rpartition("::")[2]
            message = f"{_what(change)} was {old}: the engine would make it anew and delete the old one"
            yield _danger("plan-renames", change, message, "give it an alias to its old name, or keep the name")
        if change.refused and change.op is Op.DELETE:
            message = f"{_what(change)} is protected: the engine refuses to delete it, and the deployment fails"
            yield _danger("plan-deletes-protected", change, message, _UNPROTECT)
        if IMPORT in change.forced_by:
            message = (
                f"{_what(change)} is the stack's already: it would be imported, and then deleted as the one replaced"
            )
            yield _danger("plan-adopts-managed", change, message, "remove `adopt` from its entry")
        if change.type in (REPOSITORY, KEY) and change.op in (Op.REPLACE, Op.UPDATE_OR_REPLACE):
            yield self._replaced(change)
        if change.type == REPOSITORY and change.op in _DESTROYING and not change.retained:
            yield from self._destroyed(change)
        if change.type == KEY and change.op is Op.DELETE and not change.retained:
            yield self._key(change)
        day = retire_until(change.new)
        if change.type == REPOSITORY and change.op is Op.UPDATE and day and day != retire_until(change.old):
            message = f"{_what(change)} may be destroyed until {day}: a deletion takes its images along from now on"
            yield _danger("plan-retires", change, message, "nothing to do, if that is meant", mandatory=False)

    def _replaced(self, change: Change) -> Danger:
        may = "may be" if change.op is Op.UPDATE_OR_REPLACE else "is"
        lost = "what it encrypts can't be read" if change.type == KEY else "its images don't come along"
        refused = "; it is protected, so the engine refuses" if change.refused else ""
        message = f"{_what(change)} {may} replaced{because(change)}: {lost}{refused}"
        return _danger("plan-replaces", change, message, _TAKE_BACK)

    def _destroyed(self, change: Change) -> Iterator[Danger]:
        name = str(change.old.inputs.get("name")) if change.old else change.name
        removed = self.head.removed.get(name)
        if change.op is Op.DELETE and removed and not self.head.allow_destruction:
            message = (
                f"{_what(change)} is removed from a stack without allow_destruction: "
                "what holds images is not deleted there, and every deployment after it fails, too"
            )
            fix = f"retire it first with container-registry:allow_destruction: true in Pulumi.{self.head.stack}.yaml"
            yield _danger("plan-removed-blocked", change, message, fix)
        missing = self._missing_steps(change, name)
        if "retire" in missing and self._leaves_with_region(change, name):
            return  # plan-replica-dropped tells it once for the whole region
        expired = self._expired(change, removed)
        if missing:
            message = f"{_what(change)} is destroyed, {_ending(change)}, and {' and '.join(missing.values())}"
            yield _danger("plan-destroys", change, message, self._fix(change, name, missing))
        if expired:
            message = f"{_what(change)} could be destroyed until {expired}, and that day is past"
            yield _danger(
                "plan-retire-expired", change, message, "extend `until` in a change of its own, and deploy that first"
            )
        if not missing and not expired:
            message = f"{_what(change)} is destroyed as announced, {_ending(change)}"
            reason = f": {removed['reason']}" if removed else ""
            yield _danger("plan-destroys", change, f"{message}{reason}", "nothing to do", mandatory=False)

    def _missing_steps(self, change: Change, name: str) -> dict[str, str]:
        """Which of the two steps is not done; a copy in a region that leaves needs only to have been retired."""
        missing = {}
        if retire_until(change.old) is None:
            missing["retire"] = "it was never retired"
        elif not (change.old and change.old.inputs.get("forceDelete")):
            missing["force"] = "it was retired without allow_destruction, so that AWS refuses to delete images"
        if change.op is not Op.DELETE:
            missing["removed"] = "its entry still stands"
        elif name not in self.head.removed and not self._leaves_with_region(change, name):
            missing["removed"] = "`removed` does not name it"
        return missing

    def _fix(self, change: Change, name: str, missing: Mapping[str, str]) -> str:
        if change.op is not Op.DELETE:
            return _TAKE_BACK
        if self._leaves_with_region(change, name):
            return f"first deploy {_RETIRE} on the replica {change.region}, in a stack with allow_destruction"
        if set(missing) == {"removed"}:
            return f"write removed: {{{name}: {{until: …, reason: …}}}}"
        return f"first deploy {_RETIRE} on {name}, in a stack with allow_destruction; then move it to `removed`"

    def _leaves_with_region(self, change: Change, name: str) -> bool:
        """Whether the repository stays in other regions, and nothing stays in this one."""
        return name in self.names and (change.account, change.region) not in self.places

    def _expired(self, change: Change, removed: Mapping[str, str] | None) -> str | None:
        days = [retire_until(change.old), removed.get("until") if removed else None]
        past = [day for day in days if day and _day(day) < self.today]
        return min(past, default=None)

    def _region(self, scanning: Change) -> Iterator[Danger]:
        """A region's repositories must all have been retired before it goes."""
        here = [
            each
            for each in self.base.resources
            if each.type == REPOSITORY
            and (account_of(each, self.base.account), each.region) == (scanning.account, scanning.region)
        ]
        unretired = sorted(str(r.inputs.get("name")) for r in here if retire_until(r) is None)
        if unretired:
            message = (
                f"{scanning.region} leaves with {len(here)} repositories, and was not retired: {listed(unretired)}"
            )
            fix = f"first deploy {_RETIRE} on the replica {scanning.region}, then remove its line"
            yield _danger("plan-replica-dropped", scanning, message, fix)

    def _key(self, change: Change) -> Danger:
        users = [each for each in self.base.resources if change.old and encrypted_with(each, change.old)]
        destroyed = {c.old.urn for c in self.plan.changes if c.old and c.op is Op.DELETE and self._as_announced(c)}
        left = sorted(str(each.inputs.get("name")) for each in users if each.urn not in destroyed)
        window = deletion_window(change.old)
        if left:
            message = f"{_what(change)} is deleted, and with it what it encrypts: {listed(left)}"
            fix = f"keep the key; a deletion can be cancelled for {window} days"
            return _danger("plan-key-deleted", change, message, fix)
        message = f"{_what(change)} is deleted; it encrypts nothing that stays, and can be had back for {window} days"
        return _danger("plan-key-deleted", change, message, "nothing to do", mandatory=False)

    def _as_announced(self, change: Change) -> bool:
        name = str(change.old.inputs.get("name")) if change.old else ""
        removed = self.head.removed.get(name)
        return not self._missing_steps(change, name) and not self._expired(change, removed)


def _weakness(weakness: Weakness) -> Danger:
    told = weakness.statement
    urn = told.urns[0] if told.urns else ""
    return Danger(id="plan-weakens", mandatory=False, urn=urn, message=told.text.removesuffix("."), fix=weakness.fix)


def _danger(id: str, change: Change, message: str, fix: str, *, mandatory: bool = True) -> Danger:
    return Danger(id=id, mandatory=mandatory, urn=change.urn, message=message, fix=fix)


def _what(change: Change) -> str:
    if change.type == REPOSITORY and change.old:
        return f"repository {change.old.inputs.get('name', change.name)} in {change.region}"
    return f"{'key' if change.type == KEY else change.short_type} {change.name}"


def _ending(change: Change) -> str:
    return {
        Fate.LOST: "with all its images, for good",
        Fate.KEPT_BY_AWS: "which AWS refuses if it holds images",
        Fate.KEPT_BY_ENGINE: "which the engine refuses",
    }[fate(change)]


def _day(text: str) -> date:
    """A day that can't be read is long past: nothing is destroyed on the word of it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
