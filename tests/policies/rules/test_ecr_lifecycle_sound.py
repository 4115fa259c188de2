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
from policies.kinds import LIFECYCLE_POLICY
from policies.pack.rule import Finding, Given
from policies.rules.ecr_lifecycle_sound import RULE
from render import Render
from tests.policies.conftest import TODAY, Declared, Judge

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


def policy(written: object) -> Declared:
    return Declared(type=LIFECYCLE_POLICY, inputs={"policy": written, "repository": "payments/api"})


SERVICES = (keep(tagged("release-*")), keep(tagged("v*")), age(tagged("dev-*")), age(UNTAGGED))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(json.dumps(document(*SERVICES)), [], id="compliant"),
        pytest.param(document(*SERVICES), [], id="an object"),
        pytest.param(json.loads(json.dumps(document(*SERVICES)), parse_int=float), [], id="the engine's object"),
        pytest.param({**document(*SERVICES), "more": None}, [], id="an object with nothing under a key"),
        pytest.param(UNKNOWN, ["undecided policy"], id="unknown"),
        pytest.param(SECRET, ["undecided policy"], id="secret"),
        pytest.param([7.0, UNKNOWN], ["undecided policy"], id="unknown within a list"),
        pytest.param({"more": 7.0, "rules": [UNKNOWN]}, ["undecided policy"], id="unknown within an object"),
        pytest.param(None, ["has no policy text, but None"], id="unset"),
        pytest.param(["rules"], ["has no policy text, but ['rules']"], id="a list"),
        pytest.param(7.0, ["has no policy text, but 7.0"], id="a number"),
    ],
)
def test_forms(told: Judge, written: object, expected: list[str]) -> None:
    assert told(RULE, policy(written)) == expected


def capital(text: str) -> str:
    return text.replace('"tagStatus"', '"TagStatus"')


TEXT = json.dumps(document(keep(tagged("v*"))))


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        pytest.param("", "is no JSON that ECR reads", id="empty"),
        pytest.param("{rules: []}", "is no JSON that ECR reads", id="no JSON"),
        pytest.param("[" * 100_000, "is no JSON that ECR reads", id="too deep"),
        pytest.param('{"rules": []}', "rules holds 0 rules", id="no rules"),
        pytest.param(TEXT.replace('"rules"', '"Rules"'), "Rules is no key of the policy", id="capital letter"),
        pytest.param(capital(TEXT), "rules.0.selection.TagStatus is no key of a selection", id="another one"),
        pytest.param(TEXT.replace('"expire"', '"EXPIRE"'), "rules.0.action.type is no value of type", id="capitals"),
        pytest.param(
            TEXT.replace('"countNumber": 10', '"countNumber": 10, "countNumber": 1'),
            "rules.0.selection.countNumber is written more than once",
            id="a key twice",
        ),
        pytest.param(
            TEXT.replace("10", "10.0"), "rules.0.selection.countNumber is a number with a fraction", id="10.0"
        ),
        pytest.param(TEXT.replace("10", "0"), "rules.0.selection.countNumber is too small", id="zero"),
        pytest.param(TEXT.replace("10", "NaN"), "is no JSON that ECR reads", id="NaN"),
        pytest.param(TEXT.replace('["v*"]', '"v*"'), "rules.0.selection.tagPatternList is a string", id="no list"),
        pytest.param(
            json.dumps(document(keep(ANY), keep(tagged("v*")))), "rules.0.rulePriority comes before", id="any first"
        ),
    ],
)
def test_what_ecr_refuses_is_a_finding(told: Judge, text: str, beginning: str) -> None:
    found = told(RULE, policy(text))
    assert found[0].startswith(f"{REFUSED}{beginning}")
    assert all(each.startswith(REFUSED) for each in found)


