"""Repositories are protected."""

import pytest

from domain.document_text import UNKNOWN
from policies.rules.ecr_protected import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

UNPROTECTED = "is not protected, and "


@cases(
    "tags, expected",
    case("violating", {}, [f"{UNPROTECTED}it has no tag retire-until"]),
    case("retiring", {"retire-until": "2027-01-31"}, []),
    case("expired", {"retire-until": "2026-11-20"}, [f"{UNPROTECTED}its tag retire-until expired on 2026-11-20"]),
    case("unknown", UNKNOWN, ["undecided tags"]),
)
def test_an_unprotected_repository_retires(tags: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": tags}, protect=False)) == expected


@pytest.mark.parametrize("tags", [{}, {"retire-until": "soon"}, UNKNOWN])
def test_a_protected_one_is_sound(tags: object) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": tags}, protect=True)) == []


@pytest.mark.parametrize(("days", "count"), [(30, 1), (71, 0), (0, 1), (10**12, 0)])
def test_how_long_it_may_retire_is_a_parameter(days: int, count: int) -> None:
    retiring = Declared(type=REPOSITORY, inputs={"tags": {"retire-until": "2027-01-31"}}, protect=False)
    assert len(findings(RULE, retiring, longest_retirement_days=days)) == count
