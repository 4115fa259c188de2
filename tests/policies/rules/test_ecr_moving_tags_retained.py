"""Each pattern of movable tags is selected by a lifecycle rule."""

import json

import pytest

from domain.document_text import UNKNOWN
from domain.ecr.globs import TooComplex
from policies.rules import ecr_moving_tags_retained
from policies.rules.ecr_moving_tags_retained import RULE
from tests.cases import case, cases
from tests.policies.conftest import findings, paths
from tests.policies.rules.texts import lifecycle, lifecycle_of, repository_with

KEEP: dict[str, object] = {"tag": "v*", "keep": 10}
NAME = "payments/api@us-east-1"


def by_tag(*patterns: str, **effect: int) -> dict[str, object]:
    selector: dict[str, object] = {"tag": patterns[0]} if len(patterns) == 1 else {"all_tags": patterns}
    return {**selector, **(effect or {"expire_after_days": 14})}


def kept(tag: str, pattern: str) -> str:
    own = "" if pattern == "*" else f'`- {{tag: "{pattern}", expire_after_days: 14}}`, or '
    fix = f"write {own}`- {{any: true, keep: 50}}` for all that is left, in `retention`"
    return f"{NAME} keeps every image with a mutable tag such as {tag} ({pattern}): no lifecycle rule selects it: {fix}"


PREVIEW = kept("preview-0", "preview-*")


@cases(
    "tags, rules, expected",
    case("compliant", ["preview-*"], [KEEP, by_tag("preview-*")], []),
    case("violating", ["latest", "preview-*"], [KEEP], [PREVIEW]),
    case("a single tag", ["latest"], [KEEP], []),
    case("any image", ["preview-*"], [KEEP, {"any": True, "keep": 50}], []),
    case("any archived image", ["preview-*"], [{"any": True, "expire_archived_after_days": 90}, KEEP], [PREVIEW]),
    case("archived ones of the tag", ["preview-*"], [by_tag("preview-*", expire_archived_after_days=90)], [PREVIEW]),
    case("that are archived first", ["preview-*"], [by_tag("preview-*", archive_keep=9)], []),
    case("untagged images", ["preview-*"], [KEEP, {"untagged": True, "expire_after_days": 7}], [PREVIEW]),
    case("a wider rule", ["preview-*"], [by_tag("pre*")], []),
    case("every tag", ["preview-*", "dev-*"], [by_tag("*")], []),
    case("a narrower rule", ["preview-*"], [by_tag("preview-a*")], [PREVIEW]),
    case("the tag without a wildcard", ["preview-*"], [by_tag("preview-0")], [kept("preview-1", "preview-*")]),
    case("two rules together", ["*a*"], [by_tag("a*"), by_tag("*a")], [kept("0a0", "*a*")]),
    case("a rule for two tags at once", ["preview-*"], [by_tag("preview-*", "web-*")], [PREVIEW]),
    case("two patterns of the same tag", ["preview-*"], [by_tag("pre*", "*-*")], []),
    case("each by its own", ["preview-*", "dev-*"], [by_tag("dev-*"), by_tag("preview-*")], []),
    case("several", ["preview-*", "dev-*"], [KEEP], [PREVIEW, kept("dev-0", "dev-*")]),
    case("no mutable tag", [], [KEEP], []),
    case("a strange filter", [7.0, None], [KEEP], []),
)
def test_patterns(tags: list[object], rules: list[dict[str, object]], expected: list[str]) -> None:
    assert findings(RULE, repository_with(tags), lifecycle_of(lifecycle(*rules))) == expected


def test_prefixes_select_as_well() -> None:
    text = lifecycle(by_tag("preview-*")).replace('"tagPatternList":["preview-*"]', '"tagPrefixList":["preview-"]')
    assert "tagPrefixList" in text
    assert findings(RULE, repository_with(["preview-*"]), lifecycle_of(text)) == []
    assert findings(RULE, repository_with(["preview-*"]), lifecycle_of(text.replace("view-", "view-*"))) == [PREVIEW]


@cases(
    "mode, tags, rules, expected",
    case("mutable", "MUTABLE", [], [KEEP], [kept("0", "*")]),
    case("unset, which is mutable", None, [], [KEEP], [kept("0", "*")]),
    case("mutable, all selected", "MUTABLE", [], [by_tag("*")], []),
    case("mutable but for releases", "MUTABLE_WITH_EXCLUSION", ["v*"], [by_tag("dev-*")], [kept("0", "*")]),
    case("the rest is selected", "MUTABLE_WITH_EXCLUSION", ["a*"], [by_tag("*b"), {"any": True, "keep": 9}], []),
    case("immutable", "IMMUTABLE", ["dev-*"], [KEEP], []),
    case("unknown", UNKNOWN, [], [KEEP], [f"{NAME} undecided imageTagMutability"]),
    case("unset filters", "IMMUTABLE_WITH_EXCLUSION", [], [KEEP], []),
)
def test_the_mode(mode: object, tags: list[object], rules: list[dict[str, object]], expected: list[str]) -> None:
    assert findings(RULE, repository_with(tags, mode), lifecycle_of(lifecycle(*rules))) == expected


def test_policies_that_are_not_known_or_absent() -> None:
    repository, text = repository_with(["dev-*"]), lifecycle(KEEP)
    assert findings(RULE, repository, lifecycle_of(UNKNOWN)) == ["a policy undecided policy"]
    assert findings(RULE, repository, lifecycle_of(text, UNKNOWN)) == [f"{NAME} undecided name"]
    assert findings(RULE, repository_with(UNKNOWN), lifecycle_of(text)) == [
        f"{NAME} undecided imageTagMutabilityExclusionFilters"
    ]
    assert findings(RULE, repository) == []
    assert findings(RULE, repository, lifecycle_of("{")) == []
    assert findings(RULE, repository, lifecycle_of(json.loads(text, parse_int=float))) == [kept("dev-0", "dev-*")]


def test_where_it_is() -> None:
    pair = repository_with(["latest", "dev-*"]), lifecycle_of(lifecycle(KEEP))
    assert paths(RULE, *pair) == [("imageTagMutabilityExclusionFilters", 1, "filter")]
    assert paths(RULE, repository_with([], "MUTABLE"), pair[1]) == [("imageTagMutability",)]


def test_what_is_too_complex_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_complex(*_: object) -> str:
        raise TooComplex

    monkeypatch.setattr(ecr_moving_tags_retained, "unselected", too_complex)
    (found,) = findings(RULE, repository_with(["complex-*"]), lifecycle_of(lifecycle(KEEP)))
    text = f"{NAME} has the mutable tags complex-*, with which its lifecycle policy is too complex to check: write"
    assert found.startswith(text)
