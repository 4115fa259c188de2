"""What the policy rules say of proposed entries, and the exceptions without which the gate would refuse them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from policies.pack.judge import RuleResult
from policies.pack.levels import ENFORCEMENT_LEVEL, RuleConfig
from policies.pack.rule import Exemption, Finding, Level
from review.plan.phrases import grouped

EXCEPTION_DAYS = 90
_MENDED_BY = {
    "ecr-lifecycle-sound": "retention",
    "ecr-tags-immutable": "mutable_tags",
    "ecr-policy-least-privilege": "pull",
    "ecr-policy-not-public": "pull",
}
"""The key of an entry that decides whether it passes a rule."""
_FIXED = {"ecr-customer-key": "how it is encrypted", "ecr-name": "its name"}
"""What a rule is about that an entry must say as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFailure:
    """A rule of the policy pack that an entry would fail, with what to do about it."""

    rule: str
    level: Level
    text: str
    fix: str
    regions: tuple[str, ...]


def rule_failures(found: Iterable[RuleResult], regions: Sequence[str]) -> list[RuleFailure]:
    """The rules that one entry fails, each rule once; in the order of the regions."""
    by_rule = grouped(found, lambda each: each.rule.id)
    return [_failure(by_rule[rule], regions) for rule in sorted(by_rule)]


def exceptions(
    found: Iterable[RuleResult], levels: Mapping[str, RuleConfig], today: date
) -> dict[str, dict[str, object]]:
    """Of each rule that no entry can pass, what the file of levels must say: all that it says, and the exceptions."""
    needed = grouped(filter(_needs_exception, found), lambda each: each.rule.id)
    return {rule: _with(levels[rule], list(_exemptions(needed[rule], today))) for rule in sorted(needed)}


def _failure(judged: Sequence[RuleResult], regions: Sequence[str]) -> RuleFailure:
    first = judged[0]
    failing = {each.resource.name.rpartition("@")[2] for each in judged}
    messages = (each.outcome.message for each in judged if isinstance(each.outcome, Finding))
    fix = first.rule.remediation
    if key := _MENDED_BY.get(first.rule.id):
        fix = f"mend `{key}`"
    elif fixed := _FIXED.get(first.rule.id):
        exception = ": the exception above must be merged before" if _needs_exception(first) else ""
        fix = f"adoption can't change {fixed}{exception}"
    return RuleFailure(
        rule=first.rule.id,
        level=first.level,
        text="; ".join(dict.fromkeys(messages)),
        fix=fix,
        regions=tuple(region for region in regions if region in failing),
    )


def _needs_exception(judged: RuleResult) -> bool:
    return judged.level is Level.MANDATORY and judged.rule.id in _FIXED


def _exemptions(judged: Iterable[RuleResult], today: date) -> Iterator[Exemption]:
    until = today + timedelta(days=EXCEPTION_DAYS)
    for urn, each in {each.resource.urn: each for each in judged}.items():
        yield Exemption(urn=urn, reason=f"adopted: {_FIXED[each.rule.id]} can't be changed", until=until)


def _with(setting: RuleConfig, added: Sequence[Exemption]) -> dict[str, object]:
    """In the form of the file; of one resource the new exception alone stays."""
    urns = {each.urn for each in added}
    kept = [each for each in setting.parameters.exceptions if each.urn not in urns]
    parameters = setting.parameters.model_dump(mode="json", exclude_unset=True, exclude={"exceptions"})
    listed = [each.model_dump(mode="json") for each in (*kept, *added)]
    return {ENFORCEMENT_LEVEL: setting.level.value, **parameters, "exceptions": listed}
