"""Only a retiring repository may be deleted with its images."""

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import REPOSITORY
from policies.rules.ecr_no_force_delete import RULE
from tests.policies.conftest import TODAY, Declared, Judge

FORCED = "would be deleted with all its images: forceDelete is set, and "
TOO_LONG = "may name no day after 2027-02-19, 90 days from today"
UNTAGGED = f"{FORCED}it has no tag retire-until"


@pytest.mark.parametrize(
    ("force", "expected"),
    [
        pytest.param(None, [], id="unset"),
        pytest.param(False, [], id="compliant"),
        pytest.param(True, [UNTAGGED], id="violating"),
        pytest.param("true", [UNTAGGED], id="a text"),
        pytest.param(UNKNOWN, ["undecided forceDelete"], id="unknown"),
        pytest.param(SECRET, ["undecided forceDelete"], id="secret"),
    ],
)
def test_a_repository_that_stays(told: Judge, force: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"forceDelete": force, "tags": {}})) == expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        pytest.param("2027-01-31", [], id="retiring"),
        pytest.param(TODAY.isoformat(), [], id="on its last day"),
        pytest.param("2026-11-20", [f"{FORCED}its tag retire-until let it retire until 2026-11-20"], id="past"),
        pytest.param(
            "2027-02-30", [f"{FORCED}its tag retire-until is no day such as 2027-01-31, but '2027-02-30'"], id="no day"
        ),
        pytest.param(
            "20270131", [f"{FORCED}its tag retire-until is no day such as 2027-01-31, but '20270131'"], id="other form"
        ),
        pytest.param("", [f"{FORCED}its tag retire-until is no day such as 2027-01-31, but ''"], id="blank"),
        pytest.param(2027.0, [f"{FORCED}its tag retire-until is no day such as 2027-01-31, but 2027.0"], id="number"),
        pytest.param(
            "9999-12-31",
            [f"{FORCED}its tag retire-until {TOO_LONG}, but it is 9999-12-31"],
            id="for ever",
        ),
        pytest.param(UNKNOWN, ["undecided tags.retire-until"], id="unknown"),
    ],
)
def test_a_repository_that_retires(told: Judge, until: object, expected: list[str]) -> None:
    inputs = {"forceDelete": True, "tags": {"retire-until": until}}
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(UNKNOWN, ["undecided tags"], id="unknown"),
        pytest.param(None, [UNTAGGED], id="none"),
        pytest.param("retire-until", [UNTAGGED], id="a text"),
        pytest.param({"Retire-Until": "2027-01-31"}, [UNTAGGED], id="another case"),
    ],
)
def test_the_tags(told: Judge, tags: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": tags})) == expected


def test_how_long_it_may_retire_can_be_told(told: Judge) -> None:
    retiring = Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": {"retire-until": "2027-01-31"}})
    assert len(told(RULE, retiring, longest_retirement_days=70)) == 1
    assert told(RULE, retiring, longest_retirement_days=71) == []


def test_the_tag_alone_is_nothing(told: Judge) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"tags": {"retire-until": "2020-01-01"}})) == []


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
