"""The rules put to resources, with levels and exceptions; for the engine one by one, for a render all at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policies.pack.levels import Setting
from policies.pack.rule import (
    Exemption,
    Finding,
    Given,
    Level,
    P,
    Resource,
    ResourceRule,
    Rule,
    StackRule,
    Undecided,
    Verdict,
)
from policies.pack.table import resource_rules, stack_rules

LONGEST_EXCEPTION_DAYS = 366
"""How far from today the last day of an exception may be, so that somebody looks at it again within a year."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """What would be a finding, were it not for an exception."""

    finding: Finding
    exemption: Exemption


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Finding):
    """An exception that does not count, and that none makes up for."""

    exemption: Exemption


Outcome = Verdict | Excepted
"""Void is one of the findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One outcome, with what it is about."""

    rule: Rule
    level: Level
    resource: Resource
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that the rules say of a stack."""

    findings: tuple[Judged, ...]
    undecided: tuple[Judged, ...]
    excepted: tuple[Judged, ...]
    unused: tuple[tuple[Rule, Exemption], ...]
    """Exceptions that let nothing pass and are no finding either: they can go."""


def judge(resources: Sequence[Resource], settings: Mapping[str, Setting], today: date) -> Judgement:
    """Every rule that is not disabled, on every resource."""
    judged = list(_judged(resources, settings, today))
    told = {(each.rule.id, each.outcome.exemption) for each in judged if isinstance(each.outcome, Excepted | Void)}
    return Judgement(
        findings=tuple(each for each in judged if isinstance(each.outcome, Finding)),
        undecided=tuple(each for each in judged if isinstance(each.outcome, Undecided)),
        excepted=tuple(each for each in judged if isinstance(each.outcome, Excepted)),
        unused=tuple(
            (setting.rule, exemption)
            for setting in settings.values()
            for exemption in setting.parameters.exceptions
            if (setting.rule.id, exemption) not in told
        ),
    )


def _judged(resources: Sequence[Resource], settings: Mapping[str, Setting], today: date) -> Iterator[Judged]:
    table = resource_rules()
    givens = {name: Given(setting.parameters, today) for name, setting in settings.items()}
    for resource in resources:
        for rule in table.get(resource.type, ()):
            level = settings[rule.id].level
            if level is not Level.DISABLED:
                for outcome in on_resource(rule, resource, givens[rule.id]):
                    yield Judged(rule=rule, level=level, resource=resource, outcome=outcome)
    for stack_rule in stack_rules():
        level = settings[stack_rule.id].level
        if level is not Level.DISABLED:
            for about, outcome in on_stack(stack_rule, resources, givens[stack_rule.id]):
                yield Judged(rule=stack_rule, level=level, resource=about, outcome=outcome)


def on_resource(rule: ResourceRule[P], resource: Resource, given: Given[P]) -> Iterator[Outcome]:
    """What one rule says of one resource."""
    try:
        verdicts = tuple(rule.check(resource, given))
    except Exception as error:  # noqa: BLE001  what a rule can't read must not pass for sound
        verdicts = (_failed(error),)
    yield from _with_exceptions(resource, verdicts, given)


def on_stack(rule: StackRule[P], resources: Iterable[Resource], given: Given[P]) -> Iterator[tuple[Resource, Outcome]]:
    """What one rule says of all the resources that it is about."""
    about = [each for each in resources if each.type in rule.types]
    found: dict[str, list[Verdict]] = {}
    try:
        for resource, verdict in rule.check(about, given):
            found.setdefault(resource.urn, []).append(verdict)
    except Exception as error:  # noqa: BLE001  see above; on each, so that no exception for one hides it
        for resource in about:
            found.setdefault(resource.urn, []).append(_failed(error))
    for resource in about:
        for outcome in _with_exceptions(resource, found.get(resource.urn, ()), given):
            yield resource, outcome


def _with_exceptions(resource: Resource, verdicts: Iterable[Verdict], given: Given[Any]) -> Iterator[Outcome]:
    mine = [each for each in given.parameters.exceptions if each.urn == resource.urn]
    why_void = {each: _why_void(each, given.today) for each in mine}
    exemption = next((each for each in mine if why_void[each] is None), None)
    if exemption is None:
        yield from (Void(why, exemption=each) for each, why in why_void.items() if why is not None)
    for verdict in verdicts:
        yield Excepted(verdict, exemption) if exemption and isinstance(verdict, Finding) else verdict


def _why_void(exemption: Exemption, today: date) -> str | None:
    until, reason = exemption.until, exemption.reason
    if until < today:
        return f"has an exception that ended on {until} ({reason}): mend it, or renew the exception"
    if (until - today).days <= LONGEST_EXCEPTION_DAYS:
        return None
    last = today + timedelta(days=LONGEST_EXCEPTION_DAYS)
    return f"has an exception until {until} ({reason}), which does not count: name no day after {last}"


def _failed(error: Exception) -> Finding:
    return Finding(f"could not be judged, since the rule failed: {type(error).__name__}: {error}")
