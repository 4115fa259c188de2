"""Lifecycle policies in the catalog's words, and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import RetentionEffect, Rule, Selector, compile_policy
from ops.adopt.retention_rules import decompile, like, not_sayable, propose_retention
from settings.written.catalog import EFFECTS, RetentionRule, domain_rule
from tests.domain.ecr.test_ecr_retention import SERVICES, tagged, valid_rules
from tests.ops.outputs import Json, rule

PRESETS = {
    "services": tuple(SERVICES),
    "default": (Rule(selector=Selector.UNTAGGED, effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=7),),
}


def text_of(*rules: Json) -> str:
    return json.dumps({"rules": [{"rulePriority": 10 * n, **each} for n, each in enumerate(rules, start=1)]}, indent=2)


@given(valid_rules(), st.randoms(use_true_random=False))
def test_what_is_compiled_is_read_back(rules: list[Rule], random: Any) -> None:
    """The rules of a policy, those that a description makes again without it; and what is written of them."""
    document: Any = compile_policy(rules)
    assert compile_policy(decompile(to_json_text(document))) == document
    undescribed = to_json_text(compile_policy([plain(each) for each in rules]))
    assert decompile(undescribed) == tuple(plain(each) for each in rules)
    assert like(to_json_text(document), undescribed) == undescribed
    assert like(undescribed, to_json_text(document)) == to_json_text(document)
    random.shuffle(document["rules"])
    proposed = propose_retention(to_json_text(document), {})
    assert isinstance(proposed, list)
    written = [RetentionRule.model_validate(each).model_dump(exclude_none=True) for each in proposed]
    assert compile_policy([each for one in written if (each := domain_rule(one))]) == compile_policy(rules)


def plain(rule: Rule) -> Rule:
    return Rule(selector=rule.selector, effect=rule.effect, count=rule.count, patterns=rule.patterns)


@pytest.mark.parametrize(
    ("found", "written"),
    [
        (rule(5, tagStatus="any"), {"any": True, "keep": 5}),
        (rule(5, tagStatus="tagged", tagPatternList=["v*"]), {"tag": "v*", "keep": 5}),
        (rule(5, tagStatus="tagged", tagPrefixList=["v"]), {"tag": "v*", "keep": 5}),
        (rule(5, tagStatus="tagged", tagPrefixList=["v", "r-"]), {"all_tags": ["v*", "r-*"], "keep": 5}),
        (rule(5, tagStatus="tagged", tagPatternList=["*a", "b"]), {"all_tags": ["*a", "b"], "keep": 5}),
        (rule(9, by="sinceImagePushed", tagStatus="untagged"), {"untagged": True, "expire_after_days": 9}),
        (rule(9, action="transition", tagStatus="any"), {"any": True, "archive_keep": 9}),
        (rule(9, by="sinceImagePushed", action="transition", tagStatus="any"), {"any": True, "archive_after_days": 9}),
        (
            rule(9, by="sinceImagePulled", action="transition", tagStatus="any", storageClass="standard"),
            {"any": True, "archive_unpulled_after_days": 9},
        ),
        (
            rule(90, by="sinceImageTransitioned", tagStatus="any", storageClass="archive"),
            {"any": True, "expire_archived_after_days": 90},
        ),
        (
            {**rule(5, tagStatus="any"), "description": "Keep five: ever so few"},
            {"any": True, "keep": 5, "description": "Keep five: ever so few"},
        ),
        ({**rule(5, tagStatus="any"), "description": "Keep the newest 5 images"}, {"any": True, "keep": 5}),
    ],
)
def test_each_rule(found: Json, written: Json) -> None:
    text = text_of(found)
    assert validate_text(text) == []
    assert propose_retention(text, PRESETS) == [written]
    assert not_sayable(text) == ()


def test_every_effect_is_said() -> None:
    assert {effect.value for effect in RetentionEffect} == set(EFFECTS)


def test_a_preset_that_has_exactly_these_rules() -> None:
    described = [
        {**each, "description": "by hand"} for each in json.loads(to_json_text(compile_policy(SERVICES)))["rules"]
    ]
    assert propose_retention(json.dumps({"rules": described}), PRESETS) == "services"
    assert propose_retention(json.dumps({"rules": described[:3]}), PRESETS) == [
        {"tag": "release-*", "keep": 20, "description": "by hand"},
        {"tag": "v*", "keep": 10, "description": "by hand"},
        {"tag": "dev-*", "expire_after_days": 30, "description": "by hand"},
    ]


def test_the_patterns_of_a_list_have_no_order() -> None:
    preset = Rule(selector=Selector.TAGGED, patterns=("a", "b"), effect=RetentionEffect.KEEP, count=3)
    text = text_of(rule(3, tagStatus="tagged", tagPatternList=["b", "a"]))
    assert propose_retention(text, {"same": (preset,)}) == "same"


def test_order_is_by_priority_and_a_preset_of_another_order_is_another() -> None:
    first, second = tagged("v*", RetentionEffect.KEEP, 1), tagged("r*", RetentionEffect.KEEP, 1)
    text = to_json_text({"rules": json.loads(to_json_text(compile_policy([first, second])))["rules"][::-1]})
    assert propose_retention(text, {"other": (second, first), "same": (first, second)}) == "same"


UNSAYABLE = {
    "an asterisk in a prefix": (
        text_of(rule(5, tagStatus="tagged", tagPrefixList=["a*"]), rule(5, tagStatus="any")),
        ("the rule of priority 10, prefix 'a*': in a list of prefixes `*` is itself, and no tag has one",),
    ),
    "one list in two forms": (
        text_of(rule(5, tagStatus="tagged", tagPrefixList=["a"]), rule(5, tagStatus="tagged", tagPatternList=["a*"])),
        ("rules[1].selection.tagPatternList: a list of 1 is the list of an earlier rule",),
    ),
    "what is new to us": (
        text_of({**rule(5, tagStatus="any"), "mode": "new"}, rule(5, by="sinceImageSigned", tagStatus="untagged")),
        (
            "rules[0].mode: 'new' is not a key of a rule",
            "rules[1].selection.countType: 'sinceImageSigned' is not a value",
        ),
    ),
    "no JSON": ("{", ("the policy: '{' is not valid JSON",)),
}


@pytest.mark.parametrize(("text", "printed"), UNSAYABLE.values(), ids=UNSAYABLE)
def test_what_the_catalog_can_not_say(text: str, printed: tuple[str, ...]) -> None:
    found = not_sayable(text)
    assert len([each for each in found if any(each.startswith(start) for start in printed)]) == len(printed)
    assert propose_retention(text, PRESETS) == "default"


def test_a_policy_written_like_another() -> None:
    before = text_of(
        {**rule(3, tagStatus="tagged", tagPrefixList=["v"]), "description": "by hand"},
        rule(3, tagStatus="tagged", tagPatternList=["b", "a"]),
        rule(9, by="sinceImagePushed", tagStatus="untagged"),
    )
    both = Rule(selector=Selector.TAGGED, patterns=("a", "b"), effect=RetentionEffect.KEEP, count=3, description="Both")
    untagged = Rule(selector=Selector.UNTAGGED, effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=9)
    after = to_json_text(compile_policy([both, untagged]))
    assert like(before, after) == to_json_text(compile_policy([tagged("v*", RetentionEffect.KEEP, 3), both, untagged]))
    assert like("{", after) == "{"
    asterisk = text_of(rule(3, tagStatus="tagged", tagPrefixList=["v*"]))
    assert '"tagPatternList":["v[*]*"]' in like(asterisk, after)
