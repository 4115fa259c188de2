"""Images are replicated to repositories that are declared, as secure as the original, and don't archive them.

Amazon ECR copies an image into a repository of the same name; if there is none, it creates one with default settings.
So each replica is declared like its original, and this rule compares the two."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import Field

from domain.aws import Arn, RegistryId
from domain.ecr.replication import PREFIX_MATCH, ReplicationRule, destinations_of, replication_problems
from domain.ecr.tags import TagMutability
from domain.problems import Path
from domain.wording import listed
from policies.checks.encryption_keys import ENCRYPTION_CONFIGURATIONS, check_customer_key, known_customer_keys
from policies.checks.input_values import as_list, filter_texts, holds_unknown, is_unknown, value_at
from policies.checks.lifecycle_policies import check_standby_lifecycle
from policies.checks.locations import Location, ResourceLocations
from policies.checks.tag_mutability import EXCLUSION_FILTERS, MUTABILITY
from policies.pack.rule import (
    CheckedResource,
    Finding,
    Parameters,
    Results,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources import PROVIDER
from resources.ecr import LIFECYCLE_POLICY, REPLICATION_CONFIGURATION, REPOSITORY

_CONFIGURATION = "replicationConfiguration"
_RULES: Path = (_CONFIGURATION, "rules")
_DESTINATIONS, _FILTERS = "destinations", "repositoryFilters"
_NAME = "name"


class ReplicationParameters(Parameters):
    regions: tuple[str, ...] = Field((), description="regions that images may be replicated to; empty allows any")


class _Stack:
    """The resources of the stack, by location."""

    def __init__(self, resources: Sequence[CheckedResource]) -> None:
        self.locations = ResourceLocations(resources)
        self.resources = resources
        self.repositories: dict[tuple[Location, str], list[CheckedResource]] = defaultdict(list)
        self.lifecycles: dict[tuple[Location, str], list[CheckedResource]] = defaultdict(list)
        self.unnamed: list[Location] = []
        for each in resources:
            if each.type == REPOSITORY:
                self._add_repository(each)
            elif each.type == LIFECYCLE_POLICY:
                self.lifecycles[self.locations.of(each), str(each.inputs.get("repository"))].append(each)

    def _add_repository(self, repository: CheckedResource) -> None:
        location, name = self.locations.of(repository), repository.inputs.get(_NAME)
        if isinstance(name, str) and not is_unknown(name):
            self.repositories[location, name].append(repository)
        else:
            self.unnamed.append(location)

    @cached_property
    def partly_located(self) -> dict[str, list[Location]]:
        """By name, the repositories whose account or region is not known."""
        found = defaultdict(list)
        for location, name in self.repositories:
            if location.account is None or location.region is None:
                found[name].append(location)
        return found

    def names_at(self, location: Location) -> list[str]:
        # Sorted, because the engine and a render list resources in different orders.
        return sorted(name for where, name in self.repositories if where == location)

    def replicated(self, source: Location, rules: Sequence[ReplicationRule]) -> Iterator[tuple[str, RegistryId]]:
        """The name of each repository, with each registry that it is replicated to."""
        for name in self.names_at(source):
            yield from ((name, destination) for destination in destinations_of(name, rules))

    def may_have(self, location: Location, name: str) -> bool:
        """Whether the repository may be at the location, where its name or location is not known."""
        return any(each.may_be(location) for each in (*self.unnamed, *self.partly_located.get(name, ())))

    def configurations(self) -> Iterator[tuple[CheckedResource, Location]]:
        for each in self.resources:
            if each.type == REPLICATION_CONFIGURATION:
                yield each, self.locations.of(each)


def check(resources: Sequence[CheckedResource], context: RuleContext[ReplicationParameters]) -> StackResults:
    stack = _Stack(resources)
    for configuration, source in stack.configurations():
        value = configuration.inputs.get(_CONFIGURATION)
        if holds_unknown(value) or source.account is None or source.region is None:
            yield configuration, Undecided((_CONFIGURATION,))
            continue
        invalid = list(_check_valid(value, RegistryId(account=source.account, region=source.region)))
        yield from ((configuration, each) for each in invalid)
        if not invalid:
            rules = _read(value)
            yield from ((configuration, each) for each in _check_destinations(rules, stack, context.parameters.regions))
            yield from ((configuration, each) for each in _check_prefixes(rules, source, stack))
            yield from ((configuration, each) for each in _check_declared(rules, source, stack))
            yield from _check_replicas(rules, source, stack)


def _check_valid(value: object, source: RegistryId) -> Iterator[Finding]:
    """Why Amazon ECR would reject the configuration; an invalid one is not checked any further."""
    if not isinstance(value, Mapping):
        yield Finding(f"has a {_CONFIGURATION} that is not an object: {value!r}", (_CONFIGURATION,))
        return
    found = list(_check_form(as_list(value.get("rules"))))
    yield from found
    for problem in () if found else replication_problems(_read(value), source=source, by_provider=True):
        path = tuple(_FILTERS if each == "prefixes" else each for each in problem.path)
        subject = f"{problem.value!r} " if path else ""
        yield Finding(f"is invalid: {subject}{problem.message} ({problem.fix})", (*_RULES, *path))


def _check_form(rules: Iterable[object]) -> Iterator[Finding]:
    for index, rule in enumerate(rules):
        destinations = as_list(value_at(rule, _DESTINATIONS))
        if not destinations:
            yield Finding("has a rule without a destination", (*_RULES, index))
        for number, each in enumerate(destinations):
            if not all(isinstance(value_at(each, key), str) for key in ("region", "registryId")):
                message = f"has a destination without a region and a registryId: {each!r}"
                yield Finding(message, (*_RULES, index, _DESTINATIONS, number))
        for number, each in enumerate(as_list(value_at(rule, _FILTERS))):
            if not isinstance(value_at(each, "filter"), str) or value_at(each, "filterType") != PREFIX_MATCH:
                yield Finding(f"has a filter without {PREFIX_MATCH}: {each!r}", (*_RULES, index, _FILTERS, number))


def _read(value: Any) -> tuple[ReplicationRule, ...]:
    return tuple(
        ReplicationRule(
            destinations=tuple(
                RegistryId(account=each["registryId"], region=each["region"]) for each in as_list(rule[_DESTINATIONS])
            ),
            prefixes=tuple(each["filter"] for each in as_list(rule.get(_FILTERS))),
        )
        for rule in as_list(value.get("rules"))
    )


def _check_destinations(rules: Sequence[ReplicationRule], stack: _Stack, regions: Sequence[str]) -> Iterator[Finding]:
    sources = {location for each, location in stack.configurations() if _has_rules(each)}
    for destination, path in _paths(rules).items():
        if regions and destination.region not in regions:
            yield Finding(f"replicates images to {destination.region}: allowed are {', '.join(regions)}", path)
        if _location(destination) in sources:
            message = "which replicates too: Amazon ECR does not replicate images that were replicated to it"
            yield Finding(f"replicates images to {destination}, {message}", path)


def _has_rules(configuration: CheckedResource) -> bool:
    value = configuration.inputs.get(_CONFIGURATION)
    return is_unknown(value) or bool(as_list(value_at(value, "rules")))


def _check_prefixes(rules: Sequence[ReplicationRule], source: Location, stack: _Stack) -> Results:
    names = stack.names_at(source)
    others = (*stack.unnamed, *(each for locations in stack.partly_located.values() for each in locations))
    undecided = any(each.may_be(source) for each in others)
    for index, rule in enumerate(rules):
        for number, prefix in enumerate(rule.prefixes):
            path = (*_RULES, index, _FILTERS, number)
            if any(name.startswith(prefix) for name in names):
                continue
            if undecided:
                yield Undecided(path)
            else:
                yield Finding(f"has the prefix {prefix!r}, which matches no repository of the stack", path)


def _check_replicas(rules: Sequence[ReplicationRule], source: Location, stack: _Stack) -> StackResults:
    """The repositories that the stack declares at the destinations, and their lifecycle policies."""
    for name, destination in stack.replicated(source, rules):
        there = _location(destination), name
        for original in stack.repositories[source, name]:
            for replica in stack.repositories.get(there, ()):
                yield from ((replica, each) for each in _check_replica(original, replica, destination))
        for lifecycle in stack.lifecycles.get(there, ()):
            yield from ((lifecycle, each) for each in check_standby_lifecycle(lifecycle.inputs, "policy"))


def _check_declared(rules: Sequence[ReplicationRule], source: Location, stack: _Stack) -> Results:
    """Each repository must be declared at its destinations."""
    missing: dict[RegistryId, list[str]] = defaultdict(list)
    undecided: set[RegistryId] = set()
    for name, destination in stack.replicated(source, rules):
        if (_location(destination), name) not in stack.repositories:
            if stack.may_have(_location(destination), name):
                undecided.add(destination)
            else:
                missing[destination].append(name)
    for destination, path in _paths(rules).items():
        if destination in missing:
            yield Finding(_missing_message(destination, missing[destination], stack), path)
        if destination in undecided:
            yield Undecided(path)


def _missing_message(destination: RegistryId, names: Sequence[str], stack: _Stack) -> str:
    suffix = "" if stack.locations.has_account(destination.account) else ", nor a provider for that account"
    return f"replicates images to {destination}, where the stack declares no repository {listed(names)}{suffix}"


def _check_replica(original: CheckedResource, replica: CheckedResource, to: RegistryId) -> Results:
    for path, key in known_customer_keys(replica.inputs):
        arn = Arn.parse(key)
        if arn is not None and arn.region != to.region:
            yield Finding(f"is a replica in {to.region} with a key in {arn.region}", path)
    without_key = any(isinstance(each, Finding) for each in check_customer_key(replica.inputs))
    if without_key and not list(check_customer_key(original.inputs)):
        message = f"is a replica of {original.name} without a customer managed key, which the original has"
        yield Finding(message, (ENCRYPTION_CONFIGURATIONS,))
    ours, theirs = _mutability(replica.inputs), _mutability(original.inputs)
    if ours is None or theirs is None:
        yield Undecided((MUTABILITY,))
    elif ours != theirs:
        message = f"is {_mutability_text(ours)}, but its original {original.name} is {_mutability_text(theirs)}"
        yield Finding(f"{message}: tags could name different images in the two", (MUTABILITY,))


_Mutability = tuple[str, frozenset[object]]


def _mutability(inputs: Mapping[str, Any]) -> _Mutability | None:
    """The mode and its filters; None where they are not known."""
    mode, filters = inputs.get(MUTABILITY) or TagMutability.MUTABLE.value, inputs.get(EXCLUSION_FILTERS)
    if holds_unknown(mode) or holds_unknown(filters):
        return None
    return str(mode), frozenset(map(str, filter_texts(filters)))


def _mutability_text(mutability: _Mutability) -> str:
    mode, filters = mutability
    return f"{mode} ({listed(sorted(map(str, filters)))})" if filters else mode


def _paths(rules: Sequence[ReplicationRule]) -> dict[RegistryId, Path]:
    """Each destination once, with the path where it is first listed."""
    found: dict[RegistryId, Path] = {}
    for index, rule in enumerate(rules):
        for number, each in enumerate(rule.destinations):
            found.setdefault(each, (*_RULES, index, _DESTINATIONS, number))
    return found


def _location(registry: RegistryId) -> Location:
    return Location(account=registry.account, region=registry.region)


RULE = StackRule(
    id="ecr-replication-sound",
    title="Images are replicated to declared repositories that keep them",
    severity="high",
    risk="When a region fails, the replica is missing, or was archived because it is not pulled; or images are in a "
    "repository that Amazon ECR created with default settings, or in a region where they must not be.",
    remediation="Declare each repository in every registry that it is replicated to, with a key in that region, the "
    "same mutable tags, and a lifecycle policy without sinceImagePulled (replicas in the stack's settings; the "
    "components do the rest). Set allowedAccountIds on every provider.",
    parameters=ReplicationParameters,
    types=(REPLICATION_CONFIGURATION, REPOSITORY, LIFECYCLE_POLICY, PROVIDER),
    check=check,
)
