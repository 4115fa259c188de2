"""What is replicated arrives where it is looked after, and is still there when it is needed.

Amazon ECR copies an image into a repository of the same name; where there is none, it makes one by its own defaults. So
every replica is declared, as its original is, and this rule holds the one beside the other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import Field

from domain.aws import Arn, RegistryId
from domain.ecr.replication import (
    PREFIX_MATCH,
    ReplicationRule,
    configuration_problems,
    destinations_of,
)
from domain.ecr.tags import TagMutability
from domain.problems import Path
from domain.wording import listed
from policies.checks.encryption_keys import CONFIGURATIONS, customer_keys, without_customer_key
from policies.checks.input_values import entries, entry, holds_unknown, is_unknown
from policies.checks.lifecycle_policies import archives_unpulled
from policies.checks.locations import Place, Places
from policies.checks.tag_mutability import FILTERS, MUTABILITY
from policies.pack.rule import Finding, Given, Parameters, Resource, Severity, StackRule, Undecided, Verdict
from resources import PROVIDER
from resources.ecr import LIFECYCLE_POLICY, REPLICATION_CONFIGURATION, REPOSITORY

_CONFIGURATION = "replicationConfiguration"
_RULES: Path = (_CONFIGURATION, "rules")
_DESTINATIONS, _FILTERS = "destinations", "repositoryFilters"
_NAME = "name"

About = Iterator[tuple[Resource, Verdict]]


class SoundReplication(Parameters):
    regions: tuple[str, ...] = Field(
        (),
        description="regions that images may be copied to, where data may not lie everywhere; any, where none is given",
    )


class _Stack:
    """What the stack declares, by where it stands."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.places = Places(resources)
        self.resources = resources
        self.repositories: dict[tuple[Place, str], list[Resource]] = defaultdict(list)
        self.lifecycles: dict[tuple[Place, str], list[Resource]] = defaultdict(list)
        self.nameless: list[Place] = []
        for each in resources:
            if each.type == REPOSITORY:
                self._add_repository(each)
            elif each.type == LIFECYCLE_POLICY:
                self.lifecycles[self.places.of(each), str(each.inputs.get("repository"))].append(each)

    def _add_repository(self, repository: Resource) -> None:
        place, name = self.places.of(repository), repository.inputs.get(_NAME)
        if isinstance(name, str) and not is_unknown(name):
            self.repositories[place, name].append(repository)
        else:
            self.nameless.append(place)

    @cached_property
    def vague(self) -> dict[str, list[Place]]:
        """By name, the repositories of which the account or the region is not known."""
        found = defaultdict(list)
        for place, name in self.repositories:
            if place.account is None or place.region is None:
                found[name].append(place)
        return found

    def names_at(self, place: Place) -> list[str]:
        # The engine hands resources over as they were registered, a render by their URNs: both are told the same.
        return sorted(name for where, name in self.repositories if where == place)

    def copies(self, source: Place, rules: Sequence[ReplicationRule]) -> Iterator[tuple[str, RegistryId]]:
        """Each repository's name, once for each registry that its images go to."""
        for name in self.names_at(source):
            yield from ((name, destination) for destination in destinations_of(name, rules))

    def may_hold(self, place: Place, name: str) -> bool:
        """Whether the repository may stand there, though nothing says so."""
        return any(each.may_be(place) for each in (*self.nameless, *self.vague.get(name, ())))

    def replicating(self) -> Iterator[tuple[Resource, Place]]:
        for each in self.resources:
            if each.type == REPLICATION_CONFIGURATION:
                yield each, self.places.of(each)


def check(resources: Sequence[Resource], given: Given[SoundReplication]) -> About:
    stack = _Stack(resources)
    for configuration, source in stack.replicating():
        written = configuration.inputs.get(_CONFIGURATION)
        if holds_unknown(written) or source.account is None or source.region is None:
            yield configuration, Undecided((_CONFIGURATION,))
            continue
        home = RegistryId(account=source.account, region=source.region)
        faults = list(_faults(written, home))
        yield from ((configuration, each) for each in faults)
        if not faults:
            rules = _read(written)
            yield from ((configuration, each) for each in _destinations(rules, stack, given.parameters.regions))
            yield from ((configuration, each) for each in _prefixes(rules, source, stack))
            yield from ((configuration, each) for each in _absent(rules, source, stack))
            yield from _replicas(rules, source, stack)


