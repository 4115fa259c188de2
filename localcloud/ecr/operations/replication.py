"""Where a registry's images are replicated to, and how far that has come."""

from collections.abc import Mapping
from typing import Any

from domain.aws import RegistryId
from domain.ecr.replication import PREFIX_MATCH, ReplicationRule, configuration_problems
from localcloud.ecr.errors import invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.image_ids import ImageId
from localcloud.ecr.operations.images import wanted
from localcloud.ecr.state import Registry, Replication


async def put(asked: Asked) -> Answer:
    registry = asked.registry
    rules = tuple(_rule(each) for each in asked.given["replicationConfiguration"]["rules"])
    source = RegistryId(account=registry.account, region=registry.region)
    if problems := configuration_problems(rules, source=source):
        faults = "; ".join(f"{'.'.join(map(str, each.path))} {each.message}, {each.fix}" for each in problems)
        raise invalid_parameter("replicationConfiguration", f"Invalid replication configuration: {faults}")
    registry.replication = rules
    return {"replicationConfiguration": _configuration(registry)}


async def describe_registry(asked: Asked) -> Answer:
    return {"registryId": asked.registry.account, "replicationConfiguration": _configuration(asked.registry)}


async def describe_status(asked: Asked) -> Answer:
    """One status for each registry that the image goes to; none for an image that was there before."""
    image_id = ImageId.of(asked.given["imageId"])
    image = wanted(image_id, asked.repository, "imageId")
    statuses = [_status(destination, each) for destination, each in sorted(image.replications.items())]
    return {
        "repositoryName": asked.name,
        "imageId": ImageId(image.digest, image_id.tag).told(),
        "replicationStatuses": statuses,
    }


def _rule(given: Mapping[str, Any]) -> ReplicationRule:
    if given.get("deleteReplication", {}).get("enabled"):
        why = "the replication of deletions is not built in the rehearsal's ECR"
        raise invalid_parameter("replicationConfiguration.rules.deleteReplication", why)
    destinations = [RegistryId(account=each["registryId"], region=each["region"]) for each in given["destinations"]]
    prefixes = [each["filter"] for each in given.get("repositoryFilters", ())]
    return ReplicationRule(destinations=tuple(destinations), prefixes=tuple(prefixes))


def _configuration(registry: Registry) -> Answer:
    return {"rules": [_told(each) for each in registry.replication]}


def _told(rule: ReplicationRule) -> Answer:
    filters = [{"filter": each, "filterType": PREFIX_MATCH} for each in rule.prefixes]
    return {
        "destinations": [place(each) for each in rule.destinations],
        **({"repositoryFilters": filters} if filters else {}),
    }


def place(destination: RegistryId) -> Answer:
    return {"region": destination.region, "registryId": destination.account}


def _status(destination: RegistryId, replication: Replication) -> Answer:
    failure = {"failureCode": replication.failure} if replication.failure else {}
    return {**place(destination), "status": replication.status.value, **failure}
