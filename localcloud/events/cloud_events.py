"""The events of a local cloud, for those who have no loop of their own: what was seen, waited for, planted, changed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from domain.aws import RegistryId
from localcloud.ecr.registry_state import Registries, StoredRegistry
from localcloud.ecr.services import Services
from localcloud.events import planted
from localcloud.events.alarm_actions import Alarms
from localcloud.events.event import Event
from localcloud.events.journal import Delivery, EventsSeen, Journal
from localcloud.events.lanes import Lanes
from localcloud.events.router import EventRouter
from localcloud.events.topics import Topics
from localcloud.iam_and_kms import Backend
from localcloud.server import Server

_T = TypeVar("_T")


class CloudEvents:
    """`LocalCloud.events`; every method can be called from any thread but the server's."""

    def __init__(self, server: Server, backend: Backend) -> None:
        self._server = server
        self._journal, self._lanes = Journal(), Lanes()
        self._topics = Topics(backend, self._lanes, self._journal)
        self._alarms = Alarms(backend, self._topics, self._journal)
        self.router = EventRouter(backend, self._topics, self._lanes, self._journal)
        self.services: Services | None = None
        """Of the cloud's own ECR."""

    def put(self, event: Event) -> None:
        """As a service of AWS puts it."""
        self._in_loop(lambda: self.router.put(event))

    def settled(self, within: float = 30.0) -> None:
        """Returns when everything that has happened so far is replicated, matched and delivered, or has failed.

        Raises TimeoutError where that takes more seconds."""
        self._server.wait(self._settle(within))

    def seen(self, account: str, region: str) -> EventsSeen:
        """What happened there: events, CloudTrail's records, deliveries, failures and counts."""
        return self._in_loop(lambda: self._journal.seen(RegistryId(account=account, region=region)))

    def alarm_state(
        self, account: str, region: str, name: str, state: str, reason: str = "set by hand"
    ) -> tuple[Delivery, ...]:
        """Sets the state of an alarm, and does its actions and those of the composites that change with it.

        The publications to topics, each allowed or refused as cloudwatch.amazonaws.com; raises AlarmMissing."""
        place = RegistryId(account=account, region=region)
        return self._server.wait(self._alarms.change(place, name, state, reason))

    def plant_scan(
        self,
        account: str,
        region: str,
        repository: str,
        image: str,
        counts: Mapping[str, int],
        *,
        inspector: bool = False,
    ) -> Event:
        """As if the image, by tag or digest, had been scanned: so many findings of each severity."""
        registry = self._registry(account, region)
        return self._planted(lambda: planted.scan_event(registry, repository, image, counts, inspector=inspector))

    def plant_finding(
        self,
        account: str,
        region: str,
        repository: str,
        image: str,
        *,
        vulnerability: str = "CVE-2026-0001",
        severity: str = "CRITICAL",
        status: str = "ACTIVE",
    ) -> Event:
        """As if Inspector had found something in the image."""
        registry = self._registry(account, region)
        return self._planted(
            lambda: planted.finding_event(
                registry, repository, image, vulnerability=vulnerability, severity=severity, status=status
            )
        )

    def plant_lifecycle_run(
        self,
        account: str,
        region: str,
        repository: str,
        *,
        expired: Sequence[str] = (),
        failed: Sequence[str] = (),
        failure_code: str = planted.REFERENCED,
    ) -> Event:
        """As if the repository's lifecycle policy had run over these images, of which the failed ones stay."""
        registry = self._registry(account, region)
        return self._planted(
            lambda: planted.lifecycle_run_event(
                registry, repository, expired=expired, failed=failed, failure_code=failure_code
            )
        )

    async def close(self) -> None:
        await self._lanes.close()
        await self._topics.close()

    async def _settle(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            if self.services is not None:
                await self.services.replicator.settled()
            await self._lanes.settled()

    def _registry(self, account: str, region: str) -> StoredRegistry:
        registries = self.services.registries if self.services is not None else Registries()
        return registries.of(account, region)

    def _planted(self, make: Callable[[], Event]) -> Event:
        def plant() -> Event:
            event = make()
            self.router.put(event)
            return event

        return self._in_loop(plant)

    def _in_loop(self, function: Callable[[], _T]) -> _T:
        async def run() -> _T:
            return function()

        return self._server.wait(run())
