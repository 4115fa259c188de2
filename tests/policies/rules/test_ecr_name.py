"""Repositories have valid names that tell whose they are."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_name import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

UNNAMED = "has no name: the engine would generate one"


@cases(
    "name, parameters, expected",
    case("compliant", "payments/api", {}, []),
    case("longer", "payments/api/worker", {}, []),
    case("violating", "api", {}, ["has the name 'api' with 1 segment: at least 2 are required, as in team/name"]),
    case("unset", None, {}, [UNNAMED]),
    case("unknown", UNKNOWN, {}, ["undecided name"]),
    case("secret", SECRET, {}, ["undecided name"]),
    case("a list", ["payments/api"], {}, [UNNAMED]),
    case(
        "upper case",
        "Payments/api",
        {},
        ["has an invalid name: 'Payments/api' has upper-case letters (write 'payments/api')"],
    ),
    case("one part is enough", "api", {"minimum_segments": 1}, []),
    case(
        "three parts",
        "payments/api",
        {"minimum_segments": 3},
        ["has the name 'payments/api' with 2 segments: at least 3 are required, as in team/name"],
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
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"name": name}), **parameters) == expected


def test_every_fault_is_told() -> None:
    found = findings(RULE, Declared(type=REPOSITORY, inputs={"name": "-A"}), prefixes=["data"])
    assert len(found) == 4
