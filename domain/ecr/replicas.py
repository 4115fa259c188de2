"""The registries that hold copies: what flows to each, and what lets it in there."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.aws import Arn
from domain.ecr.names import repository_arn
from domain.ecr.replication import Destination, ReplicationRule
from domain.iam.grants import Registry

REPLICATE_ACTION = "ecr:ReplicateImage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A registry that is to hold copies: of every repository, or of those whose names begin with one of these."""

    registry: Registry
    prefixes: tuple[str, ...] = ()

    @property
    def destination(self) -> Destination:
        return Destination(account=self.registry.account, region=self.registry.region)


def replication_rules(replicas: Iterable[Replica]) -> tuple[ReplicationRule, ...]:
    """As few as there are different selections: a registry has few rules, and each takes many destinations."""
    destinations: dict[tuple[str, ...], list[Destination]] = {}
    for each in replicas:
        destinations.setdefault(tuple(sorted(set(each.prefixes))), []).append(each.destination)
    return tuple(
        ReplicationRule(destinations=tuple(some), prefixes=prefixes) for prefixes, some in destinations.items()
    )


def inbound_statement(source: Registry, replica: Replica) -> dict[str, object]:
    """Lets another account's registry put images into repositories that stand here, and make none: what is not
    declared would come with the defaults, mutable and under no key of ours."""
    here = replica.registry
    names = [f"{each}*" for each in replica.prefixes] or ["*"]
    return {
        "Sid": "ReplicateHere",
        "Effect": "Allow",
        "Principal": {"AWS": str(Arn(source.partition, "iam", "", source.account, "root"))},
        "Action": [REPLICATE_ACTION],
        "Resource": [repository_arn(here.region, here.account, name) for name in names],
    }
