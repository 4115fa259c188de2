"""Lifecycle policies are valid, every rule can act, and releases are kept."""

import json
import time
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from domain.document_text import SECRET, UNKNOWN
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import SHIELD_DAYS
from policies.pack.rule import Finding, Given
from policies.rules.ecr_lifecycle_sound import RULE
from render import Render
from resources.ecr import LIFECYCLE_POLICY
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, told

Entry = dict[str, Any]
SHADOWED, NO_TAG = "never acts: the rules above it have all of its images", "never acts: there is no such tag"
REFUSED = "has a policy that ECR refuses: "


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
    return archive({**selection, "countType": "imageCountMoreThan", "countNumber": count})


def age(selection: Entry, days: int = 14, clock: str = "sinceImagePushed") -> Entry:
    return expire({**selection, "countType": clock, "countUnit": "days", "countNumber": days})


def archive_age(selection: Entry, days: int = 14, clock: str = "sinceImagePushed") -> Entry:
    return archive({**selection, "countType": clock, "countUnit": "days", "countNumber": days})


def expire_archived(selection: Entry, days: int = 365) -> Entry:
    return age({**selection, "storageClass": "archive"}, days, "sinceImageTransitioned")


def gone(rule: str, tag: str = "v0") -> str:
    return f"rule {rule} would expire the tag {tag!r}, 14 days after its push"


def below(tag: str, rule: str) -> str:
    return f"rule 1 (dev-*) would expire an image tagged 'dev-0' and {tag!r}, 14 days after its push: put {rule}"


def policy(written: object) -> Declared:
    return Declared(type=LIFECYCLE_POLICY, inputs={"policy": written, "repository": "payments/api"})


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
    case("unset", None, ["has no policy text, but None"]),
    case("a list", ["rules"], ["has no policy text, but ['rules']"]),
    case("a number", 7.0, ["has no policy text, but 7.0"]),
)
def test_forms(written: object, expected: list[str]) -> None:
    assert told(RULE, policy(written)) == expected


def capital(text: str) -> str:
    return text.replace('"tagStatus"', '"TagStatus"')


TEXT = json.dumps(document(keep(tagged("v*"))))


@cases(
    "text, beginning",
    case("empty", "", "is not valid JSON"),
    case("no JSON", "{rules: []}", "is not valid JSON"),
    case("too deep", "[" * 100_000, "is not valid JSON"),
    case("no rules", '{"rules": []}', "rules has 0 rules"),
    case("capital letter", TEXT.replace('"rules"', '"Rules"'), "Rules is not a key of the policy"),
    case("another one", capital(TEXT), "rules.0.selection.TagStatus is not a key of a selection"),
    case("capitals", TEXT.replace('"expire"', '"EXPIRE"'), "rules.0.action.type is not a value of type"),
    case(
        "a key twice",
        TEXT.replace('"countNumber": 10', '"countNumber": 10, "countNumber": 1'),
        "rules.0.selection.countNumber is written more than once",
    ),
    case("10.0", TEXT.replace("10", "10.0"), "rules.0.selection.countNumber is a number with a fraction"),
    case("zero", TEXT.replace("10", "0"), "rules.0.selection.countNumber is too small"),
    case("NaN", TEXT.replace("10", "NaN"), "is not valid JSON"),
    case("no list", TEXT.replace('["v*"]', '"v*"'), "rules.0.selection.tagPatternList is a string"),
    case("any first", json.dumps(document(keep(ANY), keep(tagged("v*")))), "rules.0.rulePriority comes before"),
)
def test_what_ecr_refuses_is_a_finding(text: str, beginning: str) -> None:
    found = told(RULE, policy(text))
    assert found[0].startswith(f"{REFUSED}{beginning}")
    assert all(each.startswith(REFUSED) for each in found)


def test_each_fault_of_a_text_is_a_finding() -> None:
    text = capital(TEXT).replace('"expire"', '"delete"')
    assert len(told(RULE, policy(text))) == len(validate_text(text)) > 2


