"""What an alarm makes of data points, and of those that are missing.

By https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: CloudWatch reads more
points than an alarm evaluates (the evaluation range). Where enough of them are there, the latest decide, whatever the
treatment of missing ones; else the missing ones are filled in. Where missing ones count for nothing, an alarm whose
points are all breaching waits until the oldest of them is old enough ("premature transitions to alarm state").
"""

from collections.abc import Sequence
from enum import StrEnum


class AlarmState(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(StrEnum):
    """`treatMissingData`."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


EXTRA_POINTS = 2
"""How many more points than it evaluates an alarm reads: of AWS's examples; how many in general isn't documented."""


def state_of(
    breaching: Sequence[bool | None], periods: int, to_alarm: int, treatment: MissingData, current: AlarmState
) -> AlarmState:
    """The state that the points of an evaluation range, oldest first and None where missing, put an alarm in."""
    real = [each for each in breaching if each is not None]
    if len(real) >= periods:
        return _state(sum(real[-periods:]), to_alarm)
    if treatment is MissingData.BREACHING:
        return _state(sum(real) + periods - len(real), to_alarm)
    if treatment is MissingData.NOT_BREACHING or sum(real) >= to_alarm or not all(real):
        return _state(sum(real), to_alarm)
    if treatment is MissingData.IGNORE:
        return current
    oldest = next((len(breaching) - index for index, each in enumerate(breaching) if each is not None), 0)
    return AlarmState.ALARM if real and oldest >= to_alarm else AlarmState.INSUFFICIENT_DATA


def _state(breaching: int, to_alarm: int) -> AlarmState:
    return AlarmState.ALARM if breaching >= to_alarm else AlarmState.OK
