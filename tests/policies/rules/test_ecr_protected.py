"""Repositories are protected."""

from typing import Any

import pytest

from domain.markers import UNKNOWN
from policies.kinds import REPOSITORY
from policies.rules.ecr_protected import RULE
from tests.policies.conftest import TODAY, Declared, Judge

UNPROTECTED = "is not protected, and "


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({}, [f"{UNPROTECTED}it has no tag retire-until"], id="violating"),
        pytest.param({"tags": {"retire-until": "2027-01-31"}}, [], id="retiring"),
        pytest.param({"tags": {"retire-until": TODAY.isoformat()}}, [], id="on its last day"),
        pytest.param(
            {"tags": {"retire-until": "2026-11-20"}},
            [f"{UNPROTECTED}its tag retire-until let it retire until 2026-11-20"],
            id="past",
        ),
        pytest.param(
            {"tags": {"retire-until": "soon"}},
            [f"{UNPROTECTED}its tag retire-until is no day such as 2027-01-31, but 'soon'"],
            id="no day",
        ),
        pytest.param({"tags": UNKNOWN}, ["undecided tags"], id="unknown"),
    ],
)
def test_an_unprotected_repository_retires(told: Judge, inputs: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs, protect=False)) == expected


@pytest.mark.parametrize("tags", [{}, {"retire-until": "soon"}, UNKNOWN])
def test_a_protected_one_is_sound(told: Judge, tags: object) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"tags": tags}, protect=True)) == []


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