def test_each_fault_of_a_text_is_a_finding(told: Judge) -> None:
    text = capital(TEXT).replace('"expire"', '"delete"')
    assert len(told(RULE, policy(text))) == len(validate_text(text)) > 2


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([age(tagged("dev-*")), age(tagged("dev-x*"))], [f"rule 2 (dev-x*) {SHADOWED}"], id="contained"),
        pytest.param([age(tagged("dev-x*")), age(tagged("dev-*"))], [], id="the special one first"),
        pytest.param(
            [age(tagged("dev-*")), age(prefixed("dev-"))], [f"rule 2 (prefix dev-) {SHADOWED}"], id="a prefix"
        ),
        pytest.param([age(prefixed("dev")), age(tagged("dev-1"))], [f"rule 2 (dev-1) {SHADOWED}"], id="by a prefix"),
        pytest.param([age(tagged("dev-1")), age(prefixed("dev"))], [], id="a prefix is longer than a tag"),
        pytest.param([age(prefixed("dev*"))], [f"rule 1 (prefix dev*) {NO_TAG}"], id="a prefix with an asterisk"),
        pytest.param([age(tagged("d?v"))], [f"rule 1 (d?v) {NO_TAG}"], id="no tag"),
        pytest.param([age(tagged("dev-*")), age(tagged("d@*"))], [f"rule 2 (d@*) {NO_TAG}"], id="no tag, as second"),
        pytest.param(
            [age(tagged("dev-*", "*-arm")), age(tagged("dev-*"))], [], id="a list identifies less than one of it"
        ),
        pytest.param(
            [age(tagged("dev-*")), age(tagged("x-*", "dev-*"))],
            [f"rule 2 (x-* and dev-*) {SHADOWED}"],
            id="a list, by one of it",
        ),
        pytest.param(
            [age(tagged("a", "b")), age(tagged("b", "a", "c"))],
            [f"rule 2 (b and a and c) {SHADOWED}"],
            id="a list, by a shorter one",
        ),
        pytest.param(
            [keep(tagged("*a*")), age(tagged("dev")), age(tagged("d*", "*a")), age(tagged("d*"))],
            [f"rule 3 (d* and *a) {SHADOWED}"],
            id="a list in the middle",
        ),
        pytest.param([keep(tagged("*")), keep(ANY)], [], id="any has the untagged"),
        pytest.param([age(UNTAGGED), keep(tagged("*")), keep(ANY)], [f"rule 3 (any) {SHADOWED}"], id="any"),
        pytest.param([age(UNTAGGED), keep(tagged("v*")), keep(ANY)], [], id="any has the rest"),
        pytest.param(
            [archive_keep(tagged("dev-*")), expire_archived(tagged("dev-*"))], [], id="each class has its own rules"
        ),
        pytest.param(
            [expire_archived(tagged("dev-*")), expire_archived(tagged("dev-x*"))],
            [f"rule 2 (dev-x*) {SHADOWED}"],
            id="in the archive",
        ),
        pytest.param(
            [age(tagged("dev-*"), SHIELD_DAYS), age(tagged("dev-x*"))],
            [f"rule 2 (dev-x*) {SHADOWED}"],
            id="by a shield",
        ),
    ],
)
def test_every_rule_can_act(told: Judge, rules: list[Entry], expected: list[str]) -> None:
    assert told(RULE, policy(json.dumps(document(*rules))), protected_tags=[]) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([age(tagged("v*"))], ["rule 1 (v*) would expire the tag 'v0', 14 days after its push"], id="push"),
        pytest.param([age(ANY, 1)], ["rule 1 (any) would expire the tag 'v0', 1 day after its push"], id="any"),
        pytest.param([age(tagged("*"))], ["rule 1 (*) would expire the tag 'v0', 14 days after its push"], id="all"),
        pytest.param([age(tagged("v1.2"))], ["rule 1 (v1.2) would expire the tag 'v1.2', 14 days after its push"]),
        pytest.param(
            [age(prefixed("v1."))],
            ["rule 1 (prefix v1.) would expire the tag 'v1.0', 14 days after its push"],
            id="prefix",
        ),
        pytest.param(
            [archive_age(tagged("v*"), 180)],
            ["rule 1 (v*) would archive the tag 'v0', 180 days after its push"],
            id="archive",
        ),
        pytest.param(
            [archive_age(tagged("v*"), 90, "sinceImagePulled")],
            ["rule 1 (v*) would archive the tag 'v0', 90 days after its last pull"],
            id="pull",
        ),
        pytest.param(
            [archive_keep(tagged("v*")), expire_archived(ANY)],
            ["rule 2 (any) would expire the tag 'v0', 365 days after it was archived"],
            id="the archive's rules are not shielded by the others",
        ),
        pytest.param([expire_archived(tagged("dev-*"), 90), keep(ANY)], [], id="the archive's leave it"),
        pytest.param([keep(tagged("v*")), age(ANY)], [], id="shielded"),
        pytest.param([age(tagged("v*"), SHIELD_DAYS), age(ANY)], [], id="by a shield"),
        pytest.param([age(ANY, SHIELD_DAYS)], [], id="a shield itself"),
        pytest.param(
            [age(ANY, SHIELD_DAYS - 1)],
            ["rule 1 (any) would expire the tag 'v0', 36499 days after its push"],
            id="a day less than a shield",
        ),
        pytest.param([age(UNTAGGED, 1)], [], id="untagged"),
        pytest.param([age(tagged("dev-*")), age(tagged("V*"))], [], id="nothing in common"),
        pytest.param(
            [keep(tagged("v1*")), age(ANY)],
            ["rule 2 (any) would expire the tag 'v0', 14 days after its push"],
            id="half shielded",
        ),
        pytest.param(
            [keep(tagged("v*", "*-arm")), age(ANY)],
            ["rule 2 (any) would expire the tag 'v0', 14 days after its push"],
            id="half shielded, by a list",
        ),
        pytest.param([keep(tagged("*", "v*")), age(ANY)], [], id="shielded by a list"),
        pytest.param(
            [age(tagged("dev-*", "v*"))],
            ["rule 1 (dev-* and v*) would expire the tag 'v0', 14 days after its push"],
            id="one of a list",
        ),
        pytest.param([keep(tagged("dev-*")), age(tagged("dev-*", "v*"))], None, id="a list that is dead"),
        pytest.param([keep(tagged("v")), keep(tagged("v*v")), age(tagged("*v"))], [], id="shielded by two together"),
        pytest.param(
            [keep(tagged("v*v")), age(tagged("*v"))],
            ["rule 2 (*v) would expire the tag 'v', 14 days after its push"],
            id="by one of them",
        ),
        pytest.param(
            [age(tagged("*-rc"))], ["rule 1 (*-rc) would expire the tag 'v-rc', 14 days after its push"], id="overlap"
        ),
    ],
)
def test_no_release_goes_for_its_age(told: Judge, rules: list[Entry], expected: list[str] | None) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    if expected is None:
        assert found == [f"rule 2 (dev-* and v*) {SHADOWED}"]
    else:
        assert found == [f"{each}: v* is protected" for each in expected]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([keep(tagged("v*"), 5)], [], id="enough"),
        pytest.param([keep(tagged("v*"), 4)], ["rule 1 (v*) would expire all but the newest 4"], id="too few"),
        pytest.param([archive_keep(tagged("v*"), 4)], ["rule 1 (v*) would archive all but the newest 4"], id="archive"),
        pytest.param([keep(ANY, 1)], ["rule 1 (any) would expire all but the newest 1"], id="any"),
        pytest.param([keep(tagged("v*")), keep(ANY, 1)], [], id="shielded"),
        pytest.param([keep(tagged("dev-*"), 1)], [], id="nothing in common"),
        pytest.param([keep(UNTAGGED, 1)], [], id="untagged"),
    ],
)
def test_enough_releases_are_kept(told: Judge, rules: list[Entry], expected: list[str]) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    assert found == [f"{each}, the tag 'v0' among them: v* keeps 5 at least" for each in expected]


