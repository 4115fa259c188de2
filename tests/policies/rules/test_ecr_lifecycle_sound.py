"""Lifecycle policies are valid, every rule can act, and releases are kept."""

import json
import re
import time
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from domain.document_text import SECRET, UNKNOWN
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import SHIELD_DAYS
from policies.rules.ecr_lifecycle_sound import RULE
from resources.ecr import LIFECYCLE_POLICY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths

Entry = dict[str, Any]
SHADOWED, NO_TAG = "never acts: the rules above it select all of its images", "never acts: no tag matches it"
INVALID = "has an invalid lifecycle policy: "


def document(*rules: Entry) -> Entry:
    return {"rules": [{"rulePriority": priority, **rule} for priority, rule in enumerate(rules, start=1)]}


def expire(selection: Entry) -> Entry:
    return {"selection": selection, "action": {"type": "expire"}}


def archive(selection: Entry) -> Entry:
    return {"selection": selection, "action": {"type": "transition", "targetStorageClass": "archive"}}


def tagged(*patterns: str) -> Entry:
    return {"tagStatus": "tagged", "tagPatternList": list(patterns)}


def prefixed(*prefixes: str) -> Entry:
    return {"tagStatus": "tagged", "tagPrefixList": list(prefixes)}


UNTAGGED, ANY = {"tagStatus": "untagged"}, {"tagStatus": "any"}


def keep(selection: Entry, count: int = 10) -> Entry:
    return expire({**selection, "countType": "imageCountMoreThan", "countNumber": count})


def archive_keep(selection: Entry, count: int = 10) -> Entry:
    return archive(keep(selection, count)["selection"])


def age(selection: Entry, days: int = 14, clock: str = "sinceImagePushed") -> Entry:
    return expire({**selection, "countType": clock, "countUnit": "days", "countNumber": days})


def archive_age(selection: Entry, days: int = 14, clock: str = "sinceImagePushed") -> Entry:
    return archive(age(selection, days, clock)["selection"])


def expire_archived(selection: Entry, days: int = 365) -> Entry:
    return age({**selection, "storageClass": "archive"}, days, "sinceImageTransitioned")


def policy(written: object) -> Declared:
    return Declared(type=LIFECYCLE_POLICY, inputs={"policy": written, "repository": "payments/api"})


def judged(rules: list[Entry], **parameters: Any) -> list[str]:
    """The findings, in which each rule has its number alone."""
    found = findings(RULE, policy(json.dumps(document(*rules))), **parameters)
    return [re.sub(r" \(.*?\)", "", each) for each in found]


def applies(tag: str, number: int = 1, pattern: str = "v*") -> str:
    fix = f'put `- {{tag: "{pattern}", keep: 5}}` above it'
    return f"rule {number} applies to the tag {tag!r}, which {pattern} protects: {fix}"


def few(kept: int, count: int, key: str = "keep") -> str:
    why = f"it keeps {kept}, and at least {count} are required"
    return f"rule 1 applies to the tag 'v0', which v* protects: {why}: write `{key}: {count}`"


SERVICES = (keep(tagged("release-*")), keep(tagged("v*")), age(tagged("dev-*")), age(UNTAGGED))


@cases(
    "written, expected",
    case("compliant", json.dumps(document(*SERVICES)), []),
    case("an object", document(*SERVICES), []),
    case("the engine's object", json.loads(json.dumps(document(*SERVICES)), parse_int=float), []),
    case("an object with nothing under a key", {**document(*SERVICES), "more": None}, []),
    case("unknown", UNKNOWN, ["undecided policy"]),
    case("secret", SECRET, ["undecided policy"]),
    case("unknown within a list", [7.0, UNKNOWN], ["undecided policy"]),
    case("unknown within an object", {"more": 7.0, "rules": [UNKNOWN]}, ["undecided policy"]),
    case("unset", None, ["has a lifecycle policy that is not text: None"]),
    case("a list", ["rules"], ["has a lifecycle policy that is not text: ['rules']"]),
    case("a number", 7.0, ["has a lifecycle policy that is not text: 7.0"]),
)
def test_forms(written: object, expected: list[str]) -> None:
    assert findings(RULE, policy(written)) == expected


def capital(text: str) -> str:
    return text.replace('"tagStatus"', '"TagStatus"')


TEXT = json.dumps(document(keep(tagged("v*"))))


@cases(
    "text, beginning",
    case("empty", "", "is not valid JSON"),
    case("too deep", "[" * 100_000, "is not valid JSON"),
    case("a capital letter", capital(TEXT), "rules.0.selection.TagStatus is not a key of a selection"),
    case("10.0", TEXT.replace("10", "10.0"), "rules.0.selection.countNumber is a number with a fraction"),
)
def test_what_ecr_refuses_is_a_finding(text: str, beginning: str) -> None:
    found = findings(RULE, policy(text))
    assert found[0].startswith(f"{INVALID}{beginning}")
    assert all(each.startswith(INVALID) for each in found)


