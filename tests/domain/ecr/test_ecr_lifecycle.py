"""Which images a rule can act on, against trying every small image."""

import json
from collections.abc import Sequence
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from domain.ecr.globs import Effort
from domain.ecr.lifecycle import PolicyRule, fits_no_tag, image_tags, is_dead, lost, reached, read_lifecycle, unselected
from domain.ecr.retention import SHIELD_DAYS, RetentionEffect, Rule, Selector, compile_policy, standby
from domain.ecr.tags import tag_matches
from tests.cases import case, cases

TAGS = ["".join(letters) for length in range(1, 5) for letters in product("ab", repeat=length)]
IMAGES = [*((tag,) for tag in TAGS), *combinations(TAGS, 2)]
Patterns = tuple[str, ...]
patterns = st.lists(st.text("ab*", min_size=1, max_size=4), min_size=1, max_size=2).map(tuple)


def tagged(*patterns: str, effect: RetentionEffect = RetentionEffect.EXPIRE_AFTER_DAYS, count: int = 7) -> Rule:
    return Rule(selector=Selector.TAGGED, effect=effect, count=count, patterns=patterns)


def placed(*rules: Rule) -> list[PolicyRule]:
    return [PolicyRule(index=index, priority=index + 1, rule=rule) for index, rule in enumerate(rules)]


ANY = Rule(selector=Selector.ANY, effect=RetentionEffect.KEEP, count=7)
UNTAGGED = Rule(selector=Selector.UNTAGGED, effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=7)


def identifies(patterns: Sequence[str], image: Sequence[str]) -> bool:
    return all(any(tag_matches(pattern, tag) for tag in image) for pattern in patterns)


@given(patterns, st.lists(patterns, max_size=3))
def test_a_dead_rule_has_no_image_of_its_own(lowest: Patterns, higher: list[Patterns]) -> None:
    *above, rule = placed(*(tagged(*each) for each in higher), tagged(*lowest))
    found = image_tags([(pattern,) for pattern in lowest], above, Effort())
    assert (found is None) is is_dead(rule, above, Effort())
    if found is None:
        own = (image for image in IMAGES if identifies(lowest, image))
        assert all(any(identifies(each, image) for each in higher) for image in own)
    else:
        assert identifies(lowest, found)
        assert not any(identifies(each, found) for each in higher)


@given(st.sampled_from(["a*", "*b", "*"]), st.lists(patterns, max_size=1), st.lists(patterns, max_size=3))
def test_an_unselected_image_is_one_that_no_rule_selects(
    pattern: str, fixed: list[Patterns], rules: list[Patterns]
) -> None:
    kept = [each for some in fixed for each in some]
    found = unselected(pattern, kept, placed(*(tagged(*each) for each in rules)))
    alone = [found] if found else [image[0] for image in IMAGES if len(image) == 1]
    moving = [tag for tag in alone if tag_matches(pattern, tag) and not any(tag_matches(each, tag) for each in kept)]
    assert moving or not found
    assert all(any(identifies(each, [tag]) for each in rules) is not bool(found) for tag in moving)


@given(patterns, patterns, st.lists(patterns, max_size=2), st.sampled_from(["a*", "*b", "ab", "*aa*"]))
def test_an_image_is_lost_to_a_rule_below(
    lower: Patterns, lowest: Patterns, higher: list[Patterns], protected: str
) -> None:
    *above, rule, keeping = placed(*(tagged(*each) for each in (*higher, lower, lowest)))
    image = lost(rule, above, keeping, protected, Effort())
    if image is not None:
        assert identifies(lower, image)
        assert identifies(lowest, image)
        assert identifies([protected], image)
        assert not any(identifies(each, image) for each in higher)
    elif protected in lowest:
        both = (each for each in IMAGES if identifies(lower, each) and identifies(lowest, each))
        assert all(any(identifies(each, found) for each in higher) for found in both)


def test_nothing_is_lost_where_no_tag_is_required() -> None:
    any_image, untagged, keeping = placed(ANY, UNTAGGED, tagged("v*", effect=RetentionEffect.KEEP))
    assert lost(any_image, [], keeping, "v*", Effort()) is None
    assert lost(untagged, [], keeping, "v*", Effort()) is None
    assert lost(keeping, [], any_image, "v*", Effort()) is None


@given(patterns, st.lists(patterns, max_size=2), st.sampled_from(["a*", "*b", "ab", "*aa*"]))
def test_no_tag_is_reached_by_itself(lowest: Patterns, higher: list[Patterns], protected: str) -> None:
    *above, rule = placed(*(tagged(*each) for each in higher), tagged(*lowest))
    tag = reached(rule, above, protected, Effort())
    if tag is not None:
        assert tag_matches(protected, tag)
        assert any(tag_matches(pattern, tag) for pattern in lowest)
        return
    for image in IMAGES:
        if len(image) <= len(lowest) and identifies(lowest, image):
            mine = any(tag_matches(protected, each) and any(tag_matches(p, each) for p in lowest) for each in image)
            assert not mine or any(identifies(each, image) for each in higher)


