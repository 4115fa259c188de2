"""Tags are immutable, but for those that may move."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from domain.ecr.globs import TooEntangled
from policies.checks import mutability
from policies.kinds import REPOSITORY
from policies.rules.ecr_tags_immutable import RULE
from tests.policies.conftest import Declared, Judge

EXCEPT = "IMMUTABLE_WITH_EXCLUSION"
UNSET = "is mutable: it says nothing of its tags, and MUTABLE is the default"
ALLOWED = "allowed are latest, dev-*, preview-*, cache-*"
CHARACTERS = "use letters, digits, '.', '_', '-', '*'"
NONE_GIVEN = "holds 0 exclusion filters: write 1 to 5"


def excluding(*filters: Any) -> dict[str, Any]:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({"imageTagMutability": "IMMUTABLE"}, [], id="compliant"),
        pytest.param({"imageTagMutability": "MUTABLE"}, ["is mutable: imageTagMutability is MUTABLE"], id="violating"),
        pytest.param({}, [UNSET], id="unset"),
        pytest.param({"imageTagMutability": UNKNOWN}, ["undecided imageTagMutability"], id="unknown"),
        pytest.param({"imageTagMutability": SECRET}, ["undecided imageTagMutability"], id="secret"),
        pytest.param(
            {**excluding("v*"), "imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
            ["is mutable: imageTagMutability is MUTABLE_WITH_EXCLUSION"],
            id="mutable with exclusion",
        ),
        pytest.param(
            {"imageTagMutability": "immutable"}, ["is mutable: imageTagMutability is immutable"], id="lower case"
        ),
        pytest.param({"imageTagMutability": ["IMMUTABLE"]}, ["is mutable: imageTagMutability is ['IMMUTABLE']"]),
    ],
)
def test_the_mode(told: Judge, inputs: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(["latest", "dev-*"], [], id="allowed"),
        pytest.param(["dev-*-arm", "dev-1", "dev-**"], [], id="within what is allowed"),
        pytest.param(
            ["release-*"], [f"lets the tag 'release-0' move, by the exclusion 'release-*': {ALLOWED}"], id="a release"
        ),
        pytest.param(["dev*"], [f"lets the tag 'dev0' move, by the exclusion 'dev*': {ALLOWED}"], id="wider"),
        pytest.param(
            ["latest*"], [f"lets the tag 'latest0' move, by the exclusion 'latest*': {ALLOWED}"], id="wider still"
        ),
        pytest.param(["*"], ["is mutable: the exclusion '*' lets every tag move"], id="every tag"),
        pytest.param(["latest", "**"], ["is mutable: the exclusion '**' lets every tag move"], id="every tag again"),
        pytest.param([UNKNOWN], ["undecided imageTagMutabilityExclusionFilters.0.filter"], id="unknown filter"),
        pytest.param(
            ["v*", UNKNOWN],
            [
                f"lets the tag 'v0' move, by the exclusion 'v*': {ALLOWED}",
                "undecided imageTagMutabilityExclusionFilters.1.filter",
            ],
            id="a known one beside it",
        ),
        pytest.param([7.0], ["has an exclusion that names no tags, but 7.0"], id="a number"),
        pytest.param([], [NONE_GIVEN], id="nothing excluded"),
        pytest.param(
            ["dev-@"],
            [f"has the exclusion 'dev-@', which has characters that ECR does not allow: '@': {CHARACTERS}"],
            id="refused",
        ),
    ],
)
def test_the_exclusions(told: Judge, filters: list[Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters))) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(None, [NONE_GIVEN], id="missing"),
        pytest.param(UNKNOWN, ["undecided imageTagMutabilityExclusionFilters"], id="unknown"),
        pytest.param({"filter": "latest"}, [], id="one without a list"),
        pytest.param("latest", [], id="a text"),
        pytest.param(["latest"], [], id="texts"),
        pytest.param(["*"], ["is mutable: the exclusion '*' lets every tag move"], id="a text for every tag"),
        pytest.param([{"filterType": "WILDCARD"}], ["has an exclusion that names no tags, but None"], id="no filter"),
    ],
)
def test_other_forms_of_exclusions(told: Judge, written: object, expected: list[str]) -> None:
    inputs = {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}
    assert told(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@pytest.mark.parametrize(
    ("allowed", "filters", "expected"),
    [
        (["v*"], ["v1.*"], []),
        ([], ["latest"], ["lets the tag 'latest' move, by the exclusion 'latest': allowed are none"]),
        (["*"], ["release-*"], []),
        (["*"], ["*"], ["is mutable: the exclusion '*' lets every tag move"]),
        (["*-a", "*-b"], ["x-*"], ["lets the tag 'x-0' move, by the exclusion 'x-*': allowed are *-a, *-b"]),
        (["pr-?"], ["pr-1"], ["lets the tag 'pr-1' move, by the exclusion 'pr-1': allowed are pr-?"]),
    ],
)
def test_what_is_allowed_can_be_told(told: Judge, allowed: list[str], filters: list[str], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters)), allowed_exclusions=allowed) == expected


def test_exclusions_too_entangled_are_no_exclusions(told: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_patterns: object) -> None:
        raise TooEntangled

    monkeypatch.setattr(mutability, "witness", give_up)
    found = told(RULE, Declared(type=REPOSITORY, inputs=excluding("dev-*")))
    assert found == ["has an exclusion too entangled to be judged: 'dev-*'"]


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)
