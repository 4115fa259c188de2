"""What an operation is given to work with."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.calls import Call
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.blobs import Blobs
from localcloud.ecr.cache.pull_through import PullThrough
from localcloud.ecr.registry_state import Registries, StoredRegistry, StoredRepository
from localcloud.ecr.replicator import Replicator
from localcloud.iam_and_kms import Backend
from localcloud.server import LOOPBACK

Answer = dict[str, Any]


class Ports:
    """Opens a registry's port when somebody first asks for its address."""

    def __init__(self, open_port: Callable[[StoredRegistry], Awaitable[int]]) -> None:
        self._open = open_port
        self._hosts: dict[tuple[str, str], str] = {}
        self._opening = asyncio.Lock()

    async def host(self, registry: StoredRegistry) -> str:
        """127.0.0.1:PORT, which stands for ACCOUNT.dkr.ecr.REGION.amazonaws.com."""
        place = registry.account, registry.region
        async with self._opening:
            if place not in self._hosts:
                self._hosts[place] = f"{LOOPBACK}:{await self._open(registry)}"
        return self._hosts[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the control plane works with, whatever is asked."""

    registries: Registries
    blobs: Blobs
    tokens: Tokens
    ports: Ports
    backend: Backend
    cache: PullThrough
    replicator: Replicator


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """One call: its input is checked and its caller may ask it before an operation sees it."""

    call: Call
    registry: StoredRegistry
    names: tuple[str, ...]
    """The repositories that the input names."""
    input: Mapping[str, Any]
    now: datetime
    services: Services

    @property
    def name(self) -> str:
        """Of the one repository that the operation is about, which need not exist."""
        (name,) = self.names
        return name

    @property
    def repository(self) -> StoredRepository:
        return self.registry.repository(self.name)

    async def host(self) -> str:
        return await self.services.ports.host(self.registry)

    def ids(self) -> dict[str, str]:
        """The members with which most answers about a repository begin."""
        return {"registryId": self.registry.account, "repositoryName": self.name}
