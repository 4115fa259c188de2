"""Work that is done in the order in which it came within a lane, while the lanes run side by side."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable

_LOG = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


class Lanes:
    """In the running loop; a lane is there as long as it has work."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Work]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def add(self, lane: Hashable, work: Work) -> None:
        """Returns at once."""
        if lane in self._waiting:
            self._waiting[lane].append(work)
            return
        self._waiting[lane] = deque([work])
        task = asyncio.create_task(self._empty(lane))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Returns when all work is done, and all that came of it."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """What is not done is left."""
        for each in self._running:
            each.cancel()
        await self.settled()

    async def _empty(self, lane: Hashable) -> None:
        waiting = self._waiting[lane]
        try:
            while waiting:
                try:
                    await waiting.popleft()()
                except Exception:  # noqa: BLE001 - one piece of work must not end the lane
                    _LOG.exception("work in the lane %s failed", lane)
        finally:
            del self._waiting[lane]
