"""What changed lifecycle policies do to the images of the repositories that stay."""

from collections.abc import Iterator

from domain.ecr.retention_change import ImageFate, RetentionChange
from domain.wording import listed
from resources.ecr import LIFECYCLE_POLICY
from review.plan.destruction import destroys_repository
from review.plan.model import Change, Compared, Consequence, Op, Topic
from review.plan.phrases import by_repository, grouped, regions, urns_of
from review.plan.policy_diff import image_fates

_NAMES = 10
"""So many repositories are named in a sentence; more are listed."""
_HAPPENS = {
    ImageFate.LOST: "expire sooner",
    ImageFate.ARCHIVED: "are archived sooner, and can't be pulled then",
    ImageFate.KEPT: "are kept longer",
}
_EXPIRED = "make sure that no image that these rules expire is needed: it is lost within a day"


def retentions(compared: Compared) -> Iterator[Consequence]:
    """Each once for the repositories of a preset that change alike."""
    changes = compared.changes
    destroyed = {(each.repository, each.registry) for each in changes if destroys_repository(each)}
    staying = [
        each for each in changes if each.type == LIFECYCLE_POLICY and (each.repository, each.registry) not in destroyed
    ]

    def key(change: Change) -> tuple[object, ...]:
        return _lines(change), _fates(change), _preset(change, compared)

    for names, group in by_repository([each for each in staying if each.old and each.new], key):
        yield from _retention(sorted(names), group, _preset(group[0], compared))
    for names, group in by_repository([c for c in staying if c.op is Op.DELETE], lambda _change: None):
        text = (
            f"Images of {listed(sorted(names))} in {regions(group)} no longer expire: the lifecycle policy is deleted."
        )
        yield Consequence(topic=Topic.RETENTION, text=text, urns=urns_of(group))


def _retention(names: list[str], group: list[Change], preset: str) -> Iterator[Consequence]:
    """What the images of these repositories lose, and what they keep."""
    head = f"Images of {listed(names, limit=_NAMES)}{preset} in {regions(group)}"
    lines, fates, urns = _lines(group[0]), _fates(group[0]), urns_of(group)
    more = tuple(names) if len(names) > _NAMES else ()
    if fates is None:
        if lines:
            text = f"{head} have other lifecycle rules; what these expire is lost within a day."
            yield Consequence(
                topic=Topic.RETENTION, text=text, urns=urns, lines=(*more, *lines), id="plan-weakens", fix=_EXPIRED
            )
        return
    by_fate = grouped(sorted(fates, key=lambda each: -each.fate), lambda each: each.fate)
    parts = [f"{_HAPPENS[fate]}: {'; '.join(map(str, some))}" for fate, some in by_fate.items()]
    if parts:
        text = f"{head} {'. Images '.join(parts)}."
        if list(by_fate) == [ImageFate.KEPT]:
            yield Consequence(topic=Topic.RETENTION, text=text, urns=urns, lines=more)
        else:
            yield Consequence(topic=Topic.RETENTION, text=text, urns=urns, lines=more, id="plan-weakens", fix=_EXPIRED)
    elif lines:
        text = f"{head} have other lifecycle rules, which do the same to every image."
        yield Consequence(topic=Topic.RETENTION, text=text, urns=urns, lines=lines)


def _lines(change: Change) -> tuple[str, ...]:
    return tuple(line for difference in change.differences for line in difference.lines)


def _fates(change: Change) -> tuple[RetentionChange, ...] | None:
    old, new = (each.inputs.get("policy") if each else None for each in (change.old, change.new))
    return image_fates(old, new) if isinstance(old, str) and isinstance(new, str) else None


def _preset(change: Change, compared: Compared) -> str:
    """The preset of the repository, which other repositories have as well; `services → batch` where it has another."""
    if compared.head is None:
        return ""
    new = compared.head.presets.get(change.repository)
    # A base of older code does not say which presets it has.
    old = compared.base.presets.get(change.repository) if compared.base and compared.base.presets else new
    if old == new:
        return f" (preset {new})" if new else ""
    return f" (preset {old or 'none'} → {new or 'none'})"
