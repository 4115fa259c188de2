"""Tags are immutable, but for those that may move."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from domain.ecr.globs import TooComplex
from policies.checks import tag_mutability
from policies.rules.ecr_tags_immutable import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, told

EXCEPT = "IMMUTABLE_WITH_EXCLUSION"
UNSET = "is mutable: it says nothing of its tags, and MUTABLE is the default"
ALLOWED = "allowed are latest, dev-*, preview-*, cache-*"
CHARACTERS = "use letters, digits, '.', '_', '-', '*'"
NONE_GIVEN = "has 0 exclusion filters: write 1 to 5"


def excluding(*filters: Any) -> dict[str, Any]:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}


@cases(
    "inputs, expected",
    case("compliant", {"imageTagMutability": "IMMUTABLE"}, []),
    case("violating", {"imageTagMutability": "MUTABLE"}, ["is mutable: imageTagMutability is MUTABLE"]),
    case("unset", {}, [UNSET]),
    case("unknown", {"imageTagMutability": UNKNOWN}, ["undecided imageTagMutability"]),
    case("secret", {"imageTagMutability": SECRET}, ["undecided imageTagMutability"]),
    case(
        "mutable with exclusion",
        {**excluding("v*"), "imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
        ["is mutable: imageTagMutability is MUTABLE_WITH_EXCLUSION"],
    ),
    case("lower case", {"imageTagMutability": "immutable"}, ["is mutable: imageTagMutability is immutable"]),
    case("a list", {"imageTagMutability": ["IMMUTABLE"]}, ["is mutable: imageTagMutability is ['IMMUTABLE']"]),
)
def test_the_mode(inputs: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "filters, expected",
    case("allowed", ["latest", "dev-*"], []),
    case("within what is allowed", ["dev-*-arm", "dev-1", "dev-**"], []),
    case("a release", ["release-*"], [f"lets the tag 'release-0' move, by the exclusion 'release-*': {ALLOWED}"]),
    case("wider", ["dev*"], [f"lets the tag 'dev0' move, by the exclusion 'dev*': {ALLOWED}"]),
    case("wider still", ["latest*"], [f"lets the tag 'latest0' move, by the exclusion 'latest*': {ALLOWED}"]),
    case("every tag", ["*"], ["is mutable: the exclusion '*' lets every tag move"]),
    case("every tag again", ["latest", "**"], ["is mutable: the exclusion '**' lets every tag move"]),
    case("unknown filter", [UNKNOWN], ["undecided imageTagMutabilityExclusionFilters.0.filter"]),
    case(
        "a known one beside it",
        ["v*", UNKNOWN],
        [
            f"lets the tag 'v0' move, by the exclusion 'v*': {ALLOWED}",
            "undecided imageTagMutabilityExclusionFilters.1.filter",
        ],
    ),
    case("a number", [7.0], ["has an exclusion that names no tags, but 7.0"]),
    case("nothing excluded", [], [NONE_GIVEN]),
    case(
        "refused",
        ["dev-@"],
        [f"has the exclusion 'dev-@', which has characters that ECR does not allow: '@': {CHARACTERS}"],
    ),
)
def test_the_exclusions(filters: list[Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters))) == expected


@cases(
    "written, expected",
    case("missing", None, [NONE_GIVEN]),
    case("unknown", UNKNOWN, ["undecided imageTagMutabilityExclusionFilters"]),
    case("one without a list", {"filter": "latest"}, []),
    case("a text", "latest", []),
    case("texts", ["latest"], []),
    case("a text for every tag", ["*"], ["is mutable: the exclusion '*' lets every tag move"]),
    case("no filter", [{"filterType": "WILDCARD"}], ["has an exclusion that names no tags, but None"]),
)
def test_other_forms_of_exclusions(written: object, expected: list[str]) -> None:
    inputs = {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "allowed, filters, expected",
    (["v*"], ["v1.*"], []),
    ([], ["latest"], ["lets the tag 'latest' move, by the exclusion 'latest': allowed are none"]),
    (["*"], ["release-*"], []),
    (["*"], ["*"], ["is mutable: the exclusion '*' lets every tag move"]),
    (["*-a", "*-b"], ["x-*"], ["lets the tag 'x-0' move, by the exclusion 'x-*': allowed are *-a, *-b"]),
    (["pr-?"], ["pr-1"], ["lets the tag 'pr-1' move, by the exclusion 'pr-1': allowed are pr-?"]),
)
def test_what_is_allowed_can_be_told(allowed: list[str], filters: list[str], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters)), allowed_exclusions=allowed) == expected


def test_exclusions_too_entangled_are_no_exclusions(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_patterns: object) -> None:
        raise TooComplex

    monkeypatch.setattr(tag_mutability, "common_tag", give_up)
    found = told(RULE, Declared(type=REPOSITORY, inputs=excluding("dev-*")))
    assert found == ["has an exclusion too entangled to be judged: 'dev-*'"]


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
