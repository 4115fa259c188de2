"""A registry's replication configuration: what ECR accepts, where a repository's images go, and what allows it.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.aws import REGIONS, Arn, RegistryId, account_problems, region_problems
from domain.ecr.limits import (
    PROVIDER_REPLICATION_RULES_MAX,
    REPLICATION_DESTINATIONS_MAX,
    REPLICATION_FILTER_MAX_LENGTH,
    REPLICATION_FILTER_MIN_LENGTH,
    REPLICATION_FILTERS_PER_RULE_MAX,
    REPLICATION_RULES_MAX,
)
from domain.ecr.names import repository_arn
from domain.problems import Problem

PREFIX_MATCH = "PREFIX_MATCH"
"""The one type that replication filters have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule:
    destinations: tuple[RegistryId, ...]
    prefixes: tuple[str, ...] = ()
    """What the repositories' names begin with; without any, every repository is meant."""

    def covers(self, name: str) -> bool:
        return not self.prefixes or name.startswith(self.prefixes)


def destinations_of(name: str, rules: Sequence[ReplicationRule]) -> tuple[RegistryId, ...]:
    """Every registry that the repository's images go to, once."""
    found = (each for rule in rules if rule.covers(name) for each in rule.destinations)
    return tuple(dict.fromkeys(found))


def replication_problems(
    rules: Sequence[ReplicationRule], *, source: RegistryId, by_provider: bool = False
) -> list[Problem]:
    """What ECR would refuse in the configuration of this registry, or the provider, which takes fewer rules; a path
    begins with the rule's index."""
    problems: list[Problem] = []
    most = PROVIDER_REPLICATION_RULES_MAX if by_provider else REPLICATION_RULES_MAX
    if len(rules) > most:
        whose = f"the provider pulumi-aws takes {most} (Amazon ECR {REPLICATION_RULES_MAX})"
        message = f"has {len(rules)} rules, and {whose if by_provider else f'Amazon ECR takes {most}'}"
        fix = f"write at most {most}: destinations of the same prefixes can share one"
        problems.append(Problem((), None, message, fix))
    unique = {each for rule in rules for each in rule.destinations}
    if len(unique) > REPLICATION_DESTINATIONS_MAX:
        fix = f"write at most {REPLICATION_DESTINATIONS_MAX} over all rules"
        problems.append(Problem((), None, f"has {len(unique)} different destinations", fix))
    for index, rule in enumerate(rules):
        problems += [problem.under(index) for problem in _rule_problems(rule, source)]
    return problems


def _rule_problems(rule: ReplicationRule, source: RegistryId) -> list[Problem]:
    problems: list[Problem] = []
    for index, each in enumerate(rule.destinations):
        problems += [problem.under("destinations", index) for problem in _destination_problems(each, source)]
    if len(rule.prefixes) > REPLICATION_FILTERS_PER_RULE_MAX:
        fix = f"write at most {REPLICATION_FILTERS_PER_RULE_MAX}"
        problems.append(Problem(("prefixes",), len(rule.prefixes), f"has {len(rule.prefixes)} filters", fix))
    least, most = REPLICATION_FILTER_MIN_LENGTH, REPLICATION_FILTER_MAX_LENGTH
    for index, prefix in enumerate(rule.prefixes):
        if not least <= len(prefix) <= most:
            what, fix = f"has {len(prefix)} characters", f"write {least} to {most}"
            problems.append(Problem(("prefixes", index), prefix, what, fix))
    return problems


def _destination_problems(destination: RegistryId, source: RegistryId) -> list[Problem]:
    if problems := [*account_problems(destination.account), *region_problems(destination.region)]:
        return problems
    if destination == source:
        return [Problem((), str(destination), "is the source registry itself", "name another region or account")]
    if REGIONS[destination.region] is not REGIONS[source.region]:
        fix = f"name a region of the partition {REGIONS[source.region].id}"
        return [Problem((), str(destination), "is in another partition, where nothing is replicated to", fix)]
    return []


REPLICATE_ACTION = "ecr:ReplicateImage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A registry that is to hold copies: of every repository, or of those whose names begin with one of these."""

    registry: RegistryId
    prefixes: tuple[str, ...] = ()


def replication_rules(replicas: Iterable[Replica]) -> tuple[ReplicationRule, ...]:
    """As few as there are different selections: a registry has few rules, and each takes many destinations."""
    destinations: dict[tuple[str, ...], list[RegistryId]] = {}
    for each in replicas:
        destinations.setdefault(tuple(sorted(set(each.prefixes))), []).append(each.registry)
    return tuple(
        ReplicationRule(destinations=tuple(some), prefixes=prefixes) for prefixes, some in destinations.items()
    )


def inbound_statement(source: RegistryId, replica: Replica) -> dict[str, object]:
    """Allows another account's registry to replicate into existing repositories here, and to create none: those would
    have the defaults, mutable and without our key."""
    here = replica.registry
    names = [f"{each}*" for each in replica.prefixes] or ["*"]
    return {
        "Sid": "ReplicateHere",
        "Effect": "Allow",
        "Principal": {"AWS": str(Arn(source.partition, "iam", "", source.account, "root"))},
        "Action": [REPLICATE_ACTION],
        "Resource": [repository_arn(here.region, here.account, name) for name in names],
    }
