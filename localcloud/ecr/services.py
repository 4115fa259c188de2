"""What Amazon ECR's control plane and data plane share: the registries, their layers, and who else takes part."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from localcloud.callers import Callers
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.blobs import Blobs
from localcloud.ecr.cache.pull_through import PullThrough
from localcloud.ecr.registry_state import Registries, StoredRegistry
from localcloud.ecr.replicator import Replicator
from localcloud.events.event import EventBus
from localcloud.iam_and_kms import Backend
from localcloud.server import LOOPBACK


class Services:
    def __init__(
        self,
        folder: Path,
        backend: Backend,
        callers: Callers,
        *,
        tokens: Tokens,
        upstream_hosts: Mapping[str, str],
        events: EventBus,
        open_port: "Callable[[StoredRegistry, Services], Awaitable[int]]",
    ) -> None:
        self.registries = Registries()
        self.blobs = Blobs(folder)
        self.tokens = tokens
        self.backend = backend
        self.callers = callers
        self.events = events
        self.replicator = Replicator(self.registries, backend, callers, events)
        self.cache = PullThrough(
            registries=self.registries,
            blobs=self.blobs,
            backend=backend,
            callers=callers,
            replicator=self.replicator,
            events=events,
            upstream_hosts=upstream_hosts,
        )
        self._open_port = open_port
        self._hosts: dict[tuple[str, str], str] = {}
        self._opening = asyncio.Lock()

    async def host(self, registry: StoredRegistry) -> str:
        """127.0.0.1:PORT in place of ACCOUNT.dkr.ecr.REGION.amazonaws.com, opened when it is first needed.

        `/v2/` names neither account nor region, so each registry has a port of its own."""
        owner = registry.account, registry.region
        async with self._opening:
            if owner not in self._hosts:
                self._hosts[owner] = f"{LOOPBACK}:{await self._open_port(registry, self)}"
        return self._hosts[owner]
