"""What the policy rules say of proposed entries, and the exceptions without which the gate would refuse them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from ops.adopt.model import Failure
from policies.pack.judge import Judged
from policies.pack.levels import LEVEL, Setting
from policies.pack.rule import Exemption, Finding, Level, Rule
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from review.plan.words import grouped

EXCEPTION_DAYS = 90
_TYPES = frozenset({REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY})
"""What an entry comes to; all of it has the repository's name, and the region."""
_MENDED_BY = {
    "ecr-lifecycle-sound": "retention",
    "ecr-tags-immutable": "mutable_tags",
    "ecr-policy-least-privilege": "pull",
    "ecr-policy-not-public": "pull",
}
"""The key of an entry that decides whether it passes a rule."""
_STAYS = {"ecr-customer-key": "how it is encrypted", "ecr-name": "its name"}
"""What a rule is about that an entry must say as it is."""


def about_entries(findings: Iterable[Judged], names: Collection[str]) -> list[Judged]:
    """The findings on what the entries of these names come to."""
    return [each for each in findings if each.resource.type in _TYPES and _place(each)[0] in names]


def failures(found: Iterable[Judged]) -> dict[str, list[Failure]]:
    """The rules that each entry fails, each rule once."""
    failing: dict[str, list[Failure]] = {}
    for (name, _), judged in grouped(found, lambda each: (_place(each)[0], each.rule.id)).items():
        failing.setdefault(name, []).append(_failure(judged))
    return {name: sorted(each, key=lambda failure: failure.rule) for name, each in failing.items()}


def exceptions(found: Iterable[Judged], levels: Mapping[str, Setting], today: date) -> dict[str, dict[str, object]]:
    """Of each rule that no entry can pass, what the file of levels must say: all that it says, and the exceptions."""
    needed = grouped((each for each in found if _needs_exception(each.rule, each.level)), lambda each: each.rule.id)
    return {rule: _with(levels[rule], list(_exemptions(needed[rule], today))) for rule in sorted(needed)}


def _failure(judged: Sequence[Judged]) -> Failure:
    rule, level = judged[0].rule, judged[0].level
    messages = (each.outcome.message for each in judged if isinstance(each.outcome, Finding))
    regions = (_place(each)[1] for each in judged)
    return Failure(
        rule=rule.id,
        level=level,
        text="; ".join(dict.fromkeys(messages)),
        fix=_fix(rule, level),
        regions=tuple(dict.fromkeys(regions)),
    )


def _fix(rule: Rule, level: Level) -> str:
    if key := _MENDED_BY.get(rule.id):
        return f"mend `{key}`"
    if stays := _STAYS.get(rule.id):
        exception = ": the exception above must be merged before" if _needs_exception(rule, level) else ""
        return f"adoption can't change {stays}{exception}"
    return rule.remediation


def _needs_exception(rule: Rule, level: Level) -> bool:
    return level is Level.MANDATORY and rule.id in _STAYS


def _exemptions(judged: Iterable[Judged], today: date) -> Iterator[Exemption]:
    until = today + timedelta(days=EXCEPTION_DAYS)
    for urn, each in {each.resource.urn: each for each in judged}.items():
        yield Exemption(urn=urn, reason=f"adopted: {_STAYS[each.rule.id]} can't be changed", until=until)


def _with(setting: Setting, added: Sequence[Exemption]) -> dict[str, object]:
    """In the form of the file; of one resource the new exception alone stays."""
    urns = {each.urn for each in added}
    kept = [each for each in setting.parameters.exceptions if each.urn not in urns]
    parameters = setting.parameters.model_dump(mode="json", exclude_unset=True, exclude={"exceptions"})
    listed = [each.model_dump(mode="json") for each in (*kept, *added)]
    return {LEVEL: setting.level.value, **parameters, "exceptions": listed}


def _place(judged: Judged) -> tuple[str, str]:
    """The repository's name and the region."""
    name, _, region = judged.resource.name.rpartition("@")
    return name, region
