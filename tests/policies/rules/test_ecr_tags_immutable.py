"""Tags are immutable, but for those that may move."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from domain.ecr.globs import TooComplex
from policies.checks import tag_mutability
from policies.rules.ecr_tags_immutable import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

EXCEPT = "IMMUTABLE_WITH_EXCLUSION"
UNSET = "has mutable tags: imageTagMutability is not set, and MUTABLE the default"
ALLOWED = "allowed are latest, dev-*, preview-*, cache-*"
CHARACTERS = "use letters, digits, '.', '_', '-', '*'"
NONE_GIVEN = "has 0 exclusion filters: write 1 to 5"


def excluding(*filters: Any) -> dict[str, Any]:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}


@cases(
    "inputs, expected",
    case("compliant", {"imageTagMutability": "IMMUTABLE"}, []),
    case("violating", {"imageTagMutability": "MUTABLE"}, ["has mutable tags: imageTagMutability is MUTABLE"]),
    case("unset", {}, [UNSET]),
    case("unknown", {"imageTagMutability": UNKNOWN}, ["undecided imageTagMutability"]),
    case("secret", {"imageTagMutability": SECRET}, ["undecided imageTagMutability"]),
    case(
        "mutable with exclusion",
        {**excluding("v*"), "imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
        ["has mutable tags: imageTagMutability is MUTABLE_WITH_EXCLUSION"],
    ),
    case("lower case", {"imageTagMutability": "immutable"}, ["has mutable tags: imageTagMutability is immutable"]),
    case("a list", {"imageTagMutability": ["IMMUTABLE"]}, ["has mutable tags: imageTagMutability is ['IMMUTABLE']"]),
)
def test_the_mode(inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "filters, expected",
    case("allowed", ["latest", "dev-*"], []),
    case("within what is allowed", ["dev-*-arm", "dev-1", "dev-**"], []),
    case(
        "a release",
        ["release-*"],
        [f"has the exclusion filter 'release-*', which makes 'release-0' mutable: {ALLOWED}"],
    ),
    case("wider", ["dev*"], [f"has the exclusion filter 'dev*', which makes 'dev0' mutable: {ALLOWED}"]),
    case("wider still", ["latest*"], [f"has the exclusion filter 'latest*', which makes 'latest0' mutable: {ALLOWED}"]),
    case("every tag", ["*"], ["has mutable tags: the exclusion filter '*' matches every tag"]),
    case("every tag again", ["latest", "**"], ["has mutable tags: the exclusion filter '**' matches every tag"]),
    case("unknown filter", [UNKNOWN], ["undecided imageTagMutabilityExclusionFilters.0.filter"]),
    case(
        "a known one beside it",
        ["v*", UNKNOWN],
        [
            f"has the exclusion filter 'v*', which makes 'v0' mutable: {ALLOWED}",
            "undecided imageTagMutabilityExclusionFilters.1.filter",
        ],
    ),
    case("a number", [7.0], ["has an exclusion filter that is not a string: 7.0"]),
    case("nothing excluded", [], [NONE_GIVEN]),
    case(
        "refused",
        ["dev-@"],
        [f"has the exclusion filter 'dev-@', which has characters that ECR does not allow: '@': {CHARACTERS}"],
    ),
)
def test_the_exclusions(filters: list[Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters))) == expected


@cases(
    "written, expected",
    case("missing", None, [NONE_GIVEN]),
    case("unknown", UNKNOWN, ["undecided imageTagMutabilityExclusionFilters"]),
    case("one without a list", {"filter": "latest"}, []),
    case("a text", "latest", []),
    case("texts", ["latest"], []),
    case("a text for every tag", ["*"], ["has mutable tags: the exclusion filter '*' matches every tag"]),
    case("no filter", [{"filterType": "WILDCARD"}], ["has an exclusion filter that is not a string: None"]),
)
def test_other_forms_of_exclusions(written: object, expected: list[str]) -> None:
    inputs = {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "allowed, filters, expected",
    (["v*"], ["v1.*"], []),
    ([], ["latest"], ["has the exclusion filter 'latest', which makes 'latest' mutable: allowed are none"]),
    (["*"], ["release-*"], []),
    (["*"], ["*"], ["has mutable tags: the exclusion filter '*' matches every tag"]),
    (["*-a", "*-b"], ["x-*"], ["has the exclusion filter 'x-*', which makes 'x-0' mutable: allowed are *-a, *-b"]),
    (["pr-?"], ["pr-1"], ["has the exclusion filter 'pr-1', which makes 'pr-1' mutable: allowed are pr-?"]),
)
def test_what_is_allowed_is_a_parameter(allowed: list[str], filters: list[str], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters)), allowed_exclusions=allowed) == expected


def test_filters_too_complex_to_check_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_patterns: object) -> None:
        raise TooComplex

    monkeypatch.setattr(tag_mutability, "common_tag", give_up)
    found = findings(RULE, Declared(type=REPOSITORY, inputs=excluding("dev-*")))
    assert found == ["has an exclusion filter that is too complex to check: 'dev-*'"]
