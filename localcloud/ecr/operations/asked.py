"""What an operation is given to work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.call import Call
from localcloud.ecr.blobs import Blobs
from localcloud.ecr.cache.pull_through import PullThrough
from localcloud.ecr.ports import Ports
from localcloud.ecr.replication import Replicator
from localcloud.ecr.state import Registries, Registry, Repository
from localcloud.ecr.tokens import Tokens
from localcloud.iam_and_kms import Neighbour

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the control plane works with, whatever is asked."""

    registries: Registries
    blobs: Blobs
    tokens: Tokens
    ports: Ports
    neighbour: Neighbour
    cache: PullThrough
    replicator: Replicator


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call: its input is checked and its caller may ask it before an operation sees it."""

    call: Call
    registry: Registry
    names: tuple[str, ...]
    """The repositories that the input names."""
    given: Mapping[str, Any]
    now: datetime
    services: Services

    @property
    def name(self) -> str:
        """Of the one repository that the operation is about, which need not exist."""
        (name,) = self.names
        return name

    @property
    def repository(self) -> Repository:
        return self.registry.repository(self.name)

    async def host(self) -> str:
        return await self.services.ports.host(self.registry)

    def ids(self) -> dict[str, str]:
        """The members with which most answers about a repository begin."""
        return {"registryId": self.registry.account, "repositoryName": self.name}