def test_each_fault_of_a_text_is_a_finding() -> None:
    text = capital(TEXT).replace('"expire"', '"delete"')
    assert len(findings(RULE, policy(text))) == len(validate_text(text)) > 2


@cases(
    "rules, dead",
    case("contained", [age(tagged("dev-*")), age(tagged("dev-x*"))], 2),
    case("the special one first", [age(tagged("dev-x*")), age(tagged("dev-*"))], None),
    case("a prefix", [age(tagged("dev-*")), age(prefixed("dev-"))], 2),
    case("by a prefix", [age(prefixed("dev")), age(tagged("dev-1"))], 2),
    case("a prefix is longer than a tag", [age(tagged("dev-1")), age(prefixed("dev"))], None),
    case("each class has its own rules", [archive_keep(tagged("dev-*")), expire_archived(tagged("dev-*"))], None),
    case("archived", [expire_archived(tagged("dev-*")), expire_archived(tagged("dev-x*"))], 2),
    case("by a shield", [age(tagged("dev-*"), SHIELD_DAYS), age(tagged("dev-x*"))], 2),
)
def test_every_rule_can_act(rules: list[Entry], dead: int | None) -> None:
    assert judged(rules, protected_tags=[]) == ([f"rule {dead} {SHADOWED}"] if dead else [])


@cases("selection", prefixed("dev*"), tagged("d?v"), tagged("d@*"))
def test_a_rule_that_no_tag_matches(selection: Entry) -> None:
    assert judged([age(tagged("dev-*")), age(selection)], protected_tags=[]) == [f"rule 2 {NO_TAG}"]


@cases(
    "rules, number, tag",
    case("push", [age(tagged("v*"))], 1, "v0"),
    case("any", [age(ANY, 1)], 1, "v0"),
    case("all", [age(tagged("*"))], 1, "v0"),
    case("one tag", [age(tagged("v1.2"))], 1, "v1.2"),
    case("prefix", [age(prefixed("v1."))], 1, "v1.0"),
    case("archive", [archive_age(tagged("v*"), 180)], 1, "v0"),
    case("pull", [archive_age(tagged("v*"), 90, "sinceImagePulled")], 1, "v0"),
    case("the archive's rules are not shielded", [archive_keep(tagged("v*")), expire_archived(ANY)], 2, "v0"),
    case("the archive's leave it", [expire_archived(tagged("dev-*"), 90), keep(ANY)], None, ""),
    case("shielded", [keep(tagged("v*")), age(ANY)], None, ""),
    case("by a shield", [age(tagged("v*"), SHIELD_DAYS), age(ANY)], None, ""),
    case("a shield itself", [age(ANY, SHIELD_DAYS)], None, ""),
    case("a day less than a shield", [age(ANY, SHIELD_DAYS - 1)], 1, "v0"),
    case("untagged", [age(UNTAGGED, 1)], None, ""),
    case("overlap", [age(tagged("*-rc"))], 1, "v-rc"),
)
def test_no_release_expires_for_its_age(rules: list[Entry], number: int | None, tag: str) -> None:
    assert judged(rules, protected_tags=["v*"]) == ([applies(tag, number)] if number else [])


def test_a_rule_that_never_acts_harms_nothing() -> None:
    rules = [keep(tagged("dev-*")), age(tagged("dev-*", "v*"))]
    assert judged(rules, protected_tags=["v*"]) == [f"rule 2 {SHADOWED}"]


@cases(
    "rules, found",
    case("enough", [keep(tagged("v*"), 5)], []),
    case("too few", [keep(tagged("v*"), 4)], [few(4, 5)]),
    case("archive", [archive_keep(tagged("v*"), 4)], [few(4, 5, "archive_keep")]),
    case("any", [keep(ANY, 1)], [few(1, 5)]),
    case("shielded", [keep(tagged("v*")), keep(ANY, 1)], []),
    case("nothing in common", [keep(tagged("dev-*"), 1)], []),
    case("untagged", [keep(UNTAGGED, 1)], []),
)
def test_enough_releases_are_kept(rules: list[Entry], found: list[str]) -> None:
    assert judged(rules, protected_tags=["v*"]) == found


BOTH = "'dev-0' and 'v0'"


