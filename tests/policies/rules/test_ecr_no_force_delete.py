"""Only a retiring repository may be deleted with its images."""

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_no_force_delete import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

FORCED = "would be deleted with all its images: forceDelete is set, and "
UNTAGGED = f"{FORCED}it has no tag retire-until"


@cases(
    "force, expected",
    case("unset", None, []),
    case("compliant", False, []),
    case("violating", True, [UNTAGGED]),
    case("a text", "true", [UNTAGGED]),
    case("unknown", UNKNOWN, ["undecided forceDelete"]),
    case("secret", SECRET, ["undecided forceDelete"]),
)
def test_a_repository_that_stays(force: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"forceDelete": force, "tags": {}})) == expected


@cases(
    "tags, expected",
    case("retiring", {"retire-until": "2027-01-31"}, []),
    case("expired", {"retire-until": "2026-11-20"}, [f"{FORCED}its tag retire-until expired on 2026-11-20"]),
    case("unknown", UNKNOWN, ["undecided tags"]),
)
def test_a_repository_that_retires(tags: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": tags})) == expected


def test_how_long_it_may_retire_is_a_parameter() -> None:
    retiring = Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": {"retire-until": "2027-01-31"}})
    assert len(findings(RULE, retiring, longest_retirement_days=70)) == 1
    assert findings(RULE, retiring, longest_retirement_days=71) == []


def test_the_tag_alone_is_nothing() -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": {"retire-until": "2020-01-01"}})) == []
