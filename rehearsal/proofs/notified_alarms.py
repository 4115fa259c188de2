"""The last step of an alarm: Amazon CloudWatch publishes to the topic."""

from domain.monitoring.registry_alarms import COMPOSITE
from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "an alarm that goes off reaches the subscribers, with what is wrong and the runbook, as every other would"
_REASON = "Threshold Crossed: by a proof"

applies = messages.is_subscribed


def prove_monitoring(case: MonitoringCase) -> str:
    _require_actions(case)
    monitored = case.monitored
    alarm, named = monitored.alarms[-1], monitored.names.named
    # It may have gone off in a run before, and been left so.
    case.events.alarm_state(*case.place, named(alarm.id), "OK", _REASON)
    inbox = Inbox(case)
    name, composite = f'"{named(alarm.id)}"', f'"{named(COMPOSITE)}"'
    words = (name, '"NewStateValue": "ALARM"', case.registry.region, alarm.description(monitored.runbooks))
    case.events.alarm_state(*case.place, named(alarm.id), "ALARM", _REASON)
    messages.require_texts(inbox, {f"alarm {name}": words})
    case.events.alarm_state(*case.place, named(alarm.id), "OK", _REASON)
    well = {f"the end of {each}": (each, '"NewStateValue": "OK"') for each in (name, composite)}
    messages.require_texts(inbox, well)
    return f"{name} went off, and is well again; {len(monitored.alarms)} alarms publish to the topic"


def _require_actions(case: MonitoringCase) -> None:
    """Each alarm publishes both its states, to the topic alone; the composite that all is well."""
    names = case.monitored.names
    declared = {names.named(each.id): ([names.topic_arn], [names.topic_arn]) for each in case.monitored.alarms}
    declared[names.named(COMPOSITE)] = ([], [names.topic_arn])
    pages = case.api("cloudwatch").get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=names.named(""), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )  # fmt: skip
    found = {
        each["AlarmName"]: (each["AlarmActions"], each["OKActions"])
        for page in pages
        for kind in ("MetricAlarms", "CompositeAlarms")
        for each in page[kind]
        if each["ActionsEnabled"]
    }
    for name, actions in declared.items():
        if found.get(name) != actions:
            raise Broken(f"alarm {name}: declared actions {actions}, and there are {found.get(name)}")