@cases(
    "rules, expected",
    case("contained", [age(tagged("dev-*")), age(tagged("dev-x*"))], [f"rule 2 (dev-x*) {SHADOWED}"]),
    case("the special one first", [age(tagged("dev-x*")), age(tagged("dev-*"))], []),
    case("a prefix", [age(tagged("dev-*")), age(prefixed("dev-"))], [f"rule 2 (prefix dev-) {SHADOWED}"]),
    case("by a prefix", [age(prefixed("dev")), age(tagged("dev-1"))], [f"rule 2 (dev-1) {SHADOWED}"]),
    case("a prefix is longer than a tag", [age(tagged("dev-1")), age(prefixed("dev"))], []),
    case("a prefix with an asterisk", [age(prefixed("dev*"))], [f"rule 1 (prefix dev*) {NO_TAG}"]),
    case("no tag", [age(tagged("d?v"))], [f"rule 1 (d?v) {NO_TAG}"]),
    case("no tag, as second", [age(tagged("dev-*")), age(tagged("d@*"))], [f"rule 2 (d@*) {NO_TAG}"]),
    case("a list identifies less than one of it", [age(tagged("dev-*", "*-arm")), age(tagged("dev-*"))], []),
    case("one of it", [age(tagged("dev-*")), age(tagged("x-*", "dev-*"))], [f"rule 2 (x-* and dev-*) {SHADOWED}"]),
    case("a shorter one", [age(tagged("a", "b")), age(tagged("b", "a", "c"))], [f"rule 2 (b and a and c) {SHADOWED}"]),
    case(
        "a list in the middle",
        [keep(tagged("*a*")), age(tagged("dev")), age(tagged("d*", "*a")), age(tagged("d*"))],
        [f"rule 3 (d* and *a) {SHADOWED}"],
    ),
    case("any has the untagged", [keep(tagged("*")), keep(ANY)], []),
    case("any", [age(UNTAGGED), keep(tagged("*")), keep(ANY)], [f"rule 3 (any) {SHADOWED}"]),
    case("any has the rest", [age(UNTAGGED), keep(tagged("v*")), keep(ANY)], []),
    case("each class has its own rules", [archive_keep(tagged("dev-*")), expire_archived(tagged("dev-*"))], []),
    case(
        "archived",
        [expire_archived(tagged("dev-*")), expire_archived(tagged("dev-x*"))],
        [f"rule 2 (dev-x*) {SHADOWED}"],
    ),
    case("by a shield", [age(tagged("dev-*"), SHIELD_DAYS), age(tagged("dev-x*"))], [f"rule 2 (dev-x*) {SHADOWED}"]),
)
def test_every_rule_can_act(rules: list[Entry], expected: list[str]) -> None:
    assert told(RULE, policy(json.dumps(document(*rules))), protected_tags=[]) == expected


@cases(
    "rules, expected",
    case("push", [age(tagged("v*"))], [gone("1 (v*)")]),
    case("any", [age(ANY, 1)], ["rule 1 (any) would expire the tag 'v0', 1 day after its push"]),
    case("all", [age(tagged("*"))], [gone("1 (*)")]),
    case("one tag", [age(tagged("v1.2"))], [gone("1 (v1.2)", "v1.2")]),
    case("prefix", [age(prefixed("v1."))], [gone("1 (prefix v1.)", "v1.0")]),
    case(
        "archive", [archive_age(tagged("v*"), 180)], ["rule 1 (v*) would archive the tag 'v0', 180 days after its push"]
    ),
    case(
        "pull",
        [archive_age(tagged("v*"), 90, "sinceImagePulled")],
        ["rule 1 (v*) would archive the tag 'v0', 90 days after its last pull"],
    ),
    case(
        "the archive's rules are not shielded by the others",
        [archive_keep(tagged("v*")), expire_archived(ANY)],
        ["rule 2 (any) would expire the tag 'v0', 365 days after it was archived"],
    ),
    case("the archive's leave it", [expire_archived(tagged("dev-*"), 90), keep(ANY)], []),
    case("shielded", [keep(tagged("v*")), age(ANY)], []),
    case("by a shield", [age(tagged("v*"), SHIELD_DAYS), age(ANY)], []),
    case("a shield itself", [age(ANY, SHIELD_DAYS)], []),
    case(
        "a day less than a shield",
        [age(ANY, SHIELD_DAYS - 1)],
        ["rule 1 (any) would expire the tag 'v0', 36499 days after its push"],
    ),
    case("untagged", [age(UNTAGGED, 1)], []),
    case("nothing in common", [age(tagged("dev-*")), age(tagged("V*"))], []),
    case("half shielded", [keep(tagged("v1*")), age(ANY)], [gone("2 (any)")]),
    case("half shielded, by a list", [keep(tagged("v*", "*-arm")), age(ANY)], [gone("2 (any)")]),
    case("shielded by a list", [keep(tagged("*", "v*")), age(ANY)], []),
    case("one of a list", [age(tagged("dev-*", "v*"))], [gone("1 (dev-* and v*)")]),
    case("a list that is dead", [keep(tagged("dev-*")), age(tagged("dev-*", "v*"))], None),
    case("shielded by two together", [keep(tagged("v")), keep(tagged("v*v")), age(tagged("*v"))], []),
    case("by one of them", [keep(tagged("v*v")), age(tagged("*v"))], [gone("2 (*v)", "v")]),
    case("overlap", [age(tagged("*-rc"))], [gone("1 (*-rc)", "v-rc")]),
)
def test_no_release_goes_for_its_age(rules: list[Entry], expected: list[str] | None) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    if expected is None:
        assert found == [f"rule 2 (dev-* and v*) {SHADOWED}"]
    else:
        assert found == [f"{each}: v* is protected" for each in expected]


