"""What an operation is given to work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.calls import Call
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.ecr.services import Services

Answer = dict[str, Any]


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
        return await self.services.host(self.registry)

    def ids(self) -> dict[str, str]:
        """The members with which most answers about a repository begin."""
        return {"registryId": self.registry.account, "repositoryName": self.name}
