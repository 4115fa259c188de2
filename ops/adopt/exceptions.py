"""What the policy rules say of proposed entries, and the exceptions without which the gate would refuse them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policies.pack.judge import InvalidExemption, RuleResult
from policies.pack.levels import RuleConfig, with_exceptions
from policies.pack.rule import Finding, Level
from review.gate.exception_block import FIXED_BY_ADOPTION, exemption_for
from review.plan.phrases import grouped

_MENDED_BY = {
    "ecr-lifecycle-sound": "retention",
    "ecr-tags-immutable": "mutable_tags",
    "ecr-policy-least-privilege": "pull",
    "ecr-policy-not-public": "pull",
}
"""The key of an entry that decides whether it passes a rule."""


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
    found: Iterable[RuleResult], levels: Mapping[str, RuleConfig], today: date, declared: Collection[str]
) -> dict[str, dict[str, object]]:
    """Of each rule that no entry can pass, what the file of levels must say: all that it says, and the exceptions."""
    needed = grouped(filter(_needs_exception, found), lambda each: each.rule.id)
    return {rule: _with_exceptions(levels[rule], needed[rule], today, declared) for rule in sorted(needed)}


def _failure(judged: Sequence[RuleResult], regions: Sequence[str]) -> RuleFailure:
    first = judged[0]
    failing = {each.resource.name.rpartition("@")[2] for each in judged}
    messages = (_message(each.outcome) for each in judged if isinstance(each.outcome, Finding))
    fix = first.rule.remediation
    if key := _MENDED_BY.get(first.rule.id):
        fix = f"mend `{key}`"
    elif fixed := FIXED_BY_ADOPTION.get(first.rule.id):
        exception = ": its exception must be merged first" if _needs_exception(first) else ""
        fix = f"adoption can't change {fixed}{exception}"
    return RuleFailure(
        rule=first.rule.id,
        level=first.level,
        text="; ".join(dict.fromkeys(messages)),
        fix=fix,
        regions=tuple(region for region in regions if region in failing),
    )


def _message(finding: Finding) -> str:
    """With its fix; an exception that has ended is renewed by the one that is printed."""
    has_fix = finding.fix and not isinstance(finding, InvalidExemption)
    return f"{finding.message}: {finding.fix}" if has_fix else finding.message


def _needs_exception(judged: RuleResult) -> bool:
    return judged.level is Level.MANDATORY and judged.rule.id in FIXED_BY_ADOPTION


def _with_exceptions(
    config: RuleConfig, needed: Sequence[RuleResult], today: date, declared: Collection[str]
) -> dict[str, object]:
    resources = [each.resource for each in needed]
    reason = f"adopted: {FIXED_BY_ADOPTION[config.rule.id]} can't be changed"
    added = dict.fromkeys(exemption_for(each, reason, today, declared) for each in resources)
    return with_exceptions(config, resources, list(added))
