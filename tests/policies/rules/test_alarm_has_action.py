"""Alarms that no one is notified of."""

from dataclasses import replace
from typing import Any

from domain.document_text import UNKNOWN
from policies.rules.alarm_has_action import RULE
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.sns import TOPIC
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.monitored import ACCOUNT, TOPIC_ARN, monitored, not_known_yet
from tests.policies.rules.texts import HOME, OTHER

NO_ACTION = "has no action in any state: no one is notified"
ONLY_ITS_END = "acts where it ends, and not where it goes off"
NOWHERE = {"alarmActions": None, "okActions": None}
LAMBDA_ARN = f"arn:aws:lambda:us-east-1:{HOME}:function:page"
UNDECLARED, ELSEWHERE = f"{TOPIC_ARN}-2", TOPIC_ARN.replace("us-east-1", "eu-west-1")


def judged(*, without: Any = (), **changed: Any) -> list[str]:
    return findings(RULE, *monitored(without, **changed))


def no_topic(arn: str, why: str = "no topic that the stack declares") -> list[str]:
    return [f"alarm has the action {arn!r}, which is {why}"]


@cases(
    "inputs, expected",
    case("compliant", {}, []),
    case("unset", NOWHERE, [f"alarm {NO_ACTION}"]),
    case("none", {"alarmActions": [], "okActions": [], "insufficientDataActions": []}, [f"alarm {NO_ACTION}"]),
    case("only its end", {"alarmActions": None}, [f"alarm {ONLY_ITS_END}"]),
    case("only missing data", {**NOWHERE, "insufficientDataActions": [TOPIC_ARN]}, [f"alarm {ONLY_ITS_END}"]),
    case("only where it goes off", {"okActions": None}, []),
    case("unknown", {"alarmActions": UNKNOWN}, []),
    case("disabled", {"actionsEnabled": False}, ["alarm has its actions disabled"]),
    case("disabled by a text", {"actionsEnabled": "false"}, ["alarm has its actions disabled"]),
    case("enabled", {"actionsEnabled": True}, []),
    case("enabled or not", {"actionsEnabled": UNKNOWN}, ["alarm undecided actionsEnabled"]),
    case("a function", {"alarmActions": [LAMBDA_ARN]}, []),
    case("a topic of another account", {"alarmActions": [TOPIC_ARN.replace(HOME, OTHER)]}, []),
    case("a topic that is not declared", {"alarmActions": [UNDECLARED]}, no_topic(UNDECLARED)),
    case("one of two", {"alarmActions": [TOPIC_ARN, UNDECLARED]}, no_topic(UNDECLARED)),
    case("where it ends", {"okActions": [UNDECLARED]}, no_topic(UNDECLARED)),
    case("a topic in another region", {"alarmActions": [ELSEWHERE]}, no_topic(ELSEWHERE)),
    case("no ARN", {"alarmActions": ["monitoring"]}, no_topic("monitoring", "no ARN")),
    case("half an ARN", {"alarmActions": ["arn:aws:sns:us-east-1"]}, no_topic("arn:aws:sns:us-east-1", "no ARN")),
    case("no text", {"alarmActions": [1.0]}, ["alarm has the action 1.0, which is no ARN"]),
)
def test_a_metric_alarm(inputs: dict[str, Any], expected: list[str]) -> None:
    assert judged(alarm=inputs) == expected


@cases(
    "inputs, expected",
    case("compliant", {}, []),
    case("unset", {"okActions": None}, [f"composite {NO_ACTION}"]),
    case("unknown", {"okActions": UNKNOWN}, []),
    case("no ARN", {"okActions": ["x"]}, ["composite has the action 'x', which is no ARN"]),
    case("disabled", {"actionsEnabled": False}, ["composite has its actions disabled"]),
)
def test_a_composite_alarm(inputs: dict[str, Any], expected: list[str]) -> None:
    assert judged(composite=inputs) == expected


@cases(
    "rule, alarm, expected",
    case("by its name", 'ALARM("p-images")', {}, []),
    case("by its ARN", f"NOT ALARM(arn:aws:cloudwatch:us-east-1:{HOME}:alarm:p-images)", {}, []),
    case("another", 'ALARM("p-images-2")', {}, [f"alarm {ONLY_ITS_END}"]),
    case("no rule", "ALARM(", {}, [f"alarm {ONLY_ITS_END}"]),
    case("none", None, {}, [f"alarm {ONLY_ITS_END}"]),
    case("not known yet", UNKNOWN, {}, [f"alarm {ONLY_ITS_END}"]),
    case("without any action", 'ALARM("p-images")', {"okActions": None}, [f"alarm {NO_ACTION}"]),
)
def test_a_composite_alarm_acts_for_its_parts(rule: str | None, alarm: dict[str, Any], expected: list[str]) -> None:
    composite = {"alarmRule": rule, "alarmActions": [TOPIC_ARN]}
    assert judged(alarm={"alarmActions": None, **alarm}, composite=composite) == expected
    idle = {"alarmRule": rule}
    assert judged(alarm={"alarmActions": None, "okActions": [TOPIC_ARN]}, composite=idle) == [f"alarm {ONLY_ITS_END}"]


def test_one_of_another_region_does_not() -> None:
    parts = monitored(alarm={"alarmActions": None}, composite={"alarmActions": [TOPIC_ARN]})
    moved = [replace(each, region="eu-west-1") if each.type == METRIC_ALARM else each for each in parts]
    assert f"alarm {ONLY_ITS_END}" in findings(RULE, *moved)


def test_a_topic_in_another_region_is_none_for_it() -> None:
    topic = Declared(type=TOPIC, name="other", region="eu-west-1", inputs={"name": "p-monitoring"})
    found = findings(RULE, *monitored(alarm={"alarmActions": [ELSEWHERE]}), topic)
    assert found == no_topic(ELSEWHERE, "a topic in another region, where CloudWatch does not publish")


def test_in_a_first_preview_dependencies_say_which_topic_it_is() -> None:
    assert findings(RULE, *not_known_yet(monitored(), TOPIC_ARN)) == []
    alone = [each for each in not_known_yet(monitored(("composite",)), TOPIC_ARN) if each.type != TOPIC]
    assert findings(RULE, *alone) == ["alarm undecided alarmActions.0", "alarm undecided okActions.0"]
    whole = [each for each in monitored(("composite",), alarm={"alarmActions": UNKNOWN}) if each.type != TOPIC]
    assert "alarm undecided alarmActions" in findings(RULE, *whole)


def test_without_a_known_account_any_topic_can_be_the_stack_s() -> None:
    assert findings(RULE, *(each for each in monitored() if each is not ACCOUNT)) == []


def test_what_is_missing_has_its_place() -> None:
    assert paths(RULE, *monitored(alarm=NOWHERE)) == [("alarmActions",)]
    assert paths(RULE, *monitored(alarm={"okActions": [TOPIC_ARN, "x"]})) == [("okActions", 1)]
    assert {METRIC_ALARM, COMPOSITE_ALARM} <= set(RULE.types)
