"""What proofs leave in the registries and in IAM is removed before the registries are served."""

from collections.abc import Iterator
from typing import Any

from localcloud.clients import Clients
from rehearsal.proofs.harness.principals import Principals
from settings import Settings, StackRegistry

_BATCH = 100
"""The images that one call deletes."""

Names = dict[StackRegistry, frozenset[str]]
"""The repositories of each registry."""


def repository_names(settings: Settings, clients: Clients) -> Names:
    def names(registry: StackRegistry) -> Iterator[str]:
        for page in _ecr(clients, registry).get_paginator("describe_repositories").paginate():
            yield from (each["repositoryName"] for each in page["repositories"])

    return {each: frozenset(names(each)) for each in settings.all_registries}


def remove_leftovers(settings: Settings, clients: Clients, principals: Principals, before: Names) -> None:
    """Deletes every image of the stack's, the repositories that were not there before, and the principals of proofs."""
    # An image that was still on its way to a replica is found the next time round.
    while sum(_emptied(settings, clients, each, before[each]) for each in settings.all_registries):
        pass
    principals.remove(settings.home.region)


def _emptied(settings: Settings, clients: Clients, registry: StackRegistry, before: frozenset[str]) -> int:
    """How much was deleted."""
    ecr = _ecr(clients, registry)
    made = repository_names(settings, clients)[registry] - before
    for name in made:
        ecr.delete_repository(repositoryName=name, force=True)
    return len(made) + sum(_delete_images(ecr, each.name) for each in settings.copies(registry))


def _delete_images(ecr: Any, name: str) -> int:
    """How many were deleted: those of an index are refused until it is gone itself."""
    pages = ecr.get_paginator("list_images").paginate(repositoryName=name)
    digests = sorted({each["imageDigest"] for page in pages for each in page["imageIds"]})
    found = [{"imageDigest": each} for each in digests]
    parts = [found[start : start + _BATCH] for start in range(0, len(found), _BATCH)]
    return sum(len(ecr.batch_delete_image(repositoryName=name, imageIds=each)["imageIds"]) for each in parts)


def _ecr(clients: Clients, registry: StackRegistry) -> Any:
    return clients.root("ecr", registry.region, registry.account)
