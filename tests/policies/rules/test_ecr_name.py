"""Repositories have valid names that tell whose they are."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import REPOSITORY
from policies.rules.ecr_name import RULE
from tests.policies.conftest import Declared, Judge

UNNAMED = "has no name of its own, so the engine would make one up"


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        pytest.param("payments/api", {}, [], id="compliant"),
        pytest.param("payments/api/worker", {}, [], id="longer"),
        pytest.param(
            "api",
            {},
            ["has a name of too few parts: 'api' has 1, and 2 are the least, as in team/name"],
            id="violating",
        ),
        pytest.param(None, {}, [UNNAMED], id="unset"),
        pytest.param(UNKNOWN, {}, ["undecided name"], id="unknown"),
        pytest.param(SECRET, {}, ["undecided name"], id="secret"),
        pytest.param(["payments/api"], {}, [UNNAMED], id="a list"),
        pytest.param(
            "Payments/api",
            {},
            ["has a name that ECR refuses: 'Payments/api' has upper-case letters (write 'payments/api')"],
            id="upper case",
        ),
        pytest.param("api", {"minimum_segments": 1}, [], id="one part is enough"),
        pytest.param(
            "payments/api",
            {"minimum_segments": 3},
            ["has a name of too few parts: 'payments/api' has 2, and 3 are the least, as in team/name"],
            id="three parts",
        ),
        pytest.param("payments/api", {"prefixes": ["payments", "data"]}, [], id="an allowed prefix"),
        pytest.param(
            "web/api",
            {"prefixes": ["payments", "data"]},
            ["has a name that begins with 'web': allowed are payments, data"],
            id="another prefix",
        ),
        pytest.param(
            "payments2/api",
            {"prefixes": ["payments"]},
            ["has a name that begins with 'payments2': allowed are payments"],
            id="the prefix is a part",
        ),
    ],
)
def test_the_name(told: Judge, name: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"name": name}), **parameters) == expected


def test_every_fault_is_told(told: Judge) -> None:
    found = told(RULE, Declared(type=REPOSITORY, inputs={"name": "-A"}), prefixes=["data"])
    assert len(found) == 4


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
