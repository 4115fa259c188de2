"""Monitoring that is loosened: people are no longer notified of something."""

from dataclasses import replace
from typing import Any

import pytest

from resources.cloudwatch import METRIC_ALARM
from resources.events import EVENT_RULE
from resources.logs import LOG_GROUP
from review.plan.model import Plan, Topic
from review.plan.render_diff import plan
from tests.cases import case, cases
from tests.review.plan.changed import CATALOG, NO_EUROPE, SMALL
from tests.stacks import AWS_ALONE, NO_MONITORING, TextEdit, rendered

ALONE = tuple(each for each in AWS_ALONE if each not in NO_MONITORING)
P = "container-registry-prod"
PLACES = "ap-northeast-1, eu-west-1 and us-east-1 (account 222233334444)"
HOME = "us-east-1 (account 222233334444)"
BASE: tuple[TextEdit, ...] = (
    SMALL,
    ("catalog.yaml", "    mutable_tags: [latest]\n", "    mutable_tags: [latest]\n    alarms: [pulls-stopped]\n"),
    *ALONE,
)
NO_ONE, LOG = "no one is notified of anything any more", f"Log group /aws/events/{P}-monitoring"
UNSEEN = (
    "no one is notified of pushes and deletions by principals that are not declared, of denied calls, changed "
    "settings, disabled keys and failed lifecycle runs"
)


def stack(old: str, new: str = "") -> TextEdit:
    return "Pulumi.prod.yaml", old, new


def option(line: str) -> TextEdit:
    """One more key of monitoring's."""
    return stack("    trail: true\n", f"    trail: true\n    {line}\n")


def between(base: tuple[TextEdit, ...], head: tuple[TextEdit, ...]) -> Plan:
    return plan(rendered("prod", *BASE, *base), rendered("prod", *BASE, *head))


def weaker(found: Plan) -> list[str]:
    """What the gate reports."""
    assert {each.topic for each in found.consequences if each.id == "plan-weakens"} <= {Topic.WEAKER}
    return [each.text for each in found.consequences if each.id == "plan-weakens"]


TRAIL, NO_TRAIL = stack("    trail: true\n"), stack("    trail: true\n", "    trail: false\n")
NO_GROUP = stack("    trail_log_group: arn:aws:logs:us-east-1:222233334444:log-group:organization-trail\n")
AUDIT = option("audit_log: true")
FEW_IMAGES, MANY_IMAGES = (option(f"thresholds: {{images: {count}}}") for count in (0, 90_000))


@cases(
    "base, head, expected",
    case("nothing", (), (), []),
    case(
        "an address", (), (stack("      - {email: platform@acme.example}\n"),),
        [f"email platform@acme.example no longer gets the messages of {PLACES}."],
    ),
    case("one more address", (stack("      - {email: platform@acme.example}\n"),), (), []),
    case(
        "a queue of one region", (),
        (stack('      - {sqs: "arn:aws:sqs:us-east-1:222233334444:registry-events"}\n'),),
        [f"sqs arn:aws:sqs:us-east-1:222233334444:registry-events no longer gets the messages of {HOME}."],
    ),
    case(
        "a channel", (), (stack("      - {slack: {workspace: T0123ABCD, channel: C0123ABCD}}\n"),),
        ["Slack channel C0123ABCD no longer gets messages."],
    ),
    case("a threshold", (), (MANY_IMAGES,), [
        f"Alarm {P}-images in {PLACES} goes off later or not at all: its threshold is 90,000 in place of 80,000."
    ]),
    case("a lower threshold", (MANY_IMAGES,), (), []),
    case("an alarm", (), (FEW_IMAGES,), [f"Alarm {P}-images is removed in {PLACES}."]),
    case("one more alarm", (FEW_IMAGES,), (), []),
    case(
        "a repository's", (), (("catalog.yaml", "    alarms: [pulls-stopped]\n", ""),),
        [f"Alarm {P}-pulls-stopped-payments/api is removed in {HOME}."],
    ),
    case("a trail", (), (NO_GROUP, NO_TRAIL), [
        f"Calls are no longer seen in {PLACES}: {UNSEEN}.",
        f"Alarms {P}-denied-calls and {P}-push-failures are removed in {HOME}.",
    ]),
    case("a trail that comes", (NO_GROUP, NO_TRAIL), (), []),
    case("retention", (), (option("log_retention_days: 30"),), [
        f"{LOG} in {PLACES} keeps events for 30 days and no longer 90: older ones are deleted."
    ]),
    case("longer retention", (option("log_retention_days: 30"),), (), []),
    case("the log of calls", (AUDIT,), (), [
        f"Event rule {P}-calls is removed in {PLACES}: no one is notified of these events.",
        f"Log group /aws/events/{P}-audit in {PLACES} is deleted with what it has.",
    ]),
    case("all of it", (), NO_MONITORING, [
        f"Monitoring ends in {PLACES}: {NO_ONE}, and its log groups are deleted with what they have."
    ]),
    case("all of it comes", NO_MONITORING, (), []),
)  # fmt: skip
def test_what_is_loosened(base: tuple[TextEdit, ...], head: tuple[TextEdit, ...], expected: list[str]) -> None:
    assert weaker(between(base, head)) == expected


