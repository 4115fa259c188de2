"""Registries that come and go, and what replication brings to each from now on, or no longer brings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.aws import RegistryId
from domain.ecr.replication import destinations_of
from policies.kinds import KEY, REPLICATION_CONFIGURATION, REPOSITORY, SCANNING_CONFIGURATION
from render.resource import Resource
from review.plan.flows import CONFIGURATION, rules_of
from review.plan.losses import destroys_repository
from review.plan.model import Change, Op, Statement, Topic
from review.plan.words import account_of, listed, repository_of, retire_until

_LIMIT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """Repositories that stood at the source before, and whose images begin to flow to a registry, or cease to."""

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

    def statement(self, text: str) -> Statement:
        return Statement(topic=Topic.PLACE, text=text, urns=(self.configuration.urn,))


def place_statements(changes: Sequence[Change], olds: Sequence[Resource]) -> Iterator[Statement]:
    """Of a stack that stands; `olds` is what the base has, as far as it is known."""
    begun = {flow.destination: flow for flow in _flows(changes, olds, begun=True)}
    turned = {_where(each): each for each in changes if _is_place(each)}
    for here, change in turned.items():
        along = [each for each in changes if each.op is change.op and _where(each) == here]
        text = _comes(here, along, begun.get(here)) if change.op is Op.CREATE else _goes(here, along)
        # Those that start empty, each by its name; of those that go the losses tell.
        lines = _repositories_of(along) if change.op is Op.CREATE else ()
        yield Statement(topic=Topic.PLACE, text=text, urns=(change.urn,), lines=lines)
    for flow in begun.values():
        if flow.destination not in turned:
            yield from _begins(flow, changes)
    for flow, stale in _ended(changes, olds):
        if gone := [name for name in flow.names if name not in stale and flow.destination not in turned]:
            yield flow.statement(f"What is pushed to {_names(gone)} no longer flows to {flow.place}.")
    yield from stale_copies(changes, olds)


def stale_copies(changes: Sequence[Change], olds: Sequence[Resource]) -> Iterator[Statement]:
    """What stays where its images no longer flow to."""
    for flow, stale in _ended(changes, olds):
        if stale:
            text = f"What is pushed to {_names(stale)} no longer flows to {flow.place}"
            yield flow.statement(f"{text}: the copies there stay, and go stale.")


def _repositories_of(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(sorted(repository_of(each) for each in changes if each.type == REPOSITORY))


def _comes(here: RegistryId, along: Sequence[Change], flow: _Flow | None) -> str:
    count = len(_repositories_of(along))
    who = "1 repository starts" if count == 1 else f"{count} repositories start"
    head = f"{_place(here)} is new: {who} there without images"
    if flow is None:
        return f"{head}; what exists is not copied."
    return f"{head}. What is pushed from now on flows there; {flow.backfill} copies what exists."


def _goes(here: RegistryId, along: Sequence[Change]) -> str:
    count = len(_repositories_of(along))
    keys = " and its key" if any(each.type == KEY for each in along) else ""
    return f"{_place(here)} leaves the stack with {count} {'repository' if count == 1 else 'repositories'}{keys}."


def _begins(flow: _Flow, changes: Sequence[Change]) -> Iterator[Statement]:
    """In a registry that stood before: what is made there now, and what was there without getting images."""
    made = {
        repository_of(each)
        for each in changes
        if each.type == REPOSITORY and each.op is Op.CREATE and _where(each) == flow.destination
    }
    if empty := [name for name in flow.names if name in made]:
        verb = "starts" if len(empty) == 1 else "start"
        yield flow.statement(
            f"{_names(empty)} {verb} in {flow.place} without images. What is pushed from now on flows there; "
            f"{flow.backfill} copies what exists."
        )
    if stood := [name for name in flow.names if name not in made]:
        yield flow.statement(
            f"What is pushed to {_names(stood)} flows to {flow.place} from now on; what was pushed before does not: "
            f"{flow.backfill} copies it."
        )


def _ended(changes: Sequence[Change], olds: Sequence[Resource]) -> Iterator[tuple[_Flow, list[str]]]:
    """What ceases to flow, and of its repositories those whose copies stay; what retires is to go."""
    going = {(_where(each), repository_of(each)) for each in changes if _is_going(each)}
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
        before, after = (rules_of(each.inputs.get(CONFIGURATION)) if each else [] for each in sides)
        names: dict[RegistryId, list[str]] = {}
        for name in sorted(_repositories(olds, _where(change), change.account)):
            for each in destinations_of(name, after):
                if each not in destinations_of(name, before):
                    names.setdefault(each, []).append(name)
        for destination, some in sorted(names.items()):
            yield _Flow(configuration=change, destination=destination, names=tuple(some))


def _repositories(olds: Sequence[Resource], here: RegistryId, home: str) -> set[str]:
    return {
        str(each.inputs.get("name"))
        for each in olds
        if each.type == REPOSITORY and (account_of(each, home), each.region) == (here.account, here.region)
    }


def _is_place(change: Change) -> bool:
    return change.type == SCANNING_CONFIGURATION and change.op in (Op.CREATE, Op.DELETE)


def _where(change: Change) -> RegistryId:
    return RegistryId(account=change.account, region=str(change.region))


def _place(here: RegistryId) -> str:
    return f"{here.region} (account {here.account})"


def _names(names: Sequence[str]) -> str:
    return listed(names, limit=_LIMIT)
