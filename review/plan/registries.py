"""Registries that are added and removed, and what starts or stops to replicate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.aws import RegistryId
from domain.ecr.replication import destinations_of
from domain.wording import listed
from policies.pack.rule import Level
from render.resource import Render, Resource, account_of
from resources.ecr import REPLICATION_CONFIGURATION, REPOSITORY, SCANNING_CONFIGURATION
from resources.kms import KEY
from review.plan.destruction import RETIRE, destroys_repository, dropped_registries, fate, fate_phrase
from review.plan.groups import shown
from review.plan.input_diff import REPLICATION_INPUT, replication_rules_in
from review.plan.model import Change, Compared, Consequence, Fate, Op, Topic
from review.plan.phrases import retire_until

_STALE = "keep the replication, or make sure that the copies are not used: they lack what is pushed from then on"
_MOVE_FIX = "give the new account or region a stack of its own, and retire this one"
_LIMIT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """Existing repositories whose replication to a registry starts or ends."""

    configuration: Change
    destination: RegistryId
    names: tuple[str, ...]

    @property
    def place(self) -> str:
        return _place(self.destination)

    @property
    def backfill(self) -> str:
        """The command that copies what replication does not."""
        stack, here = self.configuration.urn.split(":", 3)[2], self.destination
        account = f" --account {here.account}" if here.account != self.configuration.account else ""
        return f"`python -m ops backfill --stack {stack} --region {here.region}{account}`"

    def consequence(self, text: str, **more: Any) -> Consequence:
        return Consequence(topic=Topic.PLACE, text=text, urns=(self.configuration.urn,), **more)


def registry_consequences(compared: Compared) -> Iterator[Consequence]:
    """For an existing stack: registries that are added and removed, and replication to each."""
    yield from _moves(compared.base, compared.head)
    if compared.is_new:
        return
    changes, olds = compared.changes, compared.olds
    begun = {flow.destination: flow for flow in _flows(changes, olds, begun=True)}
    scanning = (each for each in changes if each.type == SCANNING_CONFIGURATION)
    turned = {each.registry: each for each in scanning if each.op in (Op.CREATE, Op.DELETE)}
    for here, change in turned.items():
        along = [each for each in changes if each.op is change.op and each.registry == here]
        yield _comes(here, change, along, begun.get(here)) if change.op is Op.CREATE else _goes(change, along, compared)
    for flow in begun.values():
        if flow.destination not in turned:
            yield from _begins(flow, changes)
    for flow, stale in _ended(changes, olds):
        if gone := [name for name in flow.names if name not in stale and flow.destination not in turned]:
            yield flow.consequence(f"{_names(gone)}: pushes no longer replicate to {flow.place}.")
        if stale:
            text = f"{_names(stale)}: pushes no longer replicate to {flow.place}"
            yield flow.consequence(f"{text}; the copies there stay and become stale.", id="plan-weakens", fix=_STALE)


def _moves(base: Render | None, head: Render | None) -> Iterator[Consequence]:
    """Changes of the stack as a whole."""
    if base is None or head is None:
        return
    if base.account and head.account and base.account != head.account:
        yield _move(
            f"The stack moves from account {base.account} to {head.account}: its state describes resources in the "
            "old one, and the engine would look for them in the new one."
        )
    if base.home and head.home and base.home != head.home:
        # https://github.com/pulumi/pulumi-aws/pull/4000
        yield _move(
            f"The home region moves from {base.home} to {head.home}: the provider itself is replaced, and with it "
            "everything that it made may be."
        )
    if base.provider is not None and head.provider is not None:
        keys = sorted({*base.provider, *head.provider})
        turned = [(key, base.provider.get(key), head.provider.get(key)) for key in keys]
        lines = tuple(f"~ {key}: {shown(old)} → {shown(new)}" for key, old, new in turned if old != new)
        if lines:
            text = "The provider is configured otherwise, which may change where, or as whom, it acts."
            yield Consequence(topic=Topic.PLACE, text=text, urns=(), lines=lines)


def _move(text: str) -> Consequence:
    return Consequence(
        topic=Topic.PLACE, text=text, urns=(), id="plan-account-moves", level=Level.MANDATORY, fix=_MOVE_FIX
    )  # fmt: skip


def _repositories_of(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(sorted(each.repository for each in changes if each.type == REPOSITORY))


def _comes(here: RegistryId, change: Change, along: Sequence[Change], flow: _Flow | None) -> Consequence:
    names = _repositories_of(along)
    who = "1 repository starts" if len(names) == 1 else f"{len(names)} repositories start"
    text = f"{_place(here)} is new: {who} there without images"
    if flow is None:
        text = f"{text}; existing images are not copied."
    else:
        text = f"{text}. New pushes replicate there; {flow.backfill} copies existing images."
    return Consequence(topic=Topic.PLACE, text=text, urns=(change.urn,), lines=names)


def _goes(change: Change, along: Sequence[Change], compared: Compared) -> Consequence:
    """All its repositories must have been retired before."""
    here, count = change.registry, len(_repositories_of(along))
    keys = " and its key" if any(each.type == KEY for each in along) else ""
    head = f"{_place(here)} is removed with {count} {'repository' if count == 1 else 'repositories'}{keys}"
    if here not in dropped_registries(compared):
        return Consequence(topic=Topic.PLACE, text=f"{head}.", urns=(change.urn,))
    destroyed = [each for each in along if destroys_repository(each)]
    unretired = tuple(sorted(each.repository for each in destroyed if retire_until(each.old) is None))
    fates = {fate(each) for each in destroyed}
    worst = min(fates, key=list(Fate).index)
    loss = Consequence(
        topic=Topic.LOSS if worst is Fate.LOST else Topic.BLOCKED, text="", urns=(change.urn,), lines=unretired
    )
    base, end = compared.base, fate_phrase(worst, count)
    if base and here == RegistryId(account=base.account, region=base.home):
        return replace(loss, text=f"{head} with the move of the stack{end}", fix=_MOVE_FIX)
    return replace(
        loss, text=f"{head}, without having been retired{end}", id="plan-replica-dropped", level=Level.MANDATORY,
        fix=f"first deploy {RETIRE} on the replica {change.region}, then remove its line",
    )  # fmt: skip


def _begins(flow: _Flow, changes: Sequence[Change]) -> Iterator[Consequence]:
    """In an existing registry: repositories that are created there, and those that had no replication."""
    made = {
        each.repository
        for each in changes
        if each.type == REPOSITORY and each.op is Op.CREATE and each.registry == flow.destination
    }
    if empty := [name for name in flow.names if name in made]:
        verb = "starts" if len(empty) == 1 else "start"
        yield flow.consequence(
            f"{_names(empty)} {verb} in {flow.place} without images. New pushes replicate there; {flow.backfill} "
            "copies existing images."
        )
    if existing := [name for name in flow.names if name not in made]:
        yield flow.consequence(
            f"{_names(existing)}: new pushes replicate to {flow.place}; {flow.backfill} copies existing images."
        )


def _ended(changes: Sequence[Change], olds: Sequence[Resource]) -> Iterator[tuple[_Flow, list[str]]]:
    """Replication that ends, with the repositories whose copies stay, but for those that are retired."""
    going = {(each.registry, each.repository) for each in changes if _is_going(each)}
    for flow in _flows(changes, olds, begun=False):
        copies = _repositories(olds, flow.destination, flow.configuration.account)
        yield flow, [name for name in flow.names if name in copies and (flow.destination, name) not in going]


def _is_going(change: Change) -> bool:
    return change.type == REPOSITORY and (destroys_repository(change) or retire_until(change.new) is not None)


def _flows(changes: Sequence[Change], olds: Sequence[Resource], *, begun: bool) -> Iterator[_Flow]:
    for change in changes:
        if change.type != REPLICATION_CONFIGURATION:
            continue
        sides = (change.old, change.new) if begun else (change.new, change.old)
        before, after = (replication_rules_in(each.inputs.get(REPLICATION_INPUT)) if each else [] for each in sides)
        names: dict[RegistryId, list[str]] = {}
        for name in sorted(_repositories(olds, change.registry, change.account)):
            for each in destinations_of(name, after):
                if each not in destinations_of(name, before):
                    names.setdefault(each, []).append(name)
        for destination, some in sorted(names.items()):
            yield _Flow(configuration=change, destination=destination, names=tuple(some))


def _repositories(olds: Sequence[Resource], here: RegistryId, home: str) -> set[str]:
    return {str(each.inputs.get("name")) for each in olds if each.type == REPOSITORY and _is_in(each, here, home)}


def _is_in(resource: Resource, here: RegistryId, home: str) -> bool:
    return (account_of(resource, home), resource.region) == (here.account, here.region)


def _place(here: RegistryId) -> str:
    return f"{here.region} (account {here.account})"


def _names(names: Sequence[str]) -> str:
    return listed(names, limit=_LIMIT)
