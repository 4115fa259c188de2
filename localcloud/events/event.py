"""An event of an AWS service, as EventBridge sends it to a target, and where events are put."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from domain.aws import RegistryId

Event = dict[str, Any]
"""https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""


class EventBus(Protocol):
    """The default bus of each account and region; an event says whose it is."""

    def put(self, event: Event) -> None:
        """Returns at once: what follows from the event happens afterwards."""
        ...

    def offer(self, place: RegistryId, make: Callable[[], Event]) -> None:
        """The same of an event that is made when someone wants it: most calls to ECR are of interest to no rule."""
        ...


def new_event(
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    *,
    account: str,
    region: str,
    now: datetime,
    resources: Sequence[str] = (),
) -> Event:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": utc_text(now),
        "region": region,
        "resources": list(resources),
        "detail": detail,
    }


def utc_text(now: datetime) -> str:
    """As events and CloudTrail's records have a moment: whole seconds of UTC."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"
