"""The upstreams of the caches of a rehearsal: registries on loopback, each with the images that the proofs pull."""

import json
from contextlib import ExitStack
from typing import Self

from domain.aws import RegistryId
from domain.ecr.cache import Cache
from domain.ecr.names import private_registry
from domain.ecr.upstreams import folder, upstream_name
from domain.iam.actions import CACHE_READ_ACTIONS
from domain.iam.document import CURRENT_VERSION
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.upstream_registry import UpstreamRegistry
from oci.client import Client
from oci.image import Index, index
from rehearsal.proofs.harness.principals import login
from settings import Settings

TAG = "rehearsal"
UNDECLARED = "undeclared"
TASKS = "tasks"


def names(cache: Cache) -> dict[str, str]:
    """The repositories to import: one for each grant or namespace, and one that no grant allows; by what it is for."""
    grants, tasks = [str(number) for number in range(len(cache.pull))], [TASKS] if cache.tasks else []
    words = [*grants, *tasks, *map(str, cache.namespaces), UNDECLARED]
    return {word: f"{folder(cache.rule.prefix)}rehearsal/{word}" for word in words}


def content(cache: Cache, name: str) -> Index:
    """What the upstream has for the repository."""
    return index(f"upstream {upstream_name(name, cache.rule)}")


class Upstreams:
    """Plays the upstreams of stacks' caches in one cloud, until its block ends."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._played: dict[str, UpstreamRegistry] = {}
        self._stack = ExitStack()

    def play(self, settings: Settings) -> None:
        """Everything that the proofs pull through the settings' caches is there from now on."""
        for cache in settings.caches:
            upstream = private_registry(cache.rule.upstream_url)
            if upstream is not None:
                _fill(cache, upstream, reader=settings.home.account, cloud=self._cloud)
                continue
            registry = self._registry(cache.rule.upstream_url)
            for name in names(cache).values():
                registry.put(upstream_name(name, cache.rule), content(cache, name), TAG)

    def _registry(self, url: str) -> UpstreamRegistry:
        if url not in self._played:
            self._played[url] = self._stack.enter_context(UpstreamRegistry())
            self._cloud.route_upstream(url, self._played[url].host)
        return self._played[url]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _fill(cache: Cache, upstream: RegistryId, *, reader: str, cloud: LocalCloud) -> None:
    """Another private registry, whose owner lets the stack's account read."""
    allow = {"Effect": "Allow", "Principal": {"AWS": reader}, "Action": CACHE_READ_ACTIONS}
    policy = json.dumps({"Version": CURRENT_VERSION, "Statement": allow})
    with Clients(cloud.endpoint) as clients:
        ecr = clients.root("ecr", upstream.region, upstream.account)
        host, password = login(clients, upstream.account, upstream.region)
        with Client.on_loopback(host, password) as client:
            for name in names(cache).values():
                there = upstream_name(name, cache.rule)
                ecr.create_repository(repositoryName=there)
                ecr.set_repository_policy(repositoryName=there, policyText=policy)
                client.push(there, content(cache, name), TAG)