def test_what_leaves_with_its_repository_or_registry_is_said_there() -> None:
    api = CATALOG[CATALOG.index("  payments/api:") : CATALOG.index("  storefront/web:")].replace(
        "[latest]\n", "[latest]\n    alarms: [pulls-stopped]\n"
    )
    assert not [each for each in weaker(between((), (("catalog.yaml", api, ""),))) if "larm" in each]
    assert not [each for each in weaker(between((), (NO_EUROPE,))) if "Monitoring" in each or "messages" in each]


def test_a_new_stack_has_nothing_to_lose() -> None:
    assert weaker(plan(None, rendered("prod", *BASE))) == []


def changed(kind: str, name: str, **inputs: Any) -> list[str]:
    """One resource with other inputs; those that are None are left out."""
    base = rendered("prod", *BASE)
    (old,) = (each for each in base.resources if each.type == kind and each.name == name)
    merged = {key: value for key, value in {**old.inputs, **inputs}.items() if value is not None}
    return weaker(plan(base, replace(base, resources=tuple(
        replace(each, inputs=merged) if each is old else each for each in base.resources
    ))))  # fmt: skip


RULE, PULLS, IMAGES = (f"registry@us-east-1.{each}" for each in ("call-denied", "pulls-stopped-payments/api", "images"))


def test_one_rule_of_calls_is_no_trail() -> None:
    base = rendered("prod", *BASE)
    gone = ("registry@us-east-1.call-denied", "registry@us-east-1.undeclared-push")
    left = replace(base, resources=tuple(each for each in base.resources if each.name not in gone))
    names = f"{P}-call-denied and {P}-undeclared-push"
    text = f"Event rules {names} are removed in {HOME}: no one is notified of these events."
    assert weaker(plan(base, left)) == [text]


LATER = "goes off later or not at all"


@cases(
    "kind, name, inputs, expected",
    (EVENT_RULE, RULE, {"state": "DISABLED"}, [f"Event rule {P}-call-denied is disabled in {HOME}."]),
    (
        EVENT_RULE, RULE, {"state": "ENABLED"},
        [f"Event rule {P}-call-denied is no longer matching calls that only read, as pulls are, in {HOME}."],
    ),
    (EVENT_RULE, RULE, {"description": "another"}, []),
    (EVENT_RULE, "registry@us-east-1.cache-failed", {"state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}, []),
    (METRIC_ALARM, PULLS, {"threshold": 0.5}, [
        f"Alarm {P}-pulls-stopped-payments/api in {HOME} {LATER}: its threshold is 0.5 in place of 1."
    ]),
    (METRIC_ALARM, PULLS, {"threshold": 2.0}, []),
    (METRIC_ALARM, PULLS, {"datapointsToAlarm": None, "evaluationPeriods": 48}, [
        f"Alarm {P}-pulls-stopped-payments/api in {HOME} {LATER}: 48 periods must be beyond it in place of 24."
    ]),
    (METRIC_ALARM, PULLS, {"treatMissingData": "ignore"}, [
        f"Alarm {P}-pulls-stopped-payments/api in {HOME} {LATER}: missing data is no longer a breach."
    ]),
    (METRIC_ALARM, IMAGES, {"treatMissingData": "breaching"}, []),
    (METRIC_ALARM, IMAGES, {"alarmActions": []}, [f"Alarm {P}-images in {HOME} {LATER}: it has no action any more."]),
    (METRIC_ALARM, IMAGES, {"actionsEnabled": False, "threshold": 1e6}, [
        f"Alarm {P}-images in {HOME} {LATER}: its threshold is 1,000,000 in place of 80,000; its actions are disabled."
    ]),
    (LOG_GROUP, "registry@us-east-1.events", {"retentionInDays": None}, []),
    (LOG_GROUP, "registry@us-east-1.events", {"retentionInDays": 0}, []),
)  # fmt: skip
def test_one_input(kind: str, name: str, inputs: dict[str, Any], expected: list[str]) -> None:
    assert changed(kind, name, **inputs) == expected


@pytest.mark.parametrize("days", [None, 0])
def test_no_longer_for_ever(days: int | None) -> None:
    base = rendered("prod", *BASE)
    for_ever = tuple(
        replace(each, inputs={**each.inputs, "retentionInDays": days}) if each.type == LOG_GROUP else each
        for each in base.resources
    )
    (text,) = weaker(plan(replace(base, resources=for_ever), base))
    assert text.endswith("keeps events for 90 days and no longer for ever: older ones are deleted.")