LISTS = (
    "rule 1 (a and b) would expire an image tagged 'a' and 'b' and 'v0', 14 days after its push: put rule 2 (b and v*)"
)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([age(tagged("dev-*"))], [], id="nothing keeps"),
        pytest.param([age(tagged("dev-*")), keep(ANY, 50)], [], id="any"),
        pytest.param([age(tagged("dev-*")), keep(tagged("*"), 50)], [], id="every tag"),
        pytest.param([keep(tagged("v*")), age(tagged("dev-*"))], [], id="above"),
        pytest.param([age(tagged("dev-*")), keep(tagged("x*"))], [], id="keeps others"),
        pytest.param(
            [age(tagged("dev-*")), keep(tagged("v*"))],
            ["rule 1 (dev-*) would expire an image tagged 'dev-0' and 'v0', 14 days after its push: put rule 2 (v*)"],
            id="below",
        ),
        pytest.param(
            [archive_age(tagged("dev-*"), 1), age(tagged("v*"), SHIELD_DAYS)],
            ["rule 1 (dev-*) would archive an image tagged 'dev-0' and 'v0', 1 day after its push: put rule 2 (v*)"],
            id="a shield below",
        ),
        pytest.param(
            [age(tagged("dev-*")), archive_keep(tagged("v1*"))],
            ["rule 1 (dev-*) would expire an image tagged 'dev-0' and 'v10', 14 days after its push: put rule 2 (v1*)"],
            id="a part below",
        ),
        pytest.param([keep(tagged("v1*")), age(tagged("dev-*")), keep(tagged("v*"))], None, id="a part above"),
        pytest.param([keep(tagged("v*")), age(tagged("dev-*")), keep(tagged("*v*"))], [], id="all of it above"),
        pytest.param(
            [age(tagged("dev-*")), keep(tagged("*v*"))],
            ["rule 1 (dev-*) would expire an image tagged 'dev-0' and 'v0', 14 days after its push: put rule 2 (*v*)"],
            id="around it",
        ),
        pytest.param(
            [age(tagged("a", "b")), keep(tagged("b", "v*"))],
            [LISTS],
            id="lists",
        ),
        pytest.param(
            [age(tagged("dev-*")), age(tagged("ci-*")), keep(tagged("v1*")), keep(tagged("v*"))],
            ["rule 1 (dev-*) would expire an image tagged 'dev-0' and 'v10', 14 days after its push: put rule 3 (v1*)",
             "rule 2 (ci-*) would expire an image tagged 'ci-0' and 'v10', 14 days after its push: put rule 3 (v1*)"],
            id="two of each",
        ),
        pytest.param([keep(tagged("dev-*"), 1), keep(tagged("v*"))], [], id="by count"),
        pytest.param([expire_archived(tagged("dev-*")), archive_keep(tagged("v*"))], [], id="of another storage class"),
    ],
)  # fmt: skip
def test_an_image_with_a_protected_tag_beside_goes_before_the_rule_that_keeps_it(
    told: Judge, rules: list[Entry], expected: list[str] | None
) -> None:
    found = told(RULE, policy(json.dumps(document(*rules))), protected_tags=["v*"])
    if expected is None:
        expected = [
            "rule 2 (dev-*) would expire an image tagged 'dev-0' and 'v0', 14 days after its push: put rule 3 (v*)"
        ]
    assert found == [f"{each}, which keeps v*, above it" for each in expected]


