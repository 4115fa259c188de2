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
ALLOWED_CHARACTERS = "use letters, digits, '.', '_', '-', '*'"
REFUSED = f"has the exclusion filter 'dev-@', which has characters that ECR does not allow: '@': {ALLOWED_CHARACTERS}"
FIX = "write `mutable_tags: [...]` with one of: latest, dev-*, preview-*, cache-*"
EVERY = f"has mutable tags: the exclusion filter '*' matches every tag: {FIX}"
UNDECIDED = "undecided imageTagMutabilityExclusionFilters"


def mutable(pattern: str, tag: str, allowed: str = "latest, dev-*, preview-*, cache-*") -> str:
    fix = "remove `mutable_tags`" if allowed == "none" else f"write `mutable_tags: [...]` with one of: {allowed}"
    return f"has the exclusion filter {pattern!r}, which makes {tag!r} mutable: allowed are {allowed}: {fix}"


MUTABLE = {"with exclusion": "MUTABLE_WITH_EXCLUSION", "lower case": "immutable", "a list": ["IMMUTABLE"]}
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
    *(
        case(name, {**excluding("v*"), "imageTagMutability": mode}, [f"has mutable tags: imageTagMutability is {mode}"])
        for name, mode in MUTABLE.items()
    ),
)
def test_the_mode(inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "filters, expected",
    case("allowed", ["latest", "dev-*"], []),
    case("within what is allowed", ["dev-*-arm", "dev-1", "dev-**"], []),
    case("a release", ["release-*"], [mutable("release-*", "release-0")]),
    case("wider", ["dev*"], [mutable("dev*", "dev0")]),
    case("wider still", ["latest*"], [mutable("latest*", "latest0")]),
    case("every tag", ["*"], [EVERY]),
    case("every tag again", ["latest", "**"], [EVERY.replace("'*'", "'**'")]),
    case("unknown filter", [UNKNOWN], [f"{UNDECIDED}.0.filter"]),
    case("a known one beside it", ["v*", UNKNOWN], [mutable("v*", "v0"), f"{UNDECIDED}.1.filter"]),
    case("a number", [7.0], ["has an exclusion filter that is not a string: 7.0"]),
    case("nothing excluded", [], [NONE_GIVEN]),
    case("refused", ["dev-@"], [REFUSED]),
)
def test_the_exclusions(filters: list[Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters))) == expected


@cases(
    "written, expected",
    case("missing", None, [NONE_GIVEN]),
    case("unknown", UNKNOWN, [UNDECIDED]),
    case("one without a list", {"filter": "latest"}, []),
    case("a text", "latest", []),
    case("texts", ["latest"], []),
    case("a text for every tag", ["*"], [EVERY]),
    case("no filter", [{"filterType": "WILDCARD"}], ["has an exclusion filter that is not a string: None"]),
)
def test_other_forms_of_exclusions(written: object, expected: list[str]) -> None:
    inputs = {"imageTagMutability": EXCEPT, "imageTagMutabilityExclusionFilters": written}
    assert findings(RULE, Declared(type=REPOSITORY, inputs=inputs)) == expected


@cases(
    "allowed, filters, expected",
    (["v*"], ["v1.*"], []),
    ([], ["latest"], [mutable("latest", "latest", "none")]),
    (["*"], ["release-*"], []),
    (["*"], ["*"], [EVERY.replace("latest, dev-*, preview-*, cache-*", "*")]),
    (["*-a", "*-b"], ["x-*"], [mutable("x-*", "x-0", "*-a, *-b")]),
    (["pr-?"], ["pr-1"], [mutable("pr-1", "pr-1", "pr-?")]),
)
def test_what_is_allowed_is_a_parameter(allowed: list[str], filters: list[str], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs=excluding(*filters)), allowed_exclusions=allowed) == expected


def test_filters_too_complex_to_check_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_patterns: object) -> None:
        raise TooComplex

    monkeypatch.setattr(tag_mutability, "common_tag", give_up)
    found = findings(RULE, Declared(type=REPOSITORY, inputs=excluding("dev-*")))
    assert found == [f"has an exclusion filter that is too complex to check: 'dev-*': {FIX}"]
