"""Each declared alarm: what sets it off, what is just below, what is another's, and what no data means."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from domain.cloudwatch.alarm_problems import alarm_problems
from domain.cloudwatch.alarms import Alarm, alarm_of, evaluate_alarm
from domain.cloudwatch.composite_rules import children, composite_problems, composite_state
from domain.cloudwatch.missing_data import AlarmState
from domain.cloudwatch.series import Series
from domain.monitoring.registry_alarms import API_ACTIONS
from render.resource import Resource
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from tests.stacks import rendered

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PREFIX = "container-registry-prod-"
QUOTAS = {**dict.fromkeys(API_ACTIONS, 10.0), "RepositoryCount": 100_000.0}
"""Calls a second; repositories."""


def of_type(token: str) -> list[Resource]:
    return [each for each in rendered("prod").resources if each.type == token]


def alarms() -> dict[str, Mapping[str, Any]]:
    """The inputs of those at home, by their ids."""
    found = of_type(METRIC_ALARM)
    return {each.inputs["name"].removeprefix(PREFIX): each.inputs for each in found if each.region == "us-east-1"}


ALARMS = alarms()


def every(minutes: int, value: float, count: int) -> dict[datetime, float]:
    return {NOW - timedelta(minutes=minutes * (at + 1)): value for at in range(count)}


def usage(name: str, resource: str, kind: str, points: Mapping[datetime, float], **more: str) -> Series:
    dimensions = {"Service": "ECR", "Type": kind, "Resource": resource, **more}
    return Series(namespace="AWS/Usage", name=name, dimensions=dimensions, points=points)


def calls(action: str, value: float) -> Series:
    return usage("CallCount", action, "API", every(1, value, 10), Class="None")


def images(repository: str, value: float, **more: str) -> Series:
    more["ResourceId"] = f"repository/{repository}"
    return usage("ResourceCount", "ImagesPerRepositoryCount", "RESOURCE", every(5, value, 6), **more)


def repositories(value: float) -> Series:
    return usage("ResourceCount", "RepositoryCount", "RESOURCE", every(5, value, 6))


def failed(rule: str, value: float) -> Series:
    return Series(
        namespace="AWS/Events", name="FailedInvocations", dimensions={"RuleName": rule}, points=every(5, value, 3)
    )


def depth(queue: str, value: float) -> Series:
    return Series(
        namespace="AWS/SQS", name="ApproximateNumberOfMessagesVisible", dimensions={"QueueName": queue},
        points=every(5, value, 3),
    )  # fmt: skip


def counted(name: str, value: float, namespace: str = "container-registry-prod") -> Series:
    return Series(namespace=namespace, name=name, points=every(5, value, 3))


def pulls(repository: str, value: float, hours: int = 30) -> Series:
    points = every(60, value, hours)
    return Series(
        namespace="AWS/ECR", name="RepositoryPullCount", dimensions={"RepositoryName": repository}, points=points
    )


OTHER_RULE = "someone-elses"
ONE_OF_TWO = [images("payments/ledger", 80_001), images("payments/api", 10)]
# By alarm: what sets it off, what is just below, what is another's.
CASES: dict[str, tuple[list[Series], list[Series], list[Series]]] = {
    **{
        f"api-{action}": ([calls(action, 481)], [calls(action, 480)], [calls(f"{action}s", 600)])
        for action in API_ACTIONS
    },
    "images": (ONE_OF_TWO, [images("payments/api", 80_000)], [repositories(1e6)]),
    "repositories": ([repositories(80_001)], [repositories(80_000)], [images("payments/api", 90_000)]),
    "events-failed": (
        [failed(f"{PREFIX}findings-basic", 1)], [failed(f"{PREFIX}findings-basic", 0)], [failed(OTHER_RULE, 9)],
    ),
    "events-failed-2": (
        [failed(f"{PREFIX}key-disabled", 1)], [failed(f"{PREFIX}key-disabled", 0)], [failed(OTHER_RULE, 9)],
    ),
    "undelivered": ([depth(f"{PREFIX}undelivered", 1)], [depth(f"{PREFIX}undelivered", 0)], [depth("other", 9)]),
    "push-failures": (
        [counted("PushFailures", 6)], [counted("PushFailures", 5)], [counted("PushFailures", 9, "other")],
    ),
    "denied-calls": ([counted("DeniedCalls", 21)], [counted("DeniedCalls", 20)], [counted("PushFailures", 30)]),
}  # fmt: skip


def state(inputs: Mapping[str, Any], series: Iterable[Series]) -> AlarmState:
    return evaluate_alarm(alarm_of(inputs), series, NOW, QUOTAS).state


def test_each_has_a_case() -> None:
    assert {*CASES, "pulls-stopped-payments/api"} == set(ALARMS)


@pytest.mark.parametrize("alarm", list(CASES))
def test_what_sets_it_off(alarm: str) -> None:
    breaching, below, others = CASES[alarm]
    assert state(ALARMS[alarm], [*breaching, *others]) == AlarmState.ALARM
    assert state(ALARMS[alarm], [*below, *others]) == AlarmState.OK
    assert state(ALARMS[alarm], others) == AlarmState.OK
    assert state(ALARMS[alarm], []) == AlarmState.OK, "no call, no failure, no message: no data"


def test_one_breach_is_not_yet_a_trend() -> None:
    """Of an action's calls: three minutes of five."""
    short = usage("CallCount", "PutImage", "API", {**every(1, 0, 5), **every(1, 600, 2)}, Class="None")
    assert state(ALARMS["api-PutImage"], [short]) == AlarmState.OK
    enough = usage("CallCount", "PutImage", "API", every(1, 600, 3), Class="None")
    assert state(ALARMS["api-PutImage"], [enough]) == AlarmState.ALARM


