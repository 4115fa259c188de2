"""Retention rules and the document that is made of them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.ecr.lifecycle_grammar import validate, validate_text
from domain.ecr.retention import SHIELD_DAYS, RetentionEffect, Rule, Selector, compile_policy, standby
from tests.cases import cases

ARCHIVED = RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS
STANDARD_EFFECTS = st.sampled_from([effect for effect in RetentionEffect if effect is not ARCHIVED])
PATTERN_SETS = st.frozensets(st.from_regex(r"[a-z]{1,8}[*]?[0-9]{0,3}[*]?", fullmatch=True), min_size=1, max_size=3)
DESCRIPTIONS = st.none() | st.text(max_size=20)


@st.composite
def class_rules(draw: st.DrawFn, effects: st.SearchStrategy[RetentionEffect], least: int) -> list[Rule]:
    """Rules that ECR accepts together, all for one storage class."""

    def rule(selector: Selector, patterns: tuple[str, ...] = ()) -> Rule:
        count = draw(st.integers(least, 40_000))
        description = draw(DESCRIPTIONS)
        return Rule(selector=selector, effect=draw(effects), count=count, patterns=patterns, description=description)

    sets = draw(st.lists(PATTERN_SETS, unique=True, max_size=4))
    rules = [rule(Selector.TAGGED, tuple(sorted(patterns))) for patterns in sets]
    if draw(st.booleans()):
        rules.append(rule(Selector.UNTAGGED))
    rules = draw(st.permutations(rules))
    return [*rules, rule(Selector.ANY)] if draw(st.booleans()) or not rules else rules


@st.composite
def valid_rules(draw: st.DrawFn) -> list[Rule]:
    rules = draw(class_rules(STANDARD_EFFECTS, 1))
    archived = draw(class_rules(st.just(ARCHIVED), 90)) if draw(st.booleans()) else []
    return [*rules, *archived] if draw(st.booleans()) else [*archived, *rules]


def rule(effect: RetentionEffect, count: int, *patterns: str, selector: Selector = Selector.ANY) -> Rule:
    return Rule(selector=Selector.TAGGED if patterns else selector, patterns=patterns, effect=effect, count=count)


def tagged(pattern: str, effect: RetentionEffect, count: int) -> Rule:
    return rule(effect, count, pattern)


SERVICES = [
    tagged("release-*", RetentionEffect.KEEP, 20),
    tagged("v*", RetentionEffect.KEEP, 10),
    tagged("dev-*", RetentionEffect.EXPIRE_AFTER_DAYS, 30),
    Rule(selector=Selector.UNTAGGED, effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=7),
]


@given(valid_rules())
def test_valid_rules_compile_to_a_policy_that_ecr_accepts(rules: list[Rule]) -> None:
    document = compile_policy(rules)
    assert validate(document) == []
    assert validate_text(to_json_text(document)) == []


@given(valid_rules())
def test_a_standby_is_as_valid_and_never_archives_for_want_of_pulls(rules: list[Rule]) -> None:
    copies = standby(rules)
    assert validate(compile_policy(copies)) == []
    assert "sinceImagePulled" not in to_json_text(compile_policy(copies))
    assert [(copy.selector, copy.patterns) for copy in copies] == [(rule.selector, rule.patterns) for rule in rules]
    assert standby(copies) == copies
    for rule, copy in zip(rules, copies, strict=True):
        if rule.effect is RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS:
            assert (copy.effect, copy.count) == (RetentionEffect.EXPIRE_AFTER_DAYS, SHIELD_DAYS)
        else:
            assert copy == rule


def test_a_shield_says_what_it_is() -> None:
    (shield,) = standby([tagged("v*", RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, 30)])
    assert shield.description == (
        "Shield images tagged v* from the rules below: a replica is rarely pulled, "
        "so archiving what is unpulled would archive the whole copy"
    )
    assert SHIELD_DAYS == 36_500


PUSHED = {"countType": "sinceImagePushed", "countUnit": "days"}
NEWEST = {"countType": "imageCountMoreThan"}
EXPIRE, TO_ARCHIVE = {"type": "expire"}, {"type": "transition", "targetStorageClass": "archive"}


def of(*patterns: str) -> dict[str, object]:
    return {"tagStatus": "tagged", "tagPatternList": list(patterns)}


PRESET: list[tuple[str, dict[str, object]]] = [
    ("Keep the newest 20 images tagged release-*", {**of("release-*"), **NEWEST, "countNumber": 20}),
    ("Keep the newest 10 images tagged v*", {**of("v*"), **NEWEST, "countNumber": 10}),
    ("Expire images tagged dev-* 30 days after push", {**of("dev-*"), **PUSHED, "countNumber": 30}),
    ("Expire untagged images 7 days after push", {"tagStatus": "untagged", **PUSHED, "countNumber": 7}),
]


def test_the_services_preset() -> None:
    document = compile_policy(SERVICES)
    assert validate(document) == []
    assert document == {
        "rules": [
            {"rulePriority": priority, "description": description, "selection": selection, "action": EXPIRE}
            for priority, (description, selection) in enumerate(PRESET, start=1)
        ]
    }


@cases(
    "effect, count, selection, action",
    (RetentionEffect.KEEP, 5, NEWEST, EXPIRE),
    (RetentionEffect.EXPIRE_AFTER_DAYS, 5, PUSHED, EXPIRE),
    (RetentionEffect.ARCHIVE_KEEP, 5, NEWEST, TO_ARCHIVE),
    (RetentionEffect.ARCHIVE_AFTER_DAYS, 5, PUSHED, TO_ARCHIVE),
    (RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, 5, {**PUSHED, "countType": "sinceImagePulled"}, TO_ARCHIVE),
    (ARCHIVED, 90, {**PUSHED, "storageClass": "archive", "countType": "sinceImageTransitioned"}, EXPIRE),
)
def test_each_effect(effect: RetentionEffect, count: int, selection: dict[str, str], action: dict[str, str]) -> None:
    document: Any = compile_policy([Rule(selector=Selector.ANY, effect=effect, count=count, description="d")])
    selected = {"tagStatus": "any", "countNumber": count, **selection}
    assert document == {"rules": [{"rulePriority": 1, "description": "d", "selection": selected, "action": action}]}


@cases(
    "written, description",
    (tagged("v*", RetentionEffect.KEEP, 1), "Keep the newest image tagged v*"),
    (tagged("*", RetentionEffect.KEEP, 3), "Keep the newest 3 tagged images"),
    (rule(RetentionEffect.ARCHIVE_KEEP, 2, "a*", "b"), "Archive all but the newest 2 images tagged a* and b"),
    (tagged("{x}", RetentionEffect.ARCHIVE_AFTER_DAYS, 1), "Archive images tagged {x} 1 day after push"),
    (rule(RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, 60), "Archive images 60 days after the last pull"),
    (rule(ARCHIVED, 365, selector=Selector.UNTAGGED), "Expire untagged images 365 days after they were archived"),
)
def test_a_rule_without_description_gets_one(written: Rule, description: str) -> None:
    assert json.loads(to_json_text(compile_policy([written])))["rules"][0]["description"] == description


def test_a_wrong_rule_is_neither_repaired_nor_reordered() -> None:
    any_of = Rule(selector=Selector.ANY, effect=RetentionEffect.KEEP, count=0, patterns=("x",))
    rules = [any_of, Rule(selector=Selector.TAGGED, effect=RetentionEffect.KEEP, count=1)]
    assert {problem.path for problem in validate(compile_policy(rules))} == {
        ("rules", 0, "rulePriority"),
        ("rules", 0, "selection", "countNumber"),
        ("rules", 0, "selection", "tagPatternList"),
        ("rules", 1, "selection", "tagPatternList"),
    }


def test_the_text_is_compact_and_the_same_for_equal_documents() -> None:
    assert to_json_text({"b": [1, "é"], "a": 2}) == to_json_text({"a": 2, "b": [1, "é"]}) == '{"a":2,"b":[1,"é"]}'