def _faults(written: object, source: RegistryId) -> Iterator[Finding]:
    """What Amazon ECR would not take; it is judged no further."""
    if not isinstance(written, Mapping):
        yield Finding(f"has no configuration, but {written!r}", (_CONFIGURATION,))
        return
    found = list(_malformed(entries(written.get("rules"))))
    yield from found
    for problem in () if found else configuration_problems(_read(written), source=source):
        path = tuple(_FILTERS if each == "prefixes" else each for each in problem.path)
        told = f"{problem.value!r} " if path else ""
        yield Finding(f"would be refused: {told}{problem.message} ({problem.fix})", (*_RULES, *path))


def _malformed(rules: Iterable[object]) -> Iterator[Finding]:
    for index, rule in enumerate(rules):
        destinations = entries(entry(rule, _DESTINATIONS))
        if not destinations:
            yield Finding("has a rule without a destination", (*_RULES, index))
        for number, each in enumerate(destinations):
            if not all(isinstance(entry(each, key), str) for key in ("region", "registryId")):
                why = "has a destination without a region and a registryId"
                yield Finding(f"{why}: {each!r}", (*_RULES, index, _DESTINATIONS, number))
        for number, each in enumerate(entries(entry(rule, _FILTERS))):
            if not isinstance(entry(each, "filter"), str) or entry(each, "filterType") != PREFIX_MATCH:
                why = f"has a filter that is none by {PREFIX_MATCH}"
                yield Finding(f"{why}: {each!r}", (*_RULES, index, _FILTERS, number))


def _read(written: Any) -> tuple[ReplicationRule, ...]:
    return tuple(
        ReplicationRule(
            destinations=tuple(
                RegistryId(account=each["registryId"], region=each["region"]) for each in entries(rule[_DESTINATIONS])
            ),
            prefixes=tuple(each["filter"] for each in entries(rule.get(_FILTERS))),
        )
        for rule in entries(written.get("rules"))
    )


def _destinations(rules: Sequence[ReplicationRule], stack: _Stack, regions: Sequence[str]) -> Iterator[Finding]:
    going_on = {place for each, place in stack.replicating() if _replicates(each)}
    for destination, path in _paths(rules).items():
        if regions and destination.region not in regions:
            yield Finding(f"copies images to {destination.region}: allowed are {', '.join(regions)}", path)
        if _place(destination) in going_on:
            why = "is replicated from too, and ECR copies no image that was copied there"
            yield Finding(f"copies images to {destination}, which {why}", path)


def _replicates(configuration: Resource) -> bool:
    written = configuration.inputs.get(_CONFIGURATION)
    return is_unknown(written) or bool(entries(entry(written, "rules")))


def _prefixes(rules: Sequence[ReplicationRule], source: Place, stack: _Stack) -> Iterator[Verdict]:
    names = stack.names_at(source)
    others = (*stack.nameless, *(place for places in stack.vague.values() for place in places))
    unclear = any(each.may_be(source) for each in others)
    for index, rule in enumerate(rules):
        for number, prefix in enumerate(rule.prefixes):
            path = (*_RULES, index, _FILTERS, number)
            if any(name.startswith(prefix) for name in names):
                continue
            if unclear:
                yield Undecided(path)
            else:
                yield Finding(f"has the prefix {prefix!r}, with which no name of the stack's repositories begins", path)


def _replicas(rules: Sequence[ReplicationRule], source: Place, stack: _Stack) -> About:
    """What is wrong with those that the stack declares."""
    for name, destination in stack.copies(source, rules):
        there = _place(destination), name
        for original in stack.repositories[source, name]:
            for replica in stack.repositories.get(there, ()):
                yield from ((replica, each) for each in _replica(original, replica, destination))
        for lifecycle in stack.lifecycles.get(there, ()):
            yield from ((lifecycle, each) for each in archives_unpulled(lifecycle.inputs, "policy"))


