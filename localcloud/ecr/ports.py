"""The address of each registry's data plane: `/v2/` names neither account nor region, so each has a port of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from localcloud.ecr.state import Registry
from localcloud.server import LOOPBACK


class Ports:
    """Opens a registry's port when somebody first asks for its address."""

    def __init__(self, open_port: Callable[[Registry], Awaitable[int]]) -> None:
        self._open = open_port
        self._hosts: dict[tuple[str, str], str] = {}
        self._opening = asyncio.Lock()

    async def host(self, registry: Registry) -> str:
        """127.0.0.1:PORT, which stands for ACCOUNT.dkr.ecr.REGION.amazonaws.com."""
        place = registry.account, registry.region
        async with self._opening:
            if place not in self._hosts:
                self._hosts[place] = f"{LOOPBACK}:{await self._open(registry)}"
        return self._hosts[place]