@cases(
    "rules, expected",
    case("enough", [keep(tagged("v*"), 5)], []),
    case("too few", [keep(tagged("v*"), 4)], ["rule 1 (v*) would expire all but the newest 4"]),
    case("archive", [archive_keep(tagged("v*"), 4)], ["rule 1 (v*) would archive all but the newest 4"]),
    case("any", [keep(ANY, 1)], ["rule 1 (any) would expire all but the newest 1"]),
    case("shielded", [keep(tagged("v*")), keep(ANY, 1)], []),
    case("nothing in common", [keep(tagged("dev-*"), 1)], []),
    case("untagged", [keep(UNTAGGED, 1)], []),
)
def test_enough_releases_are_kept(rules: list[Entry], expected: list[str]) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    assert found == [f"{each}, the tag 'v0' among them: v* keeps 5 at least" for each in expected]


LISTS = (
    "rule 1 (a and b) would expire an image tagged 'a' and 'b' and 'v0', 14 days after its push: put rule 2 (b and v*)"
)


@cases(
    "rules, expected",
    case("nothing keeps", [age(tagged("dev-*"))], []),
    case("any", [age(tagged("dev-*")), keep(ANY, 50)], []),
    case("every tag", [age(tagged("dev-*")), keep(tagged("*"), 50)], []),
    case("above", [keep(tagged("v*")), age(tagged("dev-*"))], []),
    case("keeps others", [age(tagged("dev-*")), keep(tagged("x*"))], []),
    case("below", [age(tagged("dev-*")), keep(tagged("v*"))], [below("v0", "rule 2 (v*)")]),
    case(
        "a shield below",
        [archive_age(tagged("dev-*"), 1), age(tagged("v*"), SHIELD_DAYS)],
        ["rule 1 (dev-*) would archive an image tagged 'dev-0' and 'v0', 1 day after its push: put rule 2 (v*)"],
    ),
    case("a part below", [age(tagged("dev-*")), archive_keep(tagged("v1*"))], [below("v10", "rule 2 (v1*)")]),
    case("a part above", [keep(tagged("v1*")), age(tagged("dev-*")), keep(tagged("v*"))], None),
    case("all of it above", [keep(tagged("v*")), age(tagged("dev-*")), keep(tagged("*v*"))], []),
    case("around it", [age(tagged("dev-*")), keep(tagged("*v*"))], [below("v0", "rule 2 (*v*)")]),
    case("lists", [age(tagged("a", "b")), keep(tagged("b", "v*"))], [LISTS]),
    case(
        "two of each",
        [age(tagged("dev-*")), age(tagged("ci-*")), keep(tagged("v1*")), keep(tagged("v*"))],
        [
            below("v10", "rule 3 (v1*)"),
            "rule 2 (ci-*) would expire an image tagged 'ci-0' and 'v10', 14 days after its push: put rule 3 (v1*)",
        ],
    ),
    case("by count", [keep(tagged("dev-*"), 1), keep(tagged("v*"))], []),
    case("of another storage class", [expire_archived(tagged("dev-*")), archive_keep(tagged("v*"))], []),
)
def test_an_image_with_a_protected_tag_beside_goes_before_the_rule_that_keeps_it(
    rules: list[Entry], expected: list[str] | None
) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    if expected is None:
        expected = [
            "rule 2 (dev-*) would expire an image tagged 'dev-0' and 'v0', 14 days after its push: put rule 3 (v*)"
        ]
    assert found == [f"{each}, which keeps v*, above it" for each in expected]


