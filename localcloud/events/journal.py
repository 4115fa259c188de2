"""What happened to events, for those who look: the last events, deliveries and counts of each account and region."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from domain.aws import RegistryId
from localcloud.events.event import Event
from localcloud.events.permissions import UndeliverableError
from localcloud.events.trail import API_CALL, SERVICE_EVENT

KEPT = 1000
"""Events, and deliveries, of each account and region: the last ones."""


class DeliveryOutcome(Enum):
    DELIVERED = "delivered"
    DEAD_LETTERED = "sent to the dead-letter queue"
    LOST = "lost"
    NOT_HERE = "not delivered by the local cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to hand something on, and how it ended."""

    source: str
    """The ARN of the rule, of the alarm, or of the topic."""
    target: str
    """The ARN of the target, or a subscription's endpoint."""
    text: str
    """What was sent, or was to be."""
    outcome: DeliveryOutcome
    error: UndeliverableError | None = None
    """Its code and message, where it failed at first."""
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))


Metric = tuple[str, str, str]
"""Namespace, name, and the value of the one dimension: RuleName, TopicName."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsSeen:
    """In one account and region, the last ones, in the order in which they happened."""

    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...]
    metrics: Mapping[Metric, int]
    """As EventBridge and SNS count for CloudWatch, since the cloud started."""

    @property
    def records(self) -> tuple[Mapping[str, Any], ...]:
        """CloudTrail's."""
        return tuple(each["detail"] for each in self.events if each["detail-type"] in (API_CALL, SERVICE_EVENT))

    @property
    def failures(self) -> tuple[Delivery, ...]:
        return tuple(each for each in self.deliveries if each.outcome is not DeliveryOutcome.DELIVERED)


class Journal:
    def __init__(self) -> None:
        self._events: dict[RegistryId, deque[Event | Callable[[], Event]]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._deliveries: dict[RegistryId, deque[Delivery]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._counts: dict[RegistryId, Counter[Metric]] = defaultdict(Counter)

    def note_event(self, place: RegistryId, event: Event | Callable[[], Event]) -> None:
        """An event, or what makes it: it is made once, when someone looks."""
        self._events[place].append(event)

    def note_delivery(self, place: RegistryId, delivery: Delivery) -> None:
        self._deliveries[place].append(delivery)

    def count(self, place: RegistryId, *metrics: Metric) -> None:
        self._counts[place].update(metrics)

    def seen(self, place: RegistryId) -> EventsSeen:
        made = tuple(each() if callable(each) else each for each in self._events[place])
        self._events[place].clear()
        self._events[place].extend(made)
        return EventsSeen(
            events=made,
            deliveries=tuple(self._deliveries[place]),
            metrics=dict(self._counts[place]),
        )
