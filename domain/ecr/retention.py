"""Retention rules as the catalog has them, and the lifecycle policy document that they compile to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from domain.ecr.tags import WILDCARD

SHIELD_DAYS = 36_500
"""A century: the count of a rule that only shields images from the rules below it."""


class Selector(Enum):
    """Which images a rule is about; the values are ECR's own."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ANY = "any"


class RetentionEffect(Enum):
    """What a rule does with them, in the catalog's words."""

    KEEP = "keep"
    EXPIRE_AFTER_DAYS = "expire_after_days"
    ARCHIVE_KEEP = "archive_keep"
    ARCHIVE_AFTER_DAYS = "archive_after_days"
    ARCHIVE_UNPULLED_AFTER_DAYS = "archive_unpulled_after_days"
    EXPIRE_ARCHIVED_AFTER_DAYS = "expire_archived_after_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of retention. An image is tagged with the patterns when each of them fits one of its tags."""

    selector: Selector
    effect: RetentionEffect
    count: int
    patterns: tuple[str, ...] = ()
    description: str | None = None


_BY_COUNT, _ARCHIVE = "imageCountMoreThan", "archive"

_TERMS = {
    RetentionEffect.KEEP: (_BY_COUNT, "expire", "Keep the newest {newest}"),
    RetentionEffect.EXPIRE_AFTER_DAYS: ("sinceImagePushed", "expire", "Expire {images} {days} after push"),
    RetentionEffect.ARCHIVE_KEEP: (_BY_COUNT, "transition", "Archive all but the newest {newest}"),
    RetentionEffect.ARCHIVE_AFTER_DAYS: ("sinceImagePushed", "transition", "Archive {images} {days} after push"),
    RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS: (
        "sinceImagePulled", "transition", "Archive {images} {days} after the last pull"
    ),
    RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS: (
        "sinceImageTransitioned", "expire", "Expire {images} {days} after they were archived"
    ),
}  # fmt: skip
"""Each effect's count type and action, which are ECR's, and a sentence."""
_SHIELD = (
    "Shield {images} from the rules below: a replica is rarely pulled, so archiving what is unpulled "
    "would archive the whole copy"
)


def compile_policy(rules: Sequence[Rule]) -> dict[str, object]:
    """The policy document; a rule's position is its priority. Nothing is reordered or repaired."""
    return {"rules": [_compiled(priority, rule) for priority, rule in enumerate(rules, start=1)]}


def rule_text(rule: Rule) -> str:
    """What the rule does, whatever its description says: `Expire images tagged dev-* 14 days after push`."""
    return _filled(_TERMS[rule.effect][2], rule)


def effect_of(count_type: str, action: str) -> RetentionEffect:
    """The effect of ECR's count type and action; ECR accepts no other pairs."""
    return next(effect for effect, terms in _TERMS.items() if terms[:2] == (count_type, action))


def standby(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules for a replica, which is rarely pulled: nothing is archived there for want of pulls.

    Such a rule is replaced and not dropped, because the images that it identifies are safe from the rules below it.
    """
    return tuple(
        _shield(rule) if rule.effect is RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS else rule for rule in rules
    )


def _compiled(priority: int, rule: Rule) -> dict[str, object]:
    count_type, action, _ = _TERMS[rule.effect]
    # ECR refuses a policy in which an expiring rule has a target, even a null one.
    target = {"targetStorageClass": _ARCHIVE} if action == "transition" else {}
    return {
        "rulePriority": priority,
        "description": rule_text(rule) if rule.description is None else rule.description,
        "selection": _selection(rule, count_type),
        "action": {"type": action, **target},
    }


def _selection(rule: Rule, count_type: str) -> dict[str, object]:
    selection: dict[str, object] = {"tagStatus": rule.selector.value}
    if rule.selector is Selector.TAGGED or rule.patterns:
        selection["tagPatternList"] = list(rule.patterns)
    # The standard class is left out: written in every rule, it was refused (cloudposse/terraform-aws-ecr#159).
    if rule.effect is RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS:
        selection["storageClass"] = _ARCHIVE
    selection["countType"] = count_type
    if count_type != _BY_COUNT:
        selection["countUnit"] = "days"
    selection["countNumber"] = rule.count
    return selection


def _filled(sentence: str, rule: Rule) -> str:
    """The sentence, filled with what the rule selects and counts."""
    named = rule.selector is Selector.TAGGED and rule.patterns != (WILDCARD,)
    before = "" if named or rule.selector is Selector.ANY else f"{rule.selector.value} "
    after = f" tagged {' and '.join(rule.patterns)}" if named else ""
    return sentence.format(
        images=f"{before}images{after}",
        newest=f"{before}image{after}" if rule.count == 1 else f"{rule.count} {before}images{after}",
        days="1 day" if rule.count == 1 else f"{rule.count} days",
    )


def _shield(rule: Rule) -> Rule:
    return replace(
        rule, effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=SHIELD_DAYS, description=_filled(_SHIELD, rule)
    )
