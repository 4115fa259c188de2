"""Vulnerabilities that scans find."""

from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "a critical or high finding raises a message, by a basic scan or by Amazon Inspector, and a low one none"


applies = messages.is_subscribed


def prove_monitoring(case: MonitoringCase) -> str:
    """Nothing is scanned here: what scanners say is planted."""
    inbox, name = Inbox(case), case.made_repository()
    _, credentials = case.by_hand()
    pushed, tag = case.push_as(credentials, name)
    events, digest = case.events, pushed.digest
    for inspector in (False, True):
        events.plant_scan(*case.place, name, tag, {"LOW": 3, "MEDIUM": 1}, inspector=inspector)
    events.plant_finding(*case.place, name, tag, severity="MEDIUM")
    # The push itself is another matter.
    for subscriber, got in inbox.messages().items():
        messages.require_none(subscriber, [each for each in got if each.rule.startswith("findings")], digest)
    for inspector in (False, True):
        events.plant_scan(*case.place, name, tag, {"CRITICAL": 2, "HIGH": 4}, inspector=inspector)
    events.plant_finding(*case.place, name, tag, severity="HIGH")
    counts = [name, digest, "Critical: 2", "High: 4"]
    expected = [
        ("findings-basic", counts),
        ("findings-inspector-scan", counts),
        ("findings-inspector", [name, digest, "HIGH"]),
    ]
    messages.require_messages(case, inbox, expected)
    case.remove(name)
    return f"{len(expected)} messages of {digest}"