def test_each_protected_tag_is_told_of(told: Judge) -> None:
    text = json.dumps(document(age(tagged("dev-*")), keep(tagged("release-*")), keep(tagged("v*"))))
    assert [each.rpartition(": ")[2] for each in told(RULE, policy(text))] == [
        "put rule 3 (v*), which keeps v*, above it",
        "put rule 2 (release-*), which keeps release-*, above it",
    ]


def test_priority_counts_and_not_the_order(told: Judge) -> None:
    low, high = document(age(ANY), keep(tagged("v*")))["rules"]
    low["rulePriority"], high["rulePriority"] = 20, 3
    assert told(RULE, policy(json.dumps({"rules": [low, high]})), protected_tags=["v*"]) == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["'v0', 14 days after its push: v* is protected", "'release-0', 14 days after its push: release-* is"]),
        ({"protected_tags": ["prod"]}, ["'prod', 14 days after its push: prod is protected"]),
        ({"protected_tags": []}, []),
        ({"protected_tags": ["@"]}, []),
        ({"minimum_kept": 100, "protected_tags": []}, []),
    ],
)
def test_what_is_protected_can_be_told(told: Judge, parameters: dict[str, Any], expected: list[str]) -> None:
    found = told(RULE, policy(json.dumps(document(age(ANY)))), **parameters)
    assert [each.partition("the tag ")[2][: len(text)] for each, text in zip(found, expected, strict=True)] == expected


def test_how_many_are_kept_can_be_told(told: Judge) -> None:
    text = json.dumps(document(keep(tagged("v*"), 20)))
    assert told(RULE, policy(text), minimum_kept=20) == []
    assert told(RULE, policy(text), minimum_kept=21) == [
        "rule 1 (v*) would expire all but the newest 20, the tag 'v0' among them: v* keeps 21 at least"
    ]


def test_at_least_one_is_kept(told: Judge) -> None:
    assert told(RULE, policy(json.dumps(document(keep(ANY, 1)))), minimum_kept=1) == []
    with pytest.raises(ValidationError):
        RULE.parameters(minimum_kept=0)


def test_entangled_patterns_are_told_in_time(told: Judge) -> None:
    words = [f"*{'*'.join(each)}" for each in product(["aab", "aba", "baa"], repeat=3)]
    text = json.dumps(document(*(age(tagged(each)) for each in words), age(tagged("*ab*ba*ab"))))
    started = time.process_time()
    found = told(RULE, policy(text))
    assert time.process_time() - started < 5
    assert found[-1] == "has patterns too entangled to be judged: write fewer or simpler ones"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_projects_own_policies_are_sound(told: Judge, request: pytest.FixtureRequest, stack: str) -> None:
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
