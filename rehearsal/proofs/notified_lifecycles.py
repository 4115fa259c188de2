"""Runs of lifecycle policies that leave images as they are."""

from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "a run of a lifecycle policy that fails in part raises a message, and one that expires all it should none"

applies = messages.is_told_of_calls


def prove_monitoring(case: MonitoringCase) -> str:
    """No policy runs here: what the run does is planted."""
    inbox, name = Inbox(case), case.made_repository()
    _, credentials = case.by_hand()
    pushed, tag = case.push_as(credentials, name)
    case.events.plant_lifecycle_run(*case.place, name, expired=[tag])
    for subscriber, got in inbox.messages().items():
        messages.require_none(subscriber, [each for each in got if each.rule == "lifecycle-failed"], name)
    case.events.plant_lifecycle_run(*case.place, name, failed=[tag], failure_code="KmsError")
    messages.require_messages(case, inbox, [("lifecycle-failed", [name])])
    case.remove(name)
    return f"{pushed.digest} was left in {name}"
