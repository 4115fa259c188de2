"""Keys can be saved for a while after a deletion."""

import pytest
from pydantic import ValidationError

from domain.document_text import UNKNOWN
from policies.rules.kms_deletion_window import RULE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings


@cases(
    "days, minimum, expected",
    case("compliant", 30, 30, []),
    case("the engine's number", 30.0, 30, []),
    case("violating", 7, 30, ["has a waiting period of 7 days before deletion: at least 30 are required"]),
    case("a day too few", 29.0, 30, ["has a waiting period of 29 days before deletion: at least 30 are required"]),
    case("unset", None, 30, []),
    case("unknown", UNKNOWN, 30, ["undecided deletionWindowInDays"]),
    case("allowed", 7.0, 7, []),
    case("fewer than allowed", 6, 7, ["has a waiting period of 6 days before deletion: at least 7 are required"]),
    case("a text", "30", 30, ["has a deletionWindowInDays that is not a number: '30'"]),
    case("a boolean", True, 7, ["has a deletionWindowInDays that is not a number: True"]),
)
def test_the_waiting_time(days: object, minimum: int, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=KEY, inputs={"deletionWindowInDays": days}), minimum_days=minimum) == expected


def test_thirty_days_are_the_default() -> None:
    assert findings(RULE, Declared(type=KEY, inputs={})) == []
    assert findings(RULE, Declared(type=KEY, inputs={"deletionWindowInDays": 29})) != []


@pytest.mark.parametrize("days", [6, 31])
def test_no_other_minimum_can_be_required_than_aws_keeps(days: int) -> None:
    with pytest.raises(ValidationError):
        RULE.parameters(minimum_days=days)
