"""What another lifecycle policy does to the images of a repository: which are lost sooner, archived, or kept longer.

An image is acted on by the first rule that selects it, by which it is safe from the others. So the two policies are
compared by images: one that a rule of the old policy selected first, and a rule of the new one selects first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from domain.ecr.globs import Effort
from domain.ecr.lifecycle import ARCHIVING, PolicyRule, image_tags
from domain.ecr.retention import Selector
from domain.ecr.tags import WILDCARD


class ImageFate(IntEnum):
    """What becomes of an image, the best first."""

    KEPT = 0
    ARCHIVED = 1
    LOST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionChange:
    """What becomes of the images that these two rules select first; None is no rule."""

    fate: ImageFate
    """KEPT where they are kept longer than before."""
    old: PolicyRule | None
    new: PolicyRule | None
    tags: tuple[str, ...]
    """Of one of the images."""

    def __str__(self) -> str:
        if self.old is None:
            return f"new: {_text(self.new)}"
        text = f"{_text(self.old)} → {_text(self.new)}"
        patterns = self.old.rule.patterns, self.new.rule.patterns if self.new else ()
        if all(patterns) and patterns[0] != patterns[1]:
            return f"{text} (an image tagged {' and '.join(self.tags)}, say)"
        return text


def retention_changes(before: Sequence[PolicyRule], after: Sequence[PolicyRule]) -> list[RetentionChange]:
    """All that is different; raises TooComplex."""
    effort, found = Effort(), []
    for archived in (False, True):
        olds, news = ([each for each in rules if each.in_archive is archived] for rules in (before, after))
        for new in (*news, None):
            for old in (*olds, None):
                fate = _fate(old, new)
                if fate is not None:
                    tags = _common_image(old, olds, new, news, effort)
                    if tags is not None:
                        found.append(RetentionChange(fate=fate, old=old, new=new, tags=tuple(tags)))
    return found


def _fate(old: PolicyRule | None, new: PolicyRule | None) -> ImageFate | None:
    """What the new rule does sooner than the old one, or KEPT where it does it later; None where nothing changes."""
    was, now = _end(old), _end(new)
    if was is not now:
        return now if now > was else ImageFate.KEPT
    if old is None or new is None or now is ImageFate.KEPT:
        return None
    if old.rule.effect is not new.rule.effect or (new.counts and _selection(old) != _selection(new)):
        # Something else is counted, or other images are: one may be lost sooner, and another kept longer.
        return now
    if old.rule.count == new.rule.count:
        return None
    return now if new.rule.count < old.rule.count else ImageFate.KEPT


def _end(rule: PolicyRule | None) -> ImageFate:
    if rule is None or rule.is_shield:
        return ImageFate.KEPT
    return ImageFate.ARCHIVED if rule.rule.effect in ARCHIVING else ImageFate.LOST


def _common_image(
    old: PolicyRule | None,
    olds: Sequence[PolicyRule],
    new: PolicyRule | None,
    news: Sequence[PolicyRule],
    effort: Effort,
) -> list[str] | None:
    """The tags of an image that both rules select first; where they are None, that no rule selects."""
    if _first_for_untagged(olds) is old and _first_for_untagged(news) is new:
        return []
    both = [each for each in (old, new) if each is not None]
    above = [*(olds if old is None else old.above(olds)), *(news if new is None else new.above(news))]
    if any(each.rule.selector is Selector.UNTAGGED for each in both):
        return None
    if any(each.rule.selector is Selector.ANY for each in above):
        return None
    patterns = tuple(dict.fromkeys(pattern for each in both for pattern in each.rule.patterns)) or (WILDCARD,)
    one = image_tags([patterns], above, effort)
    many = any(len(each.rule.patterns) > 1 for each in both)
    return image_tags([(each,) for each in patterns], above, effort) if one is None and many else one


def _first_for_untagged(rules: Sequence[PolicyRule]) -> PolicyRule | None:
    return next((each for each in rules if each.rule.selector is not Selector.TAGGED), None)


def _text(rule: PolicyRule | None) -> str:
    if rule is None:
        return "no rule"
    return "kept for ever" if rule.is_shield else rule.text


def _selection(rule: PolicyRule) -> tuple[Selector, frozenset[str]]:
    return rule.rule.selector, frozenset(rule.rule.patterns)
