"""Lifecycle policies in the catalog's words, and back."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.document_text import to_text
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import Effect, Rule, Selector, compile_policy
from ops.adopt.retention import decompile, differences, propose, unsayable
from settings.written.catalog import EFFECTS, RetentionRule, domain_rule
from tests.domain.ecr.test_ecr_retention import SERVICES, tagged, valid_rules
from tests.ops.outputs import Json, rule

PRESETS = {
    "services": tuple(SERVICES),
    "default": (Rule(selector=Selector.UNTAGGED, effect=Effect.EXPIRE_AFTER_DAYS, count=7),),
}


def text_of(*rules: Json) -> str:
    return json.dumps({"rules": [{"rulePriority": 10 * n, **each} for n, each in enumerate(rules, start=1)]}, indent=2)


@given(valid_rules())
def test_what_is_compiled_is_read_back(rules: list[Rule]) -> None:
    assume(
        all(
            compile_policy([each])["rules"] != compile_policy([plain(each)])["rules"]
            for each in rules
            if each.description is not None
        )
    )
    assert decompile(to_text(compile_policy(rules))) == tuple(rules)


@given(valid_rules(), st.randoms(use_true_random=False))
def test_what_is_proposed_compiles_to_the_same_policy(rules: list[Rule], random: object) -> None:
    document = compile_policy(rules)
    entries = document["rules"]
    assert isinstance(entries, list)
    random.shuffle(entries)  # type: ignore[attr-defined]
    proposed = propose(to_text(document), {})
    assert isinstance(proposed, list)
    written = [RetentionRule.model_validate(each) for each in proposed]
    back = [each for one in written if (each := domain_rule(one.model_dump(exclude_none=True)))]
    assert compile_policy(back) == compile_policy(rules)


@given(valid_rules())
def test_a_policy_does_not_differ_from_itself(rules: list[Rule]) -> None:
    undescribed = [plain(each) for each in rules]
    assert differences(to_text(compile_policy(rules)), to_text(compile_policy(undescribed))) == ()


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
    assert propose(text, PRESETS) == [written]
    assert unsayable(text) == ()


def test_every_effect_is_said() -> None:
    assert {effect.value for effect in Effect} == set(EFFECTS)


def test_a_preset_that_has_exactly_these_rules() -> None:
    described = [{**each, "description": "by hand"} for each in json.loads(to_text(compile_policy(SERVICES)))["rules"]]
    assert propose(json.dumps({"rules": described}), PRESETS) == "services"
    assert propose(json.dumps({"rules": described[:3]}), PRESETS) == [
        {"tag": "release-*", "keep": 20, "description": "by hand"},
        {"tag": "v*", "keep": 10, "description": "by hand"},
        {"tag": "dev-*", "expire_after_days": 30, "description": "by hand"},
    ]


def test_the_patterns_of_a_list_have_no_order() -> None:
    preset = Rule(selector=Selector.TAGGED, patterns=("a", "b"), effect=Effect.KEEP, count=3)
    assert propose(text_of(rule(3, tagStatus="tagged", tagPatternList=["b", "a"])), {"same": (preset,)}) == "same"


def test_order_is_by_priority_and_a_preset_of_another_order_is_another() -> None:
    first, second = tagged("v*", Effect.KEEP, 1), tagged("r*", Effect.KEEP, 1)
    text = to_text({"rules": json.loads(to_text(compile_policy([first, second])))["rules"][::-1]})
    assert propose(text, {"other": (second, first), "same": (first, second)}) == "same"


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
        ("rules[0].mode: 'new' is no key of a rule", "rules[1].selection.countType: 'sinceImageSigned' is no value"),
    ),
    "no JSON": ("{", ("the policy: '{' is no JSON that ECR reads",)),
}


@pytest.mark.parametrize(("text", "told"), UNSAYABLE.values(), ids=UNSAYABLE)
def test_what_the_catalog_can_not_say(text: str, told: tuple[str, ...]) -> None:
    found = unsayable(text)
    assert len([each for each in found if any(each.startswith(start) for start in told)]) == len(told)
    assert propose(text, PRESETS) == "default"


def test_differences() -> None:
    before = text_of(
        rule(3, tagStatus="tagged", tagPrefixList=["v"]),
        rule(3, tagStatus="tagged", tagPatternList=["b", "a"]),
        rule(9, by="sinceImagePushed", tagStatus="untagged"),
    )
    after = compile_policy(
        [
            Rule(selector=Selector.TAGGED, patterns=("a", "b"), effect=Effect.KEEP, count=3),
            tagged("v*", Effect.KEEP, 3),
            Rule(selector=Selector.UNTAGGED, effect=Effect.EXPIRE_AFTER_DAYS, count=7),
        ]
    )
    assert differences(before, to_text(after)) == (
        "- Expire untagged images 9 days after push",
        "+ Expire untagged images 7 days after push",
        "~ the others have another order: an image belongs to the first that its tags match",
    )
    assert differences("{", to_text(after)) is None
    asterisk = text_of(rule(3, tagStatus="tagged", tagPrefixList=["v*"]))
    assert differences(asterisk, to_text(after))[:1] == ("- Keep the newest 3 images tagged v[*]*",)  # type: ignore[index]