def test_each_protected_tag_is_told_of() -> None:
    text = json.dumps(document(age(tagged("dev-*")), keep(tagged("release-*")), keep(tagged("v*"))))
    assert [each.rpartition(": ")[2] for each in told(RULE, policy(text))] == [
        "put rule 3 (v*), which keeps v*, above it",
        "put rule 2 (release-*), which keeps release-*, above it",
    ]


def test_priority_counts_and_not_the_order() -> None:
    low, high = document(age(ANY), keep(tagged("v*")))["rules"]
    low["rulePriority"], high["rulePriority"] = 20, 3
    assert told(RULE, policy(json.dumps({"rules": [low, high]})), protected_tags=["v*"]) == []


@cases(
    "parameters, expected",
    ({}, ["'v0', 14 days after its push: v* is protected", "'release-0', 14 days after its push: release-* is"]),
    ({"protected_tags": ["prod"]}, ["'prod', 14 days after its push: prod is protected"]),
    ({"protected_tags": []}, []),
    ({"protected_tags": ["@"]}, []),
    ({"minimum_kept": 100, "protected_tags": []}, []),
)
def test_what_is_protected_can_be_told(parameters: dict[str, Any], expected: list[str]) -> None:
    found = told(RULE, policy(json.dumps(document(age(ANY)))), **parameters)
    assert [each.partition("the tag ")[2][: len(text)] for each, text in zip(found, expected, strict=True)] == expected


def test_how_many_are_kept_can_be_told() -> None:
    text = json.dumps(document(keep(tagged("v*"), 20)))
    assert told(RULE, policy(text), minimum_kept=20) == []
    assert told(RULE, policy(text), minimum_kept=21) == [
        "rule 1 (v*) would expire all but the newest 20, the tag 'v0' among them: v* keeps 21 at least"
    ]


def test_at_least_one_is_kept() -> None:
    assert told(RULE, policy(json.dumps(document(keep(ANY, 1)))), minimum_kept=1) == []
    with pytest.raises(ValidationError):
        RULE.parameters(minimum_kept=0)


def test_entangled_patterns_are_told_in_time() -> None:
    words = [f"*{'*'.join(each)}" for each in product(["aab", "aba", "baa"], repeat=3)]
    text = json.dumps(document(*(age(tagged(each)) for each in words), age(tagged("*ab*ba*ab"))))
    started = time.process_time()
    found = told(RULE, policy(text))
    assert time.process_time() - started < 5
    assert found[-1] == "has patterns too entangled to be judged: write fewer or simpler ones"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_projects_own_policies_are_sound(request: pytest.FixtureRequest, stack: str) -> None:
    rendered: Render = request.getfixturevalue(stack)
    own = [policy(each.inputs["policy"]) for each in rendered.resources if each.type == LIFECYCLE_POLICY]
    assert own
    assert told(RULE, *own) == []


def test_it_is_about_lifecycle_policies() -> None:
    assert RULE.types == (LIFECYCLE_POLICY,)


def test_where_the_rule_stands_in_the_policy() -> None:
    shadowed = policy(json.dumps(document(keep(tagged("v*")), keep(tagged("v1*")))))
    found = list(RULE.check(shadowed, Given(RULE.parameters(), TODAY)))
    assert found == [Finding(f"rule 2 (v1*) {SHADOWED}", ("policy", "rules", 1))]
