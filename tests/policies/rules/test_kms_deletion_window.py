"""Keys can be saved for a while after a deletion."""

import pytest
from pydantic import ValidationError

from domain.document_text import UNKNOWN
from policies.kinds import KEY
from policies.rules.kms_deletion_window import RULE
from tests.policies.conftest import Declared, Judge


@pytest.mark.parametrize(
    ("days", "minimum", "expected"),
    [
        pytest.param(30, 30, [], id="compliant"),
        pytest.param(30.0, 30, [], id="the engine's number"),
        pytest.param(7, 30, ["would be gone 7 days after a deletion: 30 are the least"], id="violating"),
        pytest.param(29.0, 30, ["would be gone 29 days after a deletion: 30 are the least"], id="a day too few"),
        pytest.param(None, 30, [], id="unset"),
        pytest.param(UNKNOWN, 30, ["undecided deletionWindowInDays"], id="unknown"),
        pytest.param(7.0, 7, [], id="allowed"),
        pytest.param(6, 7, ["would be gone 6 days after a deletion: 7 are the least"], id="fewer than allowed"),
        pytest.param("30", 30, ["has no number of days for a waiting time, but '30'"], id="a text"),
        pytest.param(True, 7, ["has no number of days for a waiting time, but True"], id="a boolean"),
    ],
)
def test_the_waiting_time(told: Judge, days: object, minimum: int, expected: list[str]) -> None:
    assert told(RULE, Declared(type=KEY, inputs={"deletionWindowInDays": days}), minimum_days=minimum) == expected


def test_thirty_days_are_the_default(told: Judge) -> None:
    assert told(RULE, Declared(type=KEY, inputs={})) == []
    assert told(RULE, Declared(type=KEY, inputs={"deletionWindowInDays": 29})) != []


@pytest.mark.parametrize("days", [6, 31])
def test_no_other_minimum_can_be_asked_for_than_aws_keeps(days: int) -> None:
    with pytest.raises(ValidationError):
        RULE.parameters(minimum_days=days)


def test_it_is_about_keys() -> None:
    assert RULE.types == (KEY,)
