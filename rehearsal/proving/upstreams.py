"""What stands behind the caches of a rehearsal: registries on loopback, each with the images that the proofs pull."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from domain.ecr.names import private_registry
from domain.ecr.upstreams import folder, upstream_name
from domain.iam.actions import CACHE_READ_ACTIONS
from domain.iam.document import CURRENT_VERSION
from rehearsal.clients import Clients
from rehearsal.cloud.local import LocalCloud
from rehearsal.cloud.upstream import UpstreamRegistry
from rehearsal.oci.client import Client
from rehearsal.oci.image import Index, index
from rehearsal.proving.visitors import login
from settings import Settings
from settings.models import PullThrough

TAG = "rehearsal"
STRANGERS = "strangers"
TASKS = "tasks"


def names(cache: PullThrough) -> dict[str, str]:
    """The repositories that each grant brings in, one for itself, and one that nobody may: by who pulls it."""
    words = [*(str(number) for number in range(len(cache.pull))), *([TASKS] if cache.tasks else []), STRANGERS]
    return {word: f"{folder(cache.rule.prefix)}rehearsal/{word}" for word in words}


def content(name: str) -> Index:
    """What the upstream has for the repository."""
    return index(f"upstream of {name}")


@contextmanager
def playing(settings: Settings, cloud: LocalCloud) -> Iterator[None]:
    """Every upstream of the stack's caches serves until the block ends."""
    with ExitStack() as stack:
        played: dict[str, UpstreamRegistry] = {}
        for cache in settings.caches:
            url = cache.rule.upstream_url
            if place := private_registry(url):
                _fill(cache, *place, reader=settings.home.account, cloud=cloud)
                continue
            if url not in played:
                played[url] = stack.enter_context(UpstreamRegistry())
                cloud.play(url, played[url].host)
            for name in names(cache).values():
                played[url].put(upstream_name(name, cache.rule), content(name), TAG)
        yield


def _fill(cache: PullThrough, account: str, region: str, *, reader: str, cloud: LocalCloud) -> None:
    """Another private registry, whose owner lets the stack's account read."""
    allow = {"Effect": "Allow", "Principal": {"AWS": reader}, "Action": CACHE_READ_ACTIONS}
    policy = json.dumps({"Version": CURRENT_VERSION, "Statement": allow})
    with Clients(cloud.endpoint) as clients:
        ecr = clients.root("ecr", region, account)
        host, password = login(clients, account, region)
        with Client(host, password) as client:
            for name in names(cache).values():
                there = upstream_name(name, cache.rule)
                ecr.create_repository(repositoryName=there)
                ecr.set_repository_policy(repositoryName=there, policyText=policy)
                client.push(there, content(name), TAG)
