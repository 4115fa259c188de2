"""The rules of a lifecycle policy analysed: which images each can act on, and which can't act at all.

A rule identifies an image when each of its patterns fits one of the image's tags, and whatever a rule identifies is
safe from the rules below it, of its storage class: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.document_text import parse_json
from domain.ecr.globs import Effort, common_tag
from domain.ecr.lifecycle_grammar import PATTERN_LIST, PREFIX_LIST
from domain.ecr.retention import SHIELD_DAYS, RetentionEffect, Rule, Selector, effect_of, rule_text
from domain.ecr.tags import WILDCARD, tag_matches

PLAIN_ASTERISK = "\0"
"""An asterisk in a list of prefixes, where it is itself: as a rule's patterns have it, since no tag has either."""
_COUNTING = (RetentionEffect.KEEP, RetentionEffect.ARCHIVE_KEEP)
ARCHIVING = (
    RetentionEffect.ARCHIVE_KEEP, RetentionEffect.ARCHIVE_AFTER_DAYS, RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A rule of a policy, with its place in the list and its priority."""

    index: int
    priority: int
    rule: Rule

    def __str__(self) -> str:
        """`rule 2 (Expire images tagged dev-* 14 days after push)`: its number is its priority."""
        return f"rule {self.priority} ({self.text})"

    @property
    def text(self) -> str:
        return rule_text(self.rule).replace(PLAIN_ASTERISK, "[*]")

    @property
    def counts(self) -> bool:
        """Whether it acts on what is surplus; the others act on what is old."""
        return self.rule.effect in _COUNTING

    @property
    def is_shield(self) -> bool:
        """Whether it only shields the images that it identifies, since none will ever be old enough for it."""
        return not self.counts and self.rule.count >= SHIELD_DAYS

    @property
    def in_archive(self) -> bool:
        """Whether it is about archived images; the others are about those that are not."""
        return self.rule.effect is RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS

    def above(self, rules: Sequence["PolicyRule"]) -> list["PolicyRule"]:
        """The rules that have precedence over it."""
        return [each for each in rules if each.priority < self.priority and each.in_archive is self.in_archive]

    def below(self, rules: Sequence["PolicyRule"]) -> list["PolicyRule"]:
        """The rules that it has precedence over."""
        return [each for each in rules if each.priority > self.priority and each.in_archive is self.in_archive]


def read_lifecycle(text: str) -> list[PolicyRule]:
    """The rules of a policy that ECR takes, in the order in which they have precedence."""
    document: Any = parse_json(text)
    rules = [_rule(index, entry) for index, entry in enumerate(document["rules"])]
    return sorted(rules, key=lambda each: each.priority)


def fits_no_tag(rule: PolicyRule, effort: Effort) -> bool:
    """Whether a pattern keeps the rule from ever identifying an image."""
    return any(common_tag([pattern], [], effort) is None for pattern in rule.rule.patterns)


def is_dead(rule: PolicyRule, above: Sequence[PolicyRule], effort: Effort) -> bool:
    """Whether the rules above identify, together, every image that the rule identifies, if it identifies any."""
    if rule.rule.selector is not Selector.TAGGED and not any(_untagged(each) for each in above):
        return False
    return image_tags([(pattern,) for pattern in _patterns(rule)], above, effort) is None


def reached(rule: PolicyRule, above: Sequence[PolicyRule], protected: str, effort: Effort) -> str | None:
    """A tag that fits the protected pattern, and by which the rule identifies an image that no rule above does."""
    if _untagged(rule):
        return None
    needs: list[tuple[str, ...]] = [(pattern,) for pattern in _patterns(rule)]
    for index, need in enumerate(needs):
        tags = image_tags([*needs[:index], (protected, *need), *needs[index + 1 :]], above, effort)
        if tags is not None:
            return tags[index]
    return None


def lost(
    rule: PolicyRule, above: Sequence[PolicyRule], keeping: PolicyRule, protected: str, effort: Effort
) -> list[str] | None:
    """The tags of an image that the rule identifies, and no rule above, where one that keeps is for such an image too.

    That one is for the protected pattern by a pattern within it, or around it, but not by one that every tag fits."""
    if rule.rule.selector is not Selector.TAGGED:
        return None
    patterns = keeping.rule.patterns
    for index, pattern in enumerate(patterns):
        if _is_for(pattern, protected, effort):
            needs = [(each,) for each in (*rule.rule.patterns, *patterns[:index], *patterns[index + 1 :])]
            tags = image_tags([*needs, (protected, pattern)], above, effort)
            if tags is not None:
                return list(dict.fromkeys(tags))
    return None


def unselected(pattern: str, fixed: Sequence[str], rules: Sequence[PolicyRule]) -> str | None:
    """A tag that fits the pattern and none of the fixed ones, and by which no rule selects an image that has no other.

    Rules for archived images don't count: something else must have archived them."""
    active = [each for each in rules if not each.in_archive]
    if any(each.rule.selector is Selector.ANY for each in active):
        return None
    tags = image_tags([(pattern,)], active, Effort(), fixed)
    return tags[0] if tags else None


def _is_for(pattern: str, protected: str, effort: Effort) -> bool:
    if common_tag([pattern], [protected], effort) is None:
        return True
    return common_tag([protected], [pattern], effort) is None and common_tag([WILDCARD], [pattern], effort) is not None


def image_tags(
    needs: Sequence[tuple[str, ...]], above: Sequence[PolicyRule], effort: Effort, but: Sequence[str] = ()
) -> list[str] | None:
    """The tags of an image, one for each need and none that fits `but`, that none of the rules above identifies."""
    tagged = [each.rule.patterns for each in above if each.rule.selector is Selector.TAGGED]

    def search(avoided: list[str]) -> list[str] | None:
        tags = []
        for need in needs:
            tag = common_tag(need, avoided, effort)
            if tag is None:
                return None
            tags.append(tag)
        identifying = next((patterns for patterns in tagged if _identifies(patterns, tags)), None)
        if identifying is None:
            return tags
        # It has several patterns, and one of them must fit none of the image's tags.
        return next(filter(None, (search([*avoided, pattern]) for pattern in identifying)), None)

    return search([*but, *(patterns[0] for patterns in tagged if len(patterns) == 1)])


def _identifies(patterns: Sequence[str], tags: Sequence[str]) -> bool:
    return all(any(tag_matches(pattern, tag) for tag in tags) for pattern in patterns)


def _patterns(rule: PolicyRule) -> tuple[str, ...]:
    return rule.rule.patterns or (WILDCARD,)


def _untagged(rule: PolicyRule) -> bool:
    return rule.rule.selector is Selector.UNTAGGED


def _rule(index: int, entry: Any) -> PolicyRule:
    selection = entry["selection"]
    patterns, prefixes = selection.get(PATTERN_LIST, ()), selection.get(PREFIX_LIST, ())
    rule = Rule(
        selector=Selector(selection["tagStatus"]),
        effect=effect_of(selection["countType"], entry["action"]["type"]),
        count=selection["countNumber"],
        patterns=(*patterns, *(each.replace(WILDCARD, PLAIN_ASTERISK) + WILDCARD for each in prefixes)),
        description=entry.get("description"),
    )
    return PolicyRule(index=index, priority=entry["rulePriority"], rule=rule)
