"""The rules of the emulator at work on the events of AWS's own services: matched, transformed, and sent to the targets.

A target that fails for a reason that is none of time's is not tried again, as EventBridge documents it: permissions, a
resource that is gone. So a retry policy has nothing to bound here.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from domain.aws import RegistryId
from domain.events.patterns import matches
from domain.events.transforms import INVALID_JSON, NotTransformedError, transformed, value_on_path
from localcloud.events.event import Event, utc_text
from localcloud.events.journal import Delivery, DeliveryOutcome, Journal
from localcloud.events.lanes import Lanes
from localcloud.events.log_groups import put_log_event
from localcloud.events.permissions import EVENTS, NO_RESOURCE, ServiceSource, UndeliverableError, arn_of, undeliverable
from localcloud.events.queues import send_message
from localcloud.events.topics import Topics
from localcloud.events.trail import API_CALL
from localcloud.iam_and_kms import Backend

_SERVICE = "events"
_ENABLED, _WITH_READS = "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_READS = ("Describe", "Get", "List")
"""Of a call that only reads and has another name, a rule that is only enabled gets the event.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html"""
_METRICS = "AWS/Events"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusRule:
    """A rule of the default bus, with its targets as the API has them."""

    name: str
    arn: str
    pattern: Mapping[str, Any]
    with_reads: bool
    targets: tuple[Mapping[str, Any], ...]

    def takes(self, event: Event) -> bool:
        if not self.with_reads and _only_reads(event):
            return False
        return matches(self.pattern, event)


class EventRouter:
    """The default bus of every account and region."""

    def __init__(self, backend: Backend, topics: Topics, lanes: Lanes, journal: Journal) -> None:
        self._backend = backend
        self._topics = topics
        self._lanes = lanes
        self._journal = journal

    def put(self, event: Event) -> None:
        place = RegistryId(account=event["account"], region=event["region"])
        self._journal.note_event(place, event)
        if not self._without_rules(place):
            self._lanes.add(place, partial(self._route, place, event))

    def offer(self, place: RegistryId, make: Callable[[], Event]) -> None:
        if self._without_rules(place):
            self._journal.note_event(place, make)
        else:
            self.put(make())

    def _without_rules(self, place: RegistryId) -> bool:
        """Whether it is known that there is none, so that there is nothing to do."""
        return bool(self._backend.known(_SERVICE, place.account, place) == ())

    async def _route(self, place: RegistryId, event: Event) -> None:
        for rule in await self._rules(place):
            if rule.takes(event):
                self._count(place, rule, "MatchedEvents", "TriggeredRules")
                for target in rule.targets:
                    self._lanes.add((rule.arn, target["Id"]), partial(self._invoke, place, rule, target, event))

    async def _invoke(self, place: RegistryId, rule: BusRule, target: Mapping[str, Any], event: Event) -> None:
        source = ServiceSource(service=EVENTS, arn=rule.arn, account=place.account)
        self._count(place, rule, "Invocations")
        text, outcome = json.dumps(event), DeliveryOutcome.DELIVERED
        error: UndeliverableError | None = None
        try:
            text = _input(rule, target, event)
            with undeliverable():
                await self._send(source, target, text)
        except UndeliverableError as failed:
            self._count(place, rule, "FailedInvocations")
            outcome, error = await self._dead_letter(place, rule, target, event, failed)
        self._journal.note_delivery(
            place,
            Delivery(
                source=rule.arn,
                target=target["Arn"],
                text=text,
                outcome=outcome,
                error=error,
            ),
        )

    async def _send(self, source: ServiceSource, target: Mapping[str, Any], text: str) -> None:
        arn = arn_of(target["Arn"])
        match arn.service:
            case "sns":
                await self._topics.publish(source, arn, text)
            case "sqs":
                group = target.get("SqsParameters", {}).get("MessageGroupId")
                await send_message(source, arn, text, self._backend, group=group)
            case "logs":
                await put_log_event(source, arn, text, self._backend)
            case _:
                raise UndeliverableError(NO_RESOURCE, f"the local cloud sends no event to {arn.service}")

    async def _dead_letter(
        self, place: RegistryId, rule: BusRule, target: Mapping[str, Any], event: Event, failed: UndeliverableError
    ) -> tuple[DeliveryOutcome, UndeliverableError]:
        """The event as it came, and why it went no further.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return DeliveryOutcome.LOST, failed
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": failed.code,
            "ERROR_MESSAGE": failed.message,
            "RETRY_ATTEMPTS": "0",
        }
        source = ServiceSource(service=EVENTS, arn=rule.arn, account=place.account)
        try:
            await send_message(source, arn_of(queue), json.dumps(event), self._backend, attributes=attributes)
        except UndeliverableError as again:
            self._count(place, rule, "InvocationsFailedToBeSentToDlq")
            return DeliveryOutcome.LOST, UndeliverableError(again.code, f"{failed.message}; {queue}: {again.message}")
        self._count(place, rule, "InvocationsSentToDlq")
        return DeliveryOutcome.DEAD_LETTERED, failed

    async def _rules(self, place: RegistryId) -> tuple[BusRule, ...]:
        """Those that are enabled, read once until the account writes to EventBridge."""
        return await self._backend.remembered(_SERVICE, place.account, place, lambda: self._read(place))

    async def _read(self, place: RegistryId) -> tuple[BusRule, ...]:
        listed = await self._pages("ListRules", {}, "Rules", place)
        rules = [
            BusRule(
                name=each["Name"],
                arn=each["Arn"],
                pattern=json.loads(each["EventPattern"]),
                with_reads=each["State"] == _WITH_READS,
                targets=tuple(await self._pages("ListTargetsByRule", {"Rule": each["Name"]}, "Targets", place)),
            )
            for each in listed
            if each["State"] in (_ENABLED, _WITH_READS) and each.get("EventPattern")
        ]
        return tuple(rules)

    async def _pages(self, operation: str, wanted: Mapping[str, str], members: str, place: RegistryId) -> list[Any]:
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:
            answer = await self._backend.call(
                _SERVICE, operation, {**wanted, **token}, account=place.account, region=place.region
            )
            found += answer.get(members, ())
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def _count(self, place: RegistryId, rule: BusRule, *names: str) -> None:
        self._journal.count(place, *((_METRICS, each, rule.name) for each in names))


def _only_reads(event: Event) -> bool:
    if event["detail-type"] != API_CALL:
        return False
    detail = event["detail"]
    return bool(detail["readOnly"]) and detail["eventName"].startswith(_READS)


def _input(rule: BusRule, target: Mapping[str, Any], event: Event) -> str:
    """What the target is sent: the event, a part of it, what the transformer makes of it, or a constant."""
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        now = utc_text(datetime.now(UTC))
        paths, template = transformer.get("InputPathsMap", {}), transformer["InputTemplate"]
        try:
            return transformed(paths, template, event, rule_arn=rule.arn, rule_name=rule.name, ingestion_time=now)
        except NotTransformedError as failed:
            raise UndeliverableError(INVALID_JSON, str(failed)) from failed
    if "InputPath" in target:
        return json.dumps(value_on_path(target["InputPath"], event))
    return str(target.get("Input") or json.dumps(event))
