"""Amazon ECR as one object: its state, its control plane, its data plane."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from localcloud.callers import Callers
from localcloud.calls import Call
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.blobs import Blobs
from localcloud.ecr.cache.pull_through import PullThrough
from localcloud.ecr.control_plane import Control
from localcloud.ecr.data_plane import data_plane
from localcloud.ecr.operations.request import Ports, Services
from localcloud.ecr.registry_state import Registries
from localcloud.ecr.replicator import Replicator
from localcloud.iam_and_kms import Backend


class Ecr:
    """What the front door hands ECR's calls to, and what opens a port for each registry."""

    def __init__(
        self,
        folder: Path,
        backend: Backend,
        callers: Callers,
        listen: Callable[[web.Application], Awaitable[int]],
        *,
        tokens: Tokens,
        upstream_hosts: Mapping[str, str],
    ) -> None:
        self.registries = Registries()
        self.blobs = Blobs(folder)
        self.tokens = tokens
        replicator = Replicator(self.registries, backend, callers)
        cache = PullThrough(
            registries=self.registries,
            blobs=self.blobs,
            backend=backend,
            callers=callers,
            replicator=replicator,
            upstream_hosts=upstream_hosts,
        )
        self.ports = Ports(
            lambda registry: listen(
                data_plane(
                    registry,
                    self.blobs,
                    self.tokens,
                    callers,
                    backend=backend,
                    cache=cache,
                    replicator=replicator,
                )
            )
        )
        self._control = Control(
            Services(
                registries=self.registries,
                blobs=self.blobs,
                tokens=self.tokens,
                ports=self.ports,
                backend=backend,
                cache=cache,
                replicator=replicator,
            )
        )

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> dict[str, Any]:
        return await self._control.answer(operation, parameters, call)
