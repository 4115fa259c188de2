"""Only a retiring repository may be deleted with its images."""

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_no_force_delete import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, findings

FORCED = "would be deleted with all its images: forceDelete is set, and "
NOT_A_DATE = f"{FORCED}its tag retire-until is not a date such as 2027-01-31, but "
TOO_LONG = "the last allowed date is 2027-02-19, 90 days from today"
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
    "until, expected",
    case("retiring", "2027-01-31", []),
    case("on its last day", TODAY.isoformat(), []),
    case("past", "2026-11-20", [f"{FORCED}its tag retire-until expired on 2026-11-20"]),
    case("not a date", "2027-02-30", [f"{NOT_A_DATE}'2027-02-30'"]),
    case("other form", "20270131", [f"{NOT_A_DATE}'20270131'"]),
    case("blank", "", [f"{NOT_A_DATE}''"]),
    case("number", 2027.0, [f"{NOT_A_DATE}2027.0"]),
    case("for ever", "9999-12-31", [f"{FORCED}its tag retire-until is 9999-12-31: {TOO_LONG}"]),
    case("unknown", UNKNOWN, ["undecided tags.retire-until"]),
)
def test_a_repository_that_retires(until: object, expected: list[str]) -> None:
    inputs = {"forceDelete": True, "tags": {"retire-until": until}}
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "tags, expected",
    case("unknown", UNKNOWN, ["undecided tags"]),
    case("none", None, [UNTAGGED]),
    case("a text", "retire-until", [UNTAGGED]),
    case("another case", {"Retire-Until": "2027-01-31"}, [UNTAGGED]),
)
def test_the_tags(tags: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": tags})) == expected


def test_how_long_it_may_retire_is_a_parameter() -> None:
    retiring = Declared(type=REPOSITORY, inputs={"forceDelete": True, "tags": {"retire-until": "2027-01-31"}})
    assert len(findings(RULE, retiring, longest_retirement_days=70)) == 1
    assert findings(RULE, retiring, longest_retirement_days=71) == []


def test_the_tag_alone_is_nothing() -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": {"retire-until": "2020-01-01"}})) == []
