"""Registries that replicate, and what has arrived at the others."""

from typing import Any

from localcloud.ecr.registry_state import StoredRepository
from localcloud.tests.clouds import ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import NAME, Plane, root

REPLICATE = ("ecr:ReplicateImage", "ecr:CreateRepository")
SOURCE_ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def rule(region: str = OTHER_REGION, account: str = ACCOUNT, *prefixes: str) -> dict[str, Any]:
    filters = [{"filter": each, "filterType": "PREFIX_MATCH"} for each in prefixes]
    destinations = [{"region": region, "registryId": account}]
    return {"destinations": destinations, **({"repositoryFilters": filters} if filters else {})}


def configure(plane: Plane, *rules: dict[str, Any], region: str = REGION) -> None:
    configuration = {"rules": list(rules)}
    answer = plane("PutReplicationConfiguration", replicationConfiguration=configuration, region=region)
    assert answer == {"replicationConfiguration": configuration}


def replicating(*rules: dict[str, Any]) -> Plane:
    plane = Plane()
    plane.create()
    configure(plane, *rules or (rule(),))
    return plane


def replica(plane: Plane, account: str = ACCOUNT, region: str = OTHER_REGION, name: str = NAME) -> StoredRepository:
    return plane.registries.of(account, region).repositories[name]


def arrived(plane: Plane, account: str = ACCOUNT, region: str = OTHER_REGION, name: str = NAME) -> dict[str, list[str]]:
    """Digest to tags; nothing where the repository is not there."""
    if name not in plane.registries.of(account, region).repositories:
        return {}
    answer = plane("DescribeImages", by=root(account), region=region, repositoryName=name)
    return {each["imageDigest"]: each.get("imageTags", []) for each in answer["imageDetails"]}


def statuses(plane: Plane, name: str = NAME, **image_id: str) -> list[dict[str, str]]:
    answer = plane("DescribeImageReplicationStatus", repositoryName=name, imageId=image_id)
    assert answer["repositoryName"] == name
    assert image_id.items() <= answer["imageId"].items()
    return list(answer["replicationStatuses"])
