"""What another lifecycle policy does to the images of a repository."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.ecr.lifecycle import PolicyRule, read_lifecycle
from domain.ecr.retention import SHIELD_DAYS, RetentionEffect, Rule, Selector, compile_policy
from domain.ecr.retention_change import ImageFate, retention_changes
from domain.ecr.tags import tag_matches
from tests.cases import case, cases

KEEP, AGE, ARCHIVE = RetentionEffect.KEEP, RetentionEffect.EXPIRE_AFTER_DAYS, RetentionEffect.ARCHIVE_KEEP
UNPULLED, ARCHIVED = RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS


def tagged(effect: RetentionEffect, count: int, *patterns: str) -> Rule:
    return Rule(selector=Selector.TAGGED, effect=effect, count=count, patterns=patterns)


def untagged(count: int) -> Rule:
    return Rule(selector=Selector.UNTAGGED, effect=AGE, count=count)


def anything(effect: RetentionEffect, count: int) -> Rule:
    return Rule(selector=Selector.ANY, effect=effect, count=count)


def policy(rules: Sequence[Rule]) -> list[PolicyRule]:
    return read_lifecycle(to_json_text(compile_policy(rules)))


def changes(before: Sequence[Rule], after: Sequence[Rule]) -> list[str]:
    return [f"{each.fate.name}: {each}" for each in retention_changes(policy(before), policy(after))]


V10, DEV30 = tagged(KEEP, 10, "v*"), tagged(AGE, 30, "dev-*")
V, DEV = "Keep the newest 10 images tagged v*", "Expire images tagged dev-* 30 days after push"
ARCHIVED_V = "Archive all but the newest 10 images tagged v*"


def by_age(days: int, images: str = "images tagged dev-*") -> str:
    return f"Expire {images} {days} days after push"


def after_archiving(days: int, pattern: str = "v*") -> str:
    return f"Expire images tagged {pattern} {days} days after they were archived"


@cases(
    "before, after, expected",
    case("the same", [V10, DEV30], [V10, DEV30], []),
    case("another order of what no image has both of", [V10, untagged(7)], [untagged(7), V10], []),
    case("fewer", [V10], [tagged(KEEP, 3, "v*")], [f"LOST: {V} → Keep the newest 3 images tagged v*"]),
    case("more", [V10], [tagged(KEEP, 30, "v*")], [f"KEPT: {V} → Keep the newest 30 images tagged v*"]),
    case("sooner", [DEV30], [tagged(AGE, 7, "dev-*")], [f"LOST: {DEV} → {by_age(7)}"]),
    case("later", [DEV30], [tagged(AGE, 90, "dev-*")], [f"KEPT: {DEV} → {by_age(90)}"]),
    case("a new rule", [V10], [V10, DEV30], [f"LOST: new: {DEV}"]),
    case("no rule", [V10, DEV30], [V10], [f"KEPT: {DEV} → no rule"]),
    case("a new rule that never acts", [tagged(KEEP, 5, "*")], [tagged(KEEP, 5, "*"), V10], []),
    case(
        "without its rule an image falls to the one below",
        [V10, anything(AGE, 7)],
        [anything(AGE, 7)],
        [f"LOST: {V} → Expire images 7 days after push"],
    ),
    case(
        "another order",
        [V10, tagged(AGE, 7, "*-rc")],
        [tagged(AGE, 7, "*-rc"), V10],
        [f"LOST: {V} → {by_age(7, 'images tagged *-rc')} (an image tagged v-rc, say)"],
    ),
    case("archived", [V10], [tagged(ARCHIVE, 10, "v*")], [f"KEPT: {V} → {ARCHIVED_V}"]),
    case(
        "expired, where it was archived",
        [tagged(ARCHIVE, 10, "v*")],
        [V10],
        [f"LOST: {ARCHIVED_V} → {V}"],
    ),
    case(
        "archived, where it was kept",
        [DEV30],
        [DEV30, tagged(ARCHIVE, 10, "v*")],
        [f"ARCHIVED: new: {ARCHIVED_V}"],
    ),
    case(
        "archived by something else",
        [tagged(ARCHIVE, 10, "v*")],
        [tagged(UNPULLED, 10, "v*")],
        [f"ARCHIVED: {ARCHIVED_V} → Archive images tagged v* 10 days after the last pull"],
    ),
    case(
        "what is archived",
        [tagged(ARCHIVED, 365, "v*")],
        [tagged(ARCHIVED, 90, "v*")],
        [f"LOST: {after_archiving(365)} → {after_archiving(90)}"],
    ),
    case("an archive beside what is at hand", [V10], [V10, tagged(ARCHIVED, 90, "dev-*")],
         [f"LOST: new: {after_archiving(90, 'dev-*')}"]),
    case("a shield", [DEV30], [tagged(AGE, SHIELD_DAYS, "dev-*")], [f"KEPT: {DEV} → kept for ever"]),
    case("no shield", [tagged(AGE, SHIELD_DAYS, "dev-*")], [DEV30], [f"LOST: kept for ever → {DEV}"]),
    case("a shield of what was kept", [V10], [V10, tagged(AGE, SHIELD_DAYS, "dev-*")], []),
    case("untagged images", [untagged(7)], [untagged(90)],
         [f"KEPT: {by_age(7, 'untagged images')} → {by_age(90, 'untagged images')}"]),
    case("any image in place of untagged ones", [untagged(7)], [anything(KEEP, 50)],
         [f"LOST: {by_age(7, 'untagged images')} → Keep the newest 50 images",
          "LOST: new: Keep the newest 50 images"]),
    case("as many of more images", [V10], [tagged(KEEP, 10, "*")],
         [f"LOST: {V} → Keep the newest 10 tagged images (an image tagged v0, say)",
          "LOST: new: Keep the newest 10 tagged images"]),
    case("the same age of more images", [DEV30], [tagged(AGE, 30, "d*")],
         [f"LOST: new: {by_age(30, 'images tagged d*')}"]),
    case("an image with two tags", [tagged(AGE, 9, "a*", "b*")], [tagged(AGE, 3, "a*", "b*")],
         [f"LOST: {by_age(9, 'images tagged a* and b*')} → {by_age(3, 'images tagged a* and b*')}"]),
    case("patterns in another order", [tagged(AGE, 9, "a*", "b*")], [tagged(AGE, 9, "b*", "a*")], []),
    case("another description", [V10], [Rule(selector=Selector.TAGGED, effect=KEEP, count=10, patterns=("v*",),
         description="releases")], []),
)  # fmt: skip
def test_what_becomes_of_images(before: list[Rule], after: list[Rule], expected: list[str]) -> None:
    assert changes(before, after) == expected


TAGS = ("v1", "dev-1", "v1-rc", "latest")
RULES = st.builds(
    lambda pattern, effect, count: tagged(effect, count, pattern),
    st.sampled_from(("v*", "*-rc", "dev-*", "*", "v1")), st.sampled_from((KEEP, AGE)), st.integers(1, 4),
)  # fmt: skip
POLICIES = st.builds(
    lambda rules, last: [*rules, *last],
    st.lists(RULES, min_size=1, max_size=3, unique_by=lambda each: each.patterns),
    st.sampled_from(([], [untagged(2)], [anything(AGE, 2)], [anything(KEEP, 2)])),
)


def lost_images(rules: Sequence[PolicyRule], tags: Sequence[str | None]) -> set[int]:
    """Which of the images Amazon ECR expires, by its own description; each has a tag or none, and is a day older than
    the one before."""
    lost = set()
    for age, tag in enumerate(tags):
        rule = next((each for each in rules if selects(each, tag)), None)
        if rule is not None:
            newer = sum(selects(rule, other) for other in tags[:age])
            lost |= {age} if (newer >= rule.rule.count if rule.counts else age > rule.rule.count) else set()
    return lost


def selects(rule: PolicyRule, tag: str | None) -> bool:
    if rule.rule.selector is Selector.ANY:
        return True
    if tag is None:
        return rule.rule.selector is Selector.UNTAGGED
    return rule.rule.selector is Selector.TAGGED and all(tag_matches(each, tag) for each in rule.rule.patterns)


@given(POLICIES, POLICIES, st.lists(st.sampled_from((*TAGS, None)), max_size=7))
def test_no_image_is_lost_that_is_not_said_to_be(before: list[Rule], after: list[Rule], tags: list[str | None]) -> None:
    """An image that the new policy expires and the old one does not is one that two rules of a change select first."""
    olds, news = policy(before), policy(after)
    found = retention_changes(olds, news)
    for place in lost_images(news, tags) - lost_images(olds, tags):
        old, new = (next((each for each in rules if selects(each, tags[place])), None) for rules in (olds, news))
        assert [each.fate for each in found if each.old == old and each.new == new] == [ImageFate.LOST]
