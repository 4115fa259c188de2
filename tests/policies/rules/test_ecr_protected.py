"""Repositories are protected."""

from typing import Any

import pytest

from domain.document_text import UNKNOWN
from policies.rules.ecr_protected import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, findings

UNPROTECTED = "is not protected, and "
TOO_LONG = "the last allowed date is 2027-02-19, 90 days from today"


@cases(
    "inputs, expected",
    case("violating", {}, [f"{UNPROTECTED}it has no tag retire-until"]),
    case("retiring", {"tags": {"retire-until": "2027-01-31"}}, []),
    case("on its last day", {"tags": {"retire-until": TODAY.isoformat()}}, []),
    case(
        "past",
        {"tags": {"retire-until": "2026-11-20"}},
        [f"{UNPROTECTED}its tag retire-until expired on 2026-11-20"],
    ),
    case(
        "not a date",
        {"tags": {"retire-until": "soon"}},
        [f"{UNPROTECTED}its tag retire-until is not a date such as 2027-01-31, but 'soon'"],
    ),
    case("as long as it may", {"tags": {"retire-until": "2027-02-19"}}, []),
    case(
        "too long",
        {"tags": {"retire-until": "2027-02-20"}},
        [f"{UNPROTECTED}its tag retire-until is 2027-02-20: {TOO_LONG}"],
    ),
    case(
        "for ever",
        {"tags": {"retire-until": "9999-12-31"}},
        [f"{UNPROTECTED}its tag retire-until is 9999-12-31: {TOO_LONG}"],
    ),
    case("unknown", {"tags": UNKNOWN}, ["undecided tags"]),
)
def test_an_unprotected_repository_retires(inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs, protect=False)) == expected


@pytest.mark.parametrize("tags", [{}, {"retire-until": "soon"}, UNKNOWN])
def test_a_protected_one_is_sound(tags: object) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": tags}, protect=True)) == []


@pytest.mark.parametrize(("days", "count"), [(30, 1), (71, 0), (0, 1), (10**12, 0)])
def test_how_long_it_may_retire_is_a_parameter(days: int, count: int) -> None:
    retiring = Declared(type=REPOSITORY, inputs={"tags": {"retire-until": "2027-01-31"}}, protect=False)
    assert len(findings(RULE, retiring, longest_retirement_days=days)) == count
