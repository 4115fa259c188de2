"""Retention rules and the document that is made of them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_text
from domain.ecr.lifecycle_grammar import validate, validate_text
from domain.ecr.retention import SHIELD_DAYS, Effect, Rule, Selector, compile_policy, standby
from tests.cases import cases

ARCHIVED = Effect.EXPIRE_ARCHIVED_AFTER_DAYS
STANDARD_EFFECTS = st.sampled_from([effect for effect in Effect if effect is not ARCHIVED])
PATTERN_SETS = st.frozensets(st.from_regex(r"[a-z]{1,8}[*]?[0-9]{0,3}[*]?", fullmatch=True), min_size=1, max_size=3)
DESCRIPTIONS = st.none() | st.text(max_size=20)


@st.composite
def class_rules(draw: st.DrawFn, effects: st.SearchStrategy[Effect], least: int) -> list[Rule]:
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


def tagged(pattern: str, effect: Effect, count: int) -> Rule:
    return Rule(selector=Selector.TAGGED, patterns=(pattern,), effect=effect, count=count)


SERVICES = [
    tagged("release-*", Effect.KEEP, 20),
    tagged("v*", Effect.KEEP, 10),
    tagged("dev-*", Effect.EXPIRE_AFTER_DAYS, 30),
    Rule(selector=Selector.UNTAGGED, effect=Effect.EXPIRE_AFTER_DAYS, count=7),
]


@given(valid_rules())
def test_valid_rules_compile_to_a_policy_that_ecr_accepts(rules: list[Rule]) -> None:
    document = compile_policy(rules)
    assert validate(document) == []
    assert validate_text(to_text(document)) == []


@given(valid_rules())
def test_a_standby_is_as_valid_and_never_archives_for_want_of_pulls(rules: list[Rule]) -> None:
    copies = standby(rules)
    assert validate(compile_policy(copies)) == []
    assert "sinceImagePulled" not in to_text(compile_policy(copies))
    assert [(copy.selector, copy.patterns) for copy in copies] == [(rule.selector, rule.patterns) for rule in rules]
    assert standby(copies) == copies
    for rule, copy in zip(rules, copies, strict=True):
        if rule.effect is Effect.ARCHIVE_UNPULLED_AFTER_DAYS:
            assert (copy.effect, copy.count) == (Effect.EXPIRE_AFTER_DAYS, SHIELD_DAYS)
        else:
            assert copy == rule


def test_a_shield_says_what_it_is() -> None:
    (shield,) = standby([tagged("v*", Effect.ARCHIVE_UNPULLED_AFTER_DAYS, 30)])
    assert shield.description == (
        "Shield images tagged v* from the rules below: a replica is rarely pulled, "
        "so archiving what is unpulled would archive the whole copy"
    )
    assert SHIELD_DAYS == 36_500


def test_the_services_preset() -> None:
    document = compile_policy(SERVICES)
    assert validate(document) == []
    assert document == {
        "rules": [
            {
                "rulePriority": 1,
                "description": "Keep the newest 20 images tagged release-*",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["release-*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": 20,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 2,
                "description": "Keep the newest 10 images tagged v*",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["v*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": 10,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 3,
                "description": "Expire images tagged dev-* 30 days after push",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["dev-*"],
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 30,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 4,
                "description": "Expire untagged images 7 days after push",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 7,
                },
                "action": {"type": "expire"},
            },
        ]
    }


TO_ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}


@cases(
    "effect, count, selection, action",
    (Effect.KEEP, 5, {"countType": "imageCountMoreThan"}, {"type": "expire"}),
    (Effect.EXPIRE_AFTER_DAYS, 5, {"countType": "sinceImagePushed", "countUnit": "days"}, {"type": "expire"}),
    (Effect.ARCHIVE_KEEP, 5, {"countType": "imageCountMoreThan"}, TO_ARCHIVE),
    (Effect.ARCHIVE_AFTER_DAYS, 5, {"countType": "sinceImagePushed", "countUnit": "days"}, TO_ARCHIVE),
    (Effect.ARCHIVE_UNPULLED_AFTER_DAYS, 5, {"countType": "sinceImagePulled", "countUnit": "days"}, TO_ARCHIVE),
    (
        Effect.EXPIRE_ARCHIVED_AFTER_DAYS,
        90,
        {"storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days"},
        {"type": "expire"},
    ),
)
def test_each_effect_in_ecrs_words(
    effect: Effect, count: int, selection: dict[str, str], action: dict[str, str]
) -> None:
    document = compile_policy([Rule(selector=Selector.ANY, effect=effect, count=count, description="d")])
    assert document == {
        "rules": [
            {
                "rulePriority": 1,
                "description": "d",
                "selection": {"tagStatus": "any", "countNumber": count, **selection},
                "action": action,
            }
        ]
    }


@cases(
    "rule, description",
    (tagged("v*", Effect.KEEP, 1), "Keep the newest image tagged v*"),
    (tagged("*", Effect.KEEP, 3), "Keep the newest 3 tagged images"),
    (
        Rule(selector=Selector.TAGGED, patterns=("a*", "b"), effect=Effect.ARCHIVE_KEEP, count=2),
        "Archive all but the newest 2 images tagged a* and b",
    ),
    (tagged("{x}", Effect.ARCHIVE_AFTER_DAYS, 1), "Archive images tagged {x} 1 day after push"),
    (
        Rule(selector=Selector.ANY, effect=Effect.ARCHIVE_UNPULLED_AFTER_DAYS, count=60),
        "Archive images 60 days after the last pull",
    ),
    (
        Rule(selector=Selector.UNTAGGED, effect=Effect.EXPIRE_ARCHIVED_AFTER_DAYS, count=365),
        "Expire untagged images 365 days after they were archived",
    ),
)
def test_a_rule_without_description_gets_one(rule: Rule, description: str) -> None:
    assert json.loads(to_text(compile_policy([rule])))["rules"][0]["description"] == description


def test_a_wrong_rule_is_neither_repaired_nor_reordered() -> None:
    rules = [
        Rule(selector=Selector.ANY, effect=Effect.KEEP, count=0, patterns=("x",)),
        Rule(selector=Selector.TAGGED, effect=Effect.KEEP, count=1),
    ]
    assert {problem.path for problem in validate(compile_policy(rules))} == {
        ("rules", 0, "rulePriority"),
        ("rules", 0, "selection", "countNumber"),
        ("rules", 0, "selection", "tagPatternList"),
        ("rules", 1, "selection", "tagPatternList"),
    }


def test_the_text_is_compact_and_the_same_for_equal_documents() -> None:
    assert to_text({"b": [1, "é"], "a": 2}) == to_text({"a": 2, "b": [1, "é"]}) == '{"a":2,"b":[1,"é"]}'