@cases(
    "higher, lowest, dead",
    case("alone", [], tagged("v*"), False),
    case("contained", [tagged("v*")], tagged("v1.*"), True),
    case("containing", [tagged("v1.*")], tagged("v*"), False),
    case("a list asks for more", [tagged("v*", "*-arm")], tagged("v*"), False),
    case("one tag of the list's is enough", [tagged("v*")], tagged("v*", "*-arm"), True),
    case("the same list in another order", [tagged("*-arm", "v*")], tagged("v*", "*-arm"), True),
    case("another list", [tagged("a*", "b*")], tagged("a*", "c*"), False),
    case("a longer list", [tagged("a*", "b*"), tagged("a*", "c*")], tagged("a*", "b*", "c*"), True),
    case("any", [tagged("a*")], ANY, False),
    case("any has the untagged", [tagged("*")], ANY, False),
    case("any has the tagged", [UNTAGGED], ANY, False),
    case("any has nothing left", [UNTAGGED, tagged("*")], ANY, True),
    case("the other way round", [tagged("*"), UNTAGGED], ANY, True),
    case("any has some", [UNTAGGED, tagged("*a*")], ANY, False),
    case("untagged", [tagged("*")], UNTAGGED, False),
    case("no tag", [], tagged("v@*"), True),
    case("a list has the first tag that comes to mind", [tagged("v0*", "*0")], tagged("v*"), False),
    case("and the second", [tagged("v0*", "*0"), tagged("v1*", "*1")], tagged("v*"), False),
)
def test_dead_rules(higher: list[Rule], lowest: Rule, *, dead: bool) -> None:
    *above, rule = placed(*higher, lowest)
    assert is_dead(rule, above, Effort()) is dead


@cases(
    "higher, lowest, tag",
    case("every tag", [], tagged("*"), "v0"),
    case("any", [], ANY, "v0"),
    case("untagged", [], UNTAGGED, None),
    case("nothing in common", [], tagged("dev-*"), None),
    case("the second of a list", [], tagged("dev-*", "v*"), "v0"),
    case("a list, shielded by its other tag", [tagged("dev-*")], tagged("dev-*", "v*"), None),
    case("the same in another order", [tagged("dev-*")], tagged("v*", "dev-*"), None),
    case("a longer list", [tagged("dev-*")], tagged("v*", "dev-*", "x"), None),
    case("a longer list in another order", [tagged("dev-*")], tagged("x", "v*", "dev-*"), None),
    case("shielded", [tagged("v*")], ANY, None),
    case("the third tag that comes to mind", [tagged("v0*", "*0"), tagged("v1*", "*1")], ANY, "v2"),
    case("half shielded, by a list", [tagged("v*", "*-arm")], ANY, "v0"),
    case("half shielded", [tagged("v1*")], ANY, "v0"),
)
def test_protected_tags_that_are_reached(higher: list[Rule], lowest: Rule, tag: str | None) -> None:
    *above, rule = placed(*higher, lowest)
    assert reached(rule, above, "v*", Effort()) == tag


RULES = (
    tagged("release-*", "v*", effect=RetentionEffect.KEEP, count=10),
    tagged("dev-*", effect=RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, count=90),
    tagged("rc-*", effect=RetentionEffect.ARCHIVE_AFTER_DAYS, count=30),
    UNTAGGED,
    tagged("dev-*", effect=RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS, count=365),
    Rule(selector=Selector.ANY, effect=RetentionEffect.ARCHIVE_KEEP, count=50),
)


def test_what_is_written_is_read_again() -> None:
    read_again = read_lifecycle(json.dumps(compile_policy(RULES)))
    assert [(each.index, each.priority) for each in read_again] == [(index, index + 1) for index in range(6)]
    assert [each.index for each in read_again if each.in_archive] == [4]
    for written, each in zip(RULES, read_again, strict=True):
        assert str(each) == f"rule {each.priority} ({each.rule.description})"
        assert (each.rule.selector, each.rule.effect, each.rule.count, each.rule.patterns) == (
            written.selector, written.effect, written.count, written.patterns,
        )  # fmt: skip


def test_priority_says_which_is_above_and_each_class_has_its_own() -> None:
    document = json.loads(json.dumps(compile_policy(RULES)))
    document["rules"].reverse()
    rules = read_lifecycle(json.dumps(document))
    assert [each.index for each in rules] == [5, 4, 3, 2, 1, 0]
    assert [each.priority for each in rules[2].above(rules)] == [1, 2]
    assert [each.priority for each in rules[4].above(rules)] == []
    assert [each.priority for each in rules[5].above(rules)] == [1, 2, 3, 4]


def test_only_rules_by_age_that_wait_a_century_are_shields() -> None:
    rules = placed(*RULES)
    assert [each.counts for each in rules] == [True, False, False, False, False, True]
    assert not any(each.is_shield for each in rules)
    shields = [each.is_shield for each in placed(*standby(RULES))]
    assert shields == [False, True, False, False, False, False]
    assert not placed(tagged("a", effect=RetentionEffect.KEEP, count=SHIELD_DAYS))[0].is_shield
    assert not placed(tagged("a", count=SHIELD_DAYS - 1))[0].is_shield


@cases("prefix, fits, misses", ("v", "v1", "av1"), ("", "anything", None), ("v*", None, "v1"), ("v.", "v.1", "v1"))
def test_a_prefix_is_no_pattern(prefix: str, fits: str | None, misses: str | None) -> None:
    selection = {"tagStatus": "tagged", "tagPrefixList": [prefix], "countType": "imageCountMoreThan", "countNumber": 1}
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
    (rule,) = read_lifecycle(text)
    assert ("[*]" in str(rule)) is ("*" in prefix)
    assert fits_no_tag(rule, Effort()) is (fits is None)
    assert fits is None or identifies(rule.rule.patterns, [fits])
    assert misses is None or not identifies(rule.rule.patterns, [misses])
