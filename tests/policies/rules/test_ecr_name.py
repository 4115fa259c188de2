"""Repositories have valid names that tell whose they are."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_name import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, told

UNNAMED = "has no name of its own, so the engine would make one up"


@cases(
    "name, parameters, expected",
    case("compliant", "payments/api", {}, []),
    case("longer", "payments/api/worker", {}, []),
    case("violating", "api", {}, ["has a name of too few parts: 'api' has 1, and 2 are the least, as in team/name"]),
    case("unset", None, {}, [UNNAMED]),
    case("unknown", UNKNOWN, {}, ["undecided name"]),
    case("secret", SECRET, {}, ["undecided name"]),
    case("a list", ["payments/api"], {}, [UNNAMED]),
    case(
        "upper case",
        "Payments/api",
        {},
        ["has a name that ECR refuses: 'Payments/api' has upper-case letters (write 'payments/api')"],
    ),
    case("one part is enough", "api", {"minimum_segments": 1}, []),
    case(
        "three parts",
        "payments/api",
        {"minimum_segments": 3},
        ["has a name of too few parts: 'payments/api' has 2, and 3 are the least, as in team/name"],
    ),
    case("an allowed prefix", "payments/api", {"prefixes": ["payments", "data"]}, []),
    case(
        "another prefix",
        "web/api",
        {"prefixes": ["payments", "data"]},
        ["has a name that begins with 'web': allowed are payments, data"],
    ),
    case(
        "the prefix is a part",
        "payments2/api",
        {"prefixes": ["payments"]},
        ["has a name that begins with 'payments2': allowed are payments"],
    ),
)
def test_the_name(name: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"name": name}), **parameters) == expected


def test_every_fault_is_told() -> None:
    found = told(RULE, Declared(type=REPOSITORY, inputs={"name": "-A"}), prefixes=["data"])
    assert len(found) == 4


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