def _absent(rules: Sequence[ReplicationRule], source: Place, stack: _Stack) -> Iterator[Verdict]:
    missing: dict[RegistryId, list[str]] = defaultdict(list)
    unclear: set[RegistryId] = set()
    for name, destination in stack.copies(source, rules):
        if (_place(destination), name) not in stack.repositories:
            if stack.may_hold(_place(destination), name):
                unclear.add(destination)
            else:
                missing[destination].append(name)
    for destination, path in _paths(rules).items():
        if destination in missing:
            yield Finding(_missing(destination, missing[destination], stack), path)
        if destination in unclear:
            yield Undecided(path)


def _missing(destination: RegistryId, names: Sequence[str], stack: _Stack) -> str:
    whose = "" if stack.places.has(destination.account) else ", and no provider of that account"
    return f"copies images to {destination}, where the stack declares no repository {listed(names)}{whose}"


def _replica(original: Resource, replica: Resource, destination: RegistryId) -> Iterator[Verdict]:
    for path, key in customer_keys(replica.inputs):
        arn = Arn.parse(key)
        if arn is not None and arn.region != destination.region:
            yield Finding(f"is a replica in {destination.region}, but its key is one of {arn.region}", path)
    without = [each for each in without_customer_key(replica.inputs) if isinstance(each, Finding)]
    if without and not list(without_customer_key(original.inputs)):
        told = f"has no customer key, and {original.name}, whose images it holds, has one"
        yield Finding(told, (CONFIGURATIONS,))
    ours, theirs = _mutability(replica.inputs), _mutability(original.inputs)
    if ours is None or theirs is None:
        yield Undecided((MUTABILITY,))
    elif ours != theirs:
        told = f"is {_words(ours)}, and {original.name}, whose images it holds, {_words(theirs)}"
        yield Finding(f"{told}: a tag that moves in one alone comes to name another image, or none", (MUTABILITY,))


_Mutability = tuple[str, frozenset[object]]


def _mutability(inputs: Mapping[str, Any]) -> _Mutability | None:
    """The mode and its filters; None where they are not known."""
    mode, filters = inputs.get(MUTABILITY) or TagMutability.MUTABLE.value, inputs.get(FILTERS)
    if holds_unknown(mode) or holds_unknown(filters):
        return None
    texts = (each if isinstance(each, str) else entry(each, "filter") for each in entries(filters))
    return str(mode), frozenset(map(str, texts))


def _words(mutability: _Mutability) -> str:
    mode, filters = mutability
    return f"{mode} ({listed(sorted(map(str, filters)))})" if filters else mode


def _paths(rules: Sequence[ReplicationRule]) -> dict[RegistryId, Path]:
    """Each destination once, with where it is first named."""
    found: dict[RegistryId, Path] = {}
    for index, rule in enumerate(rules):
        for number, each in enumerate(rule.destinations):
            found.setdefault(each, (*_RULES, index, _DESTINATIONS, number))
    return found


def _place(destination: RegistryId) -> Place:
    return Place(account=destination.account, region=destination.region)


RULE = StackRule(
    id="ecr-replication-sound",
    title="Images are replicated to declared repositories that keep them",
    severity=Severity.HIGH,
    risk="The day the region fails, the copy is not there, or was archived because nobody pulled it; or it lies "
    "unlocked in a repository that Amazon ECR made by itself, or in a country where it may not be.",
    remediation="Declare each repository in every registry that it is replicated to, with a key of that region, the "
    "same mutable tags, and a lifecycle policy without sinceImagePulled (replicas in the stack's settings; the "
    "components do the rest). Name each provider's account in allowedAccountIds.",
    parameters=SoundReplication,
    types=(REPLICATION_CONFIGURATION, REPOSITORY, LIFECYCLE_POLICY, PROVIDER),
    check=check,
)