def test_images_are_counted_with_a_class_or_without() -> None:
    for fullest in (images("payments/api", 80_001), images("payments/api", 80_001, Class="None")):
        assert state(ALARMS["images"], [fullest]) == AlarmState.ALARM


def test_a_repository_that_is_not_pulled_for_a_day() -> None:
    alarm = ALARMS["pulls-stopped-payments/api"]
    assert state(alarm, [pulls("payments/api", 1)]) == AlarmState.OK
    assert state(alarm, [pulls("payments/api", 1, hours=1)]) == AlarmState.OK, "once is enough"
    assert state(alarm, [pulls("payments/api", 0)]) == AlarmState.ALARM
    assert state(alarm, [pulls("payments/ledger", 1)]) == AlarmState.ALARM, "pulls of another are none of its own"
    assert state(alarm, []) == AlarmState.ALARM


@pytest.mark.parametrize("alarm", list(ALARMS))
def test_cloud_watch_takes_it_and_a_person_is_told(alarm: str) -> None:
    inputs = ALARMS[alarm]
    read: Alarm = alarm_of(inputs)
    assert not alarm_problems(read)
    topic = "arn:aws:sns:us-east-1:222233334444:container-registry-prod-monitoring"
    assert inputs["alarmActions"] == inputs["okActions"] == [topic]
    assert "treatMissingData" in inputs
    assert "Owner: " in inputs["alarmDescription"]
    assert inputs["tags"]["severity"] in ("high", "medium", "low")
    assert inputs["tags"]["owner"] == ("payments" if alarm.startswith("pulls-stopped") else "platform")


def test_the_composite_is_of_all_of_them_in_its_region() -> None:
    (composite,) = [each for each in of_type(COMPOSITE_ALARM) if each.region == "us-east-1"]
    rule = composite.inputs["alarmRule"]
    assert not composite_problems(rule)
    names = [each["name"] for each in ALARMS.values()]
    assert sorted(children(rule)) == sorted(names)
    calm = dict.fromkeys(names, AlarmState.OK)
    assert composite_state(rule, calm) == AlarmState.OK
    for name in names:
        assert composite_state(rule, {**calm, name: AlarmState.ALARM}) == AlarmState.ALARM


def test_no_alarm_is_set_off_by_what_sets_off_another() -> None:
    for one, other in combinations([each for each in CASES if not each.startswith("api-")], 2):
        assert state(ALARMS[one], CASES[other][0]) == AlarmState.OK, (one, other)


def test_a_rates_quota_is_of_the_action_alone() -> None:
    higher = replace(calls("PutImage", 481))
    assert evaluate_alarm(alarm_of(ALARMS["api-PutImage"]), [higher], NOW, {"PutImage": 20.0}).state == AlarmState.OK
