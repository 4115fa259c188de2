"""Until when a repository may be removed."""

from datetime import timedelta

from domain.document_text import UNKNOWN
from policies.checks.resource_tagging import RetirementParameters, why_not_retiring
from policies.pack.rule import RuleContext, Undecided
from tests.cases import case, cases
from tests.policies.conftest import TODAY

NOT_A_DATE = "its tag retire-until is not a date such as 2027-01-31, but "
NO_TAG = "it has no tag retire-until"
LAST = "the last allowed date is 2027-02-19, 90 days from today"


@cases(
    "until, expected",
    case("retiring", "2027-01-31", None),
    case("today", TODAY.isoformat(), None),
    case("expired", "2026-11-20", "its tag retire-until expired on 2026-11-20"),
    case("the last allowed date", "2027-02-19", None),
    case("too late", "2027-02-20", f"its tag retire-until is 2027-02-20: {LAST}"),
    case("never", "9999-12-31", f"its tag retire-until is 9999-12-31: {LAST}"),
    case("no date", "2027-02-30", f"{NOT_A_DATE}'2027-02-30'"),
    case("another form", "20270131", f"{NOT_A_DATE}'20270131'"),
    case("blank", "", f"{NOT_A_DATE}''"),
    case("a number", 2027.0, f"{NOT_A_DATE}2027.0"),
    case("unknown", UNKNOWN, Undecided(("tags", "retire-until"))),
)
def test_the_date(until: object, expected: object) -> None:
    context = RuleContext(RetirementParameters(), TODAY)
    assert why_not_retiring({"tags": {"retire-until": until}}, context) == expected


@cases(
    "tags, expected",
    case("unknown", UNKNOWN, Undecided(("tags",))),
    case("none", None, NO_TAG),
    case("a text", "retire-until", NO_TAG),
    case("another case", {"Retire-Until": "2027-01-31"}, NO_TAG),
)
def test_the_tags(tags: object, expected: object) -> None:
    assert why_not_retiring({"tags": tags}, RuleContext(RetirementParameters(), TODAY)) == expected


@cases("days", 0, 1, 90, 10**12)
def test_how_long_it_may_retire_is_a_parameter(days: int) -> None:
    context = RuleContext(RetirementParameters(longest_retirement_days=days), TODAY)
    for until, allowed in ((TODAY + timedelta(days=min(days, 1_000)), True), (TODAY + timedelta(days=91), days > 90)):
        assert (why_not_retiring({"tags": {"retire-until": str(until)}}, context) is None) is allowed