@cases(
    "rules, expected",
    case("nothing keeps", [age(tagged("dev-*"))], []),
    case("any", [age(tagged("dev-*")), keep(ANY, 50)], []),
    case("every tag", [age(tagged("dev-*")), keep(tagged("*"), 50)], []),
    case("above", [keep(tagged("v*")), age(tagged("dev-*"))], []),
    case("keeps others", [age(tagged("dev-*")), keep(tagged("x*"))], []),
    case("below", [age(tagged("dev-*")), keep(tagged("v*"))], [(1, BOTH, 2)]),
    case("a shield below", [archive_age(tagged("dev-*"), 1), age(tagged("v*"), SHIELD_DAYS)], [(1, BOTH, 2)]),
    case("a part below", [age(tagged("dev-*")), archive_keep(tagged("v1*"))], [(1, "'dev-0' and 'v10'", 2)]),
    case("a part above", [keep(tagged("v1*")), age(tagged("dev-*")), keep(tagged("v*"))], [(2, BOTH, 3)]),
    case("all of it above", [keep(tagged("v*")), age(tagged("dev-*")), keep(tagged("*v*"))], []),
    case("around it", [age(tagged("dev-*")), keep(tagged("*v*"))], [(1, BOTH, 2)]),
    case("lists", [age(tagged("a", "b")), keep(tagged("b", "v*"))], [(1, "'a' and 'b' and 'v0'", 2)]),
    case(
        "two of each",
        [age(tagged("dev-*")), age(tagged("ci-*")), keep(tagged("v1*")), keep(tagged("v*"))],
        [(1, "'dev-0' and 'v10'", 3), (2, "'ci-0' and 'v10'", 3)],
    ),
    case("by count", [keep(tagged("dev-*"), 1), keep(tagged("v*"))], []),
    case("of another storage class", [expire_archived(tagged("dev-*")), archive_keep(tagged("v*"))], []),
)
def test_an_image_with_a_protected_tag_beside_is_kept_by_a_rule_above(
    rules: list[Entry], expected: list[tuple[int, str, int]]
) -> None:
    assert judged(rules, protected_tags=["v*"]) == [
        f"rule {number} applies to an image with the tags {tags}, which rule {keeping} would keep: move that one above"
        for number, tags, keeping in expected
    ]


def test_each_protected_tag_is_reported_with_what_the_rules_do() -> None:
    text = json.dumps(document(age(tagged("dev-*")), keep(tagged("release-*")), keep(tagged("v*"))))
    expire = "rule 1 (Expire images tagged dev-* 14 days after push) applies to an image with the tags 'dev-0' and"
    keep_them = "would keep: move that one above"
    assert findings(RULE, policy(text)) == [
        f"{expire} 'v0', which rule 3 (Keep the newest 10 images tagged v*) {keep_them}",
        f"{expire} 'release-0', which rule 2 (Keep the newest 10 images tagged release-*) {keep_them}",
    ]


def test_priority_counts_and_not_the_order() -> None:
    low, high = document(age(ANY), keep(tagged("v*")))["rules"]
    low["rulePriority"], high["rulePriority"] = 20, 3
    assert findings(RULE, policy(json.dumps({"rules": [low, high]})), protected_tags=["v*"]) == []


@cases(
    "parameters, expected",
    ({}, [("v0", "v*"), ("release-0", "release-*")]),
    ({"protected_tags": ["prod"]}, [("prod", "prod")]),
    ({"protected_tags": []}, []),
    ({"protected_tags": ["@"]}, []),
    ({"minimum_kept": 100, "protected_tags": []}, []),
)
def test_what_is_protected_is_a_parameter(parameters: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert judged([age(ANY)], **parameters) == [applies(tag, pattern=pattern) for tag, pattern in expected]


def test_how_many_are_kept_is_a_parameter() -> None:
    assert judged([keep(tagged("v*"), 20)], minimum_kept=20) == []
    assert judged([keep(tagged("v*"), 20)], minimum_kept=21) == [few(20, 21)]


def test_at_least_one_is_kept() -> None:
    assert judged([keep(ANY, 1)], minimum_kept=1) == []
    with pytest.raises(ValidationError):
        RULE.parameters(minimum_kept=0)


def test_entangled_patterns_are_reported_in_time() -> None:
    words = [f"*{'*'.join(each)}" for each in product(["aab", "aba", "baa"], repeat=3)]
    text = json.dumps(document(*(age(tagged(each)) for each in words), age(tagged("*ab*ba*ab"))))
    started = time.process_time()
    found = findings(RULE, policy(text))
    assert time.process_time() - started < 5
    assert found[-1] == "has tag patterns that are too complex to check: write fewer or simpler ones"


def test_where_the_rule_is_in_the_policy() -> None:
    shadowed = policy(json.dumps(document(keep(tagged("v*")), keep(tagged("v1*")))))
    assert paths(RULE, shadowed) == [("policy", "rules", 1)]
