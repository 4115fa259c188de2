"""Alarms act where they go off: on a topic of the stack, or on what else an ARN names."""

from collections.abc import Iterator, Sequence

from domain.aws import Arn
from domain.cloudwatch.composite_rules import children
from domain.cloudwatch.token_reader import NotReadError
from policies.checks.input_values import as_list, is_unknown
from policies.checks.monitoring import ACTIONS
from policies.checks.references import StackReferences
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.providers import PROVIDER
from resources.sns import TOPIC

_ENABLED = "actionsEnabled"
_IN_ALARM = ACTIONS[0]


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    references = StackReferences(resources)
    for alarm in references.of(COMPOSITE_ALARM):
        yield from ((alarm, each) for each in _check(alarm, references))
    for alarm in references.of(METRIC_ALARM):
        yield from ((alarm, each) for each in _check(alarm, references))
        if _actions(alarm) and not as_list(alarm.inputs.get(_IN_ALARM)) and not _is_part(alarm, references):
            yield alarm, Finding("acts where it ends, and not where it goes off", (_IN_ALARM,))


def _check(alarm: CheckedResource, references: StackReferences) -> Iterator[CheckResult]:
    enabled = alarm.inputs.get(_ENABLED)
    if is_unknown(enabled):
        yield Undecided((_ENABLED,))
    elif enabled not in (None, True):
        yield Finding("has its actions disabled", (_ENABLED,))
    if not _actions(alarm):
        yield Finding("has no action in any state: no one is notified", (_IN_ALARM,))
    for key, index, action in _actions(alarm):
        path = (key,) if index is None else (key, index)
        if is_unknown(action):
            if references.named(alarm, action, TOPIC) is None:
                yield Undecided(path)
        elif why := _why_no_action(action, alarm, references):
            yield Finding(f"has the action {action!r}, which is {why}", path)


def _actions(alarm: CheckedResource) -> list[tuple[str, int | None, object]]:
    """Each with its state and its place there; a list that is not known is one action."""
    found: list[tuple[str, int | None, object]] = []
    for key in ACTIONS:
        value = alarm.inputs.get(key)
        found += [(key, None if is_unknown(value) else index, each) for index, each in enumerate(as_list(value))]
    return found


def _why_no_action(action: object, alarm: CheckedResource, references: StackReferences) -> str:
    """Empty where it can be one: what another account or another service does is not known here."""
    arn = Arn.parse(action) if isinstance(action, str) else None
    if arn is None or not arn.service:
        return "no ARN"
    own = references.account(alarm)
    if arn.service != "sns" or own is None or arn.account != own:
        return ""
    topic = references.named(alarm, action, TOPIC)
    if topic is None:
        return "no topic that the stack declares"
    return "" if topic.region == alarm.region else "a topic in another region, where CloudWatch does not publish"


def _is_part(alarm: CheckedResource, references: StackReferences) -> bool:
    """Whether a composite alarm that acts where it goes off names it."""
    known = (alarm.inputs.get("name"), references.output(alarm))
    acting = [each for each in references.of(COMPOSITE_ALARM, beside=alarm) if as_list(each.inputs.get(_IN_ALARM))]
    return any(name in known for each in acting for name in _children(each.inputs.get("alarmRule")))


def _children(rule: object) -> list[str]:
    try:
        return children(str(rule))
    except (NotReadError, RecursionError):
        return []


RULE = StackRule(
    id="alarm-has-action",
    title="Alarms act where they go off",
    severity="high",
    risk="An alarm that no one is notified of changes colour in the console, and nothing else.",
    remediation="Give the alarm the stack's topic in its region as alarmActions (and okActions), and leave "
    "actionsEnabled at true: `alarm_actions=[topic.arn]`. One that a composite alarm names can leave the action to it.",
    controls=("Security Hub CloudWatch.15", "Security Hub CloudWatch.17", "checkov CKV_AWS_319"),
    parameters=Parameters,
    types=(METRIC_ALARM, COMPOSITE_ALARM, TOPIC, PROVIDER),
    check=check,
)
