"""Repositories have valid names that tell whose they are."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_name import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

UPPER_CASE = "has an invalid name: 'Payments/api' has upper-case letters (write 'payments/api')"
UNNAMED = "has no name: the engine would generate one"
TEAMS = {"prefixes": ["payments", "data"]}


def few(name: str, segments: str, minimum: int) -> list[str]:
    return [f"has the name {name!r} with {segments}: at least {minimum} are required, as in team/name"]


@cases(
    "name, parameters, expected",
    case("compliant", "payments/api", {}, []),
    case("longer", "payments/api/worker", {}, []),
    case("violating", "api", {}, few("api", "1 segment", 2)),
    case("unset", None, {}, [UNNAMED]),
    case("unknown", UNKNOWN, {}, ["undecided name"]),
    case("secret", SECRET, {}, ["undecided name"]),
    case("a list", ["payments/api"], {}, [UNNAMED]),
    case("upper case", "Payments/api", {}, [UPPER_CASE]),
    case("one part is enough", "api", {"minimum_segments": 1}, []),
    case("three parts", "payments/api", {"minimum_segments": 3}, few("payments/api", "2 segments", 3)),
    case("an allowed prefix", "payments/api", TEAMS, []),
    case("another prefix", "web/api", TEAMS, ["has a name that begins with 'web': allowed are payments, data"]),
    case("no whole part", "data2/api", TEAMS, ["has a name that begins with 'data2': allowed are payments, data"]),
)
def test_the_name(name: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"name": name}), **parameters) == expected


def test_every_fault_is_reported() -> None:
    found = findings(RULE, Declared(type=REPOSITORY, inputs={"name": "-A"}), prefixes=["data"])
    assert len(found) == 4
