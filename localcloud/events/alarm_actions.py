"""CloudWatch alarms that change their state by hand, and their actions: cloudwatch.amazonaws.com publishes to topics.

The emulator keeps the alarms and evaluates the composites. Its own actions read no policy of a topic or a key, and drop
what a subscription does not take: so they are off while a state changes, and are done here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.aws import Arn, RegistryId
from localcloud.events.journal import Delivery, DeliveryOutcome, Journal
from localcloud.events.permissions import ALARMS, NO_RESOURCE, ServiceSource, UndeliverableError, arn_of, undeliverable
from localcloud.events.topics import Topics
from localcloud.iam_and_kms import Backend

_SERVICE = "cloudwatch"
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_KINDS = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm"}
_TRIGGER = (
    "MetricName", "Namespace", "Statistic", "Unit", "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm",
    "ComparisonOperator", "Threshold", "TreatMissingData", "Metrics",
)  # fmt: skip
_SUBJECT_MAX = 100

_Alarms = dict[str, dict[str, Any]]


class AlarmMissing(LookupError):
    """There is no alarm of this name in the account and region."""


@dataclass(frozen=True, slots=True)
class Alarms:
    backend: Backend
    topics: Topics
    journal: Journal

    async def change(self, place: RegistryId, name: str, state: str, reason: str) -> tuple[Delivery, ...]:
        """Sets the alarm's state, and does the actions of all alarms whose state that changes: the publications."""
        before = await self._alarms(place)
        if name not in before:
            raise AlarmMissing(f"{place} has no alarm {name!r}, but {', '.join(sorted(before)) or 'none'}")
        acting = [each for each, alarm in before.items() if alarm["ActionsEnabled"]]
        await self._switch("DisableAlarmActions", acting, place)
        try:
            wanted = {"AlarmName": name, "StateValue": state, "StateReason": reason}
            await self._call("SetAlarmState", wanted, place)
            after = await self._alarms(place)
        finally:
            await self._switch("EnableAlarmActions", acting, place)
        after[name]["StateValue"], after[name]["StateReason"] = state, reason
        done: list[Delivery] = []
        for each in acting:
            old, alarm = before[each]["StateValue"], after[each]
            related = each == name or "AlarmRule" in alarm
            if related and old != alarm["StateValue"]:
                done += [await self._act(place, alarm, old, each) for each in alarm[_ACTIONS[alarm["StateValue"]]]]
        return tuple(done)

    async def _act(self, place: RegistryId, alarm: Mapping[str, Any], old: str, action: str) -> Delivery:
        source = ServiceSource(service=ALARMS, arn=alarm["AlarmArn"], account=place.account)
        text, state = _message(place, alarm, old), alarm["StateValue"]
        subject = f'{state}: "{alarm["AlarmName"]}" in {place.region}'[:_SUBJECT_MAX]
        error: UndeliverableError | None = None
        try:
            with undeliverable():
                await self.topics.publish(source, _topic(action), text, subject=subject)
        except UndeliverableError as failed:
            error = failed
        # CloudWatch has no dead-letter queue: what an alarm can't publish is lost, and its history says so.
        outcome = DeliveryOutcome.DELIVERED if error is None else DeliveryOutcome.LOST
        delivery = Delivery(source=source.arn, target=action, text=text, outcome=outcome, error=error)
        self.journal.note_delivery(place, delivery)
        return delivery

    async def _alarms(self, place: RegistryId) -> _Alarms:
        found: _Alarms = {}
        wanted: dict[str, Any] = {"AlarmTypes": list(_KINDS.values())}
        while True:
            answer = await self._call("DescribeAlarms", wanted, place)
            found |= {each["AlarmName"]: each for kind in _KINDS for each in answer.get(kind, ())}
            if not answer.get("NextToken"):
                return found
            wanted = {**wanted, "NextToken": answer["NextToken"]}

    async def _switch(self, operation: str, names: list[str], place: RegistryId) -> None:
        for start in range(0, len(names), 100):
            await self._call(operation, {"AlarmNames": names[start : start + 100]}, place)

    async def _call(self, operation: str, wanted: Mapping[str, Any], place: RegistryId) -> dict[str, Any]:
        return await self.backend.call(_SERVICE, operation, wanted, account=place.account, region=place.region)


def _topic(action: str) -> Arn:
    topic = arn_of(action)
    if topic.service != "sns":
        raise UndeliverableError(NO_RESOURCE, f"the local cloud does no action of an alarm but SNS's: {action}")
    return topic


def _message(place: RegistryId, alarm: Mapping[str, Any], old: str) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"""
    lists = {name: list(alarm.get(name, ())) for name in ("OKActions", "AlarmActions", "InsufficientDataActions")}
    about = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": place.account,
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm.get("StateReason", ""),
        "StateChangeTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": place.region,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old,
        **lists,
    }
    if "AlarmRule" in alarm:
        return json.dumps({**about, "AlarmRule": alarm["AlarmRule"]}, default=str)
    trigger = {name: alarm[name] for name in _TRIGGER if alarm.get(name) is not None}
    return json.dumps({**about, "Trigger": trigger}, default=str)
