"""Runs the rules with their levels and exceptions: on all resources of a render, or one by one for the engine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policies.pack.levels import RuleConfig
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Exemption,
    Finding,
    Level,
    P,
    ResourceRule,
    Rule,
    RuleContext,
    StackRule,
    Undecided,
    resource_rules,
    stack_rules,
)

LONGEST_EXCEPTION_DAYS = 366
"""How far from today the last day of an exception may be, so that each is reviewed within a year."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """A finding that is ignored because of an exception."""

    finding: Finding
    exemption: Exemption


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidExemption(Finding):
    """An exception that has expired or lasts too long, of a resource that has no valid one."""

    exemption: Exemption


RuleOutcome = CheckResult | Excepted


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One outcome of a rule for a resource."""

    rule: Rule
    level: Level
    resource: CheckedResource
    outcome: RuleOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All results of the rules for a stack."""

    findings: tuple[RuleResult, ...]
    """With the invalid exceptions."""
    undecided: tuple[RuleResult, ...]
    excepted: tuple[RuleResult, ...]
    unused: tuple[tuple[Rule, Exemption], ...]
    """Exceptions that can be removed: they cover no finding."""


def judge(resources: Sequence[CheckedResource], configs: Mapping[str, RuleConfig], today: date) -> Judgement:
    """Runs every rule that is not disabled on every resource."""
    results = list(_results(resources, configs, today))
    used = {
        (each.rule.id, each.outcome.exemption)
        for each in results
        if isinstance(each.outcome, Excepted | InvalidExemption)
    }
    return Judgement(
        findings=tuple(each for each in results if isinstance(each.outcome, Finding)),
        undecided=tuple(each for each in results if isinstance(each.outcome, Undecided)),
        excepted=tuple(each for each in results if isinstance(each.outcome, Excepted)),
        unused=tuple(
            (config.rule, exemption)
            for config in configs.values()
            for exemption in config.parameters.exceptions
            if (config.rule.id, exemption) not in used
        ),
    )


def _results(
    resources: Sequence[CheckedResource], configs: Mapping[str, RuleConfig], today: date
) -> Iterator[RuleResult]:
    by_type = resource_rules()
    contexts = {name: RuleContext(config.parameters, today) for name, config in configs.items()}
    for resource in resources:
        for rule in by_type.get(resource.type, ()):
            level = configs[rule.id].level
            if level is not Level.DISABLED:
                for outcome in judge_resource(rule, resource, contexts[rule.id]):
                    yield RuleResult(rule=rule, level=level, resource=resource, outcome=outcome)
    for stack_rule in stack_rules():
        level = configs[stack_rule.id].level
        if level is not Level.DISABLED:
            for resource, outcome in judge_stack(stack_rule, resources, contexts[stack_rule.id]):
                yield RuleResult(rule=stack_rule, level=level, resource=resource, outcome=outcome)


def judge_resource(rule: ResourceRule[P], resource: CheckedResource, context: RuleContext[P]) -> Iterator[RuleOutcome]:
    """The outcomes of one rule for one resource."""
    try:
        results = tuple(rule.check(resource, context))
    except Exception as error:  # noqa: BLE001  a rule that fails must not pass
        results = (_failed(error),)
    yield from _with_exceptions(resource, results, context)


def judge_stack(
    rule: StackRule[P], resources: Iterable[CheckedResource], context: RuleContext[P]
) -> Iterator[tuple[CheckedResource, RuleOutcome]]:
    """The outcomes of one rule for all resources of its types."""
    checked = [each for each in resources if each.type in rule.types]
    found: dict[str, list[CheckResult]] = {}
    try:
        for resource, result in rule.check(checked, context):
            found.setdefault(resource.urn, []).append(result)
    except Exception as error:  # noqa: BLE001  see above; on each resource, so that an exception for one hides nothing
        for resource in checked:
            found.setdefault(resource.urn, []).append(_failed(error))
    for resource in checked:
        for outcome in _with_exceptions(resource, found.get(resource.urn, ()), context):
            yield resource, outcome


def _with_exceptions(
    resource: CheckedResource, results: Iterable[CheckResult], context: RuleContext[Any]
) -> Iterator[RuleOutcome]:
    mine = [each for each in context.parameters.exceptions if each.covers(resource)]
    invalid = {each: why_invalid(each, context.today) for each in mine}
    exemption = next((each for each in mine if invalid[each] is None), None)
    if exemption is None:
        day = _last_day(context.today)
        fix = f'remove the exception, or write a day that is allowed, as in "until": "{day}"'
        yield from (InvalidExemption(why, fix=fix, exemption=each) for each, why in invalid.items() if why is not None)
    for result in results:
        yield Excepted(result, exemption) if exemption and isinstance(result, Finding) else result


def why_invalid(exemption: Exemption, today: date) -> str | None:
    """What is wrong with the exception's last day; None where nothing is."""
    until, reason = exemption.until, exemption.reason
    if until < today:
        return f"has an exception that expired on {until} ({reason}): fix the finding, or renew the exception"
    if (until - today).days <= LONGEST_EXCEPTION_DAYS:
        return None
    return f"has an exception until {until} ({reason}), which is too long: the last allowed day is {_last_day(today)}"


def _last_day(today: date) -> date:
    return today + timedelta(days=LONGEST_EXCEPTION_DAYS)


def _failed(error: Exception) -> Finding:
    return Finding(f"could not be checked: the rule failed with {type(error).__name__}: {error}")
