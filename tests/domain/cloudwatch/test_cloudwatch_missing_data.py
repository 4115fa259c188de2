"""AWS's own tables of missing data: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.missing_data import AlarmState, MissingData, state_of
from tests.cases import cases

RETAINED = "retained"
OK, ALARM, NO_DATA = AlarmState
POINT = {"0": False, "X": True, "-": None}


def states(points: str, periods: int, to_alarm: int) -> tuple[str, ...]:
    """The state by each treatment, in the order of AWS's tables; RETAINED where it is that of before."""
    found: list[str] = []
    for treatment in MissingData:
        after = [
            state_of([POINT[each] for each in points], periods, to_alarm, treatment, state) for state in AlarmState
        ]
        assert len(set(after)) == 1 or after == list(AlarmState)
        found.append(after[0] if len(set(after)) == 1 else RETAINED)
    return tuple(found)


@cases(
    "points, expected",
    ("0-X-X", (OK, OK, OK, OK)), ("0----", (OK, OK, OK, OK)), ("-----", (NO_DATA, RETAINED, ALARM, OK)),
    ("0XX-X", (ALARM, ALARM, ALARM, ALARM)), ("--X--", (ALARM, RETAINED, ALARM, OK)),
    # "Avoiding premature transitions to alarm state"
    ("----X", (NO_DATA, RETAINED, ALARM, OK)), ("---X-", (NO_DATA, RETAINED, ALARM, OK)), ("---X0", (OK, OK, OK, OK)),
    ("--X-0", (OK, OK, OK, OK)),
)  # fmt: skip
def test_three_out_of_three(points: str, expected: tuple[str, ...]) -> None:
    assert states(points, 3, 3) == expected


@cases(
    "points, expected",
    ("0-X-X", (ALARM, ALARM, ALARM, ALARM)), ("00X0X", (ALARM, ALARM, ALARM, ALARM)), ("0-X--", (OK, OK, ALARM, OK)),
    ("----0", (OK, OK, ALARM, OK)), ("---X-", (ALARM, RETAINED, ALARM, OK)), ("XX000", (OK, OK, OK, OK)),
    ("----X", (NO_DATA, RETAINED, ALARM, OK)), ("---XX", (ALARM, ALARM, ALARM, ALARM)),
)  # fmt: skip
def test_two_out_of_three(points: str, expected: tuple[str, ...]) -> None:
    assert states(points, 3, 2) == expected


def test_one_out_of_one_reads_the_last_point_that_is_there() -> None:
    assert states("X--", 1, 1) == (ALARM, ALARM, ALARM, ALARM)
    assert states("X0-", 1, 1) == (OK, OK, OK, OK)
    assert states("---", 1, 1) == (NO_DATA, RETAINED, ALARM, OK)


@given(st.lists(st.sampled_from([True, False]), min_size=3, max_size=8), st.integers(1, 3))
def test_where_nothing_is_missing_the_last_points_decide(points: Sequence[bool], to_alarm: int) -> None:
    expected = ALARM if sum(points[-3:]) >= to_alarm else OK
    assert {state_of(points, 3, to_alarm, treatment, NO_DATA) for treatment in MissingData} == {expected}
