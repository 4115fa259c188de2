"""What people are no longer notified of: each event once, whatever the number of regions."""

import json
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from domain.aws import RegistryId
from domain.monitoring.event_rules import RuleState
from domain.wording import counted, listed
from render.resource import Resource, account_of
from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import METRIC_ALARM
from resources.ecr import REPOSITORY
from resources.events import EVENT_RULE
from resources.logs import LOG_GROUP
from resources.sns import TOPIC, TOPIC_SUBSCRIPTION
from review.plan.model import Change, Compared, Consequence, Op, Topic
from review.plan.phrases import by_repository, grouped, regions, subject_phrase, urns_of

_TYPES = (TOPIC, TOPIC_SUBSCRIPTION, SLACK_CHANNEL, METRIC_ALARM, EVENT_RULE, LOG_GROUP)
_NAMED = 6
_VIA_TRAIL = " via CloudTrail"
"""How the detail-types of events end that only a trail brings."""
_INVOCATIONS = "AWS/Events"
_DISABLED = "DISABLED"
_BELOW = "LessThan"
_BREACHING = "breaching"
_UNSEEN = (
    "no one is notified of pushes and deletions by principals that are not declared, of denied calls, changed "
    "settings, disabled keys and failed lifecycle runs"
)


def monitoring_consequences(compared: Compared) -> Iterator[Consequence]:
    changes = [each for each in compared.changes if each.type in _TYPES]
    left = _left(compared)
    here = [each for each in changes if each.registry not in left]
    ends = [each for each in here if each.type == TOPIC and each.op is Op.DELETE]
    if ends:
        logs = ", and its log groups are deleted with what they have"
        yield _weaker(f"Monitoring ends in {regions(ends)}: no one is notified of anything any more{logs}.", ends)
    without = {each.registry for each in ends}
    staying = [each for each in here if each.registry not in without]
    yield from _subscribers([each for each in staying if each.type == TOPIC_SUBSCRIPTION])
    # A channel's own region says nothing of the registries that it is notified of.
    channels = [each for each in changes if each.type == SLACK_CHANNEL and each.op is Op.DELETE and not ends]
    for each in channels:
        yield _weaker(f"Slack channel {_inputs(each)['slackChannelId']} no longer gets messages.", [each])
    yield from _rules([each for each in staying if each.type == EVENT_RULE], _seeing(compared))
    retired = {(each.registry, each.repository) for each in compared.changes if _is_gone(each, REPOSITORY)}
    alarms = [each for each in staying if each.type == METRIC_ALARM and (each.registry, _watched(each)) not in retired]
    fewer = {each.registry for each in staying if _is_gone(each, EVENT_RULE)}
    # Where there are fewer rules, fewer alarms watch their invocations.
    yield from _alarms([each for each in alarms if each.registry not in fewer or not _counts_invocations(each)])
    yield from _log_groups([each for each in staying if each.type == LOG_GROUP])


def _left(compared: Compared) -> set[RegistryId]:
    """Registries that leave the stack with all their repositories, which is said elsewhere."""
    before, after = (
        {
            RegistryId(account=account_of(each, compared.account), region=str(each.region))
            for each in side
            if each.type == REPOSITORY
        }
        for side in (compared.olds, compared.head.resources if compared.head else compared.olds)
    )
    return before - after


def _subscribers(changes: Sequence[Change]) -> Iterator[Consequence]:
    gone = [each for each in changes if each.op is Op.DELETE]
    for (protocol, endpoint), group in grouped(
        gone, lambda each: (_inputs(each)["protocol"], _inputs(each)["endpoint"])
    ).items():
        yield _weaker(f"{protocol} {endpoint} no longer gets the messages of {regions(group)}.", group)


def _seeing(compared: Compared) -> set[RegistryId]:
    """The registries with a rule that only a trail brings events."""
    rules = [each for each in compared.head.resources if _needs_trail(each)] if compared.head else []
    found = {RegistryId(account=account_of(each, compared.account), region=str(each.region)) for each in rules}
    return found | {each.registry for each in compared.changes if _needs_trail(each.new)}


def _rules(changes: Sequence[Change], seeing: set[RegistryId]) -> Iterator[Consequence]:
    """Where a trail is switched off, all rules of calls end together."""
    gone = [each for each in changes if each.op is Op.DELETE]
    unseen = [each for each in gone if _needs_trail(each.old) and each.registry not in seeing]
    if unseen:
        text = f"Calls are no longer seen in {regions(unseen)}: {_UNSEEN}."
        yield _weaker(text, unseen)
        gone = [each for each in gone if each not in unseen]
    for names, group in by_repository(gone, lambda _: None):
        text, lines = _which(names, "event rule")
        yield _weaker(f"{text} removed in {regions(group)}: no one is notified of these events.", group, lines)
    for names, group in by_repository([each for each in changes if each.old and each.new], _less_matched):
        if what := _less_matched(group[0]):
            text, lines = _which(names, "event rule")
            yield _weaker(f"{text} {what} in {regions(group)}.", group, lines)


def _less_matched(change: Change) -> str:
    before, after = (each.inputs.get("state", RuleState.ENABLED) if each else "" for each in (change.old, change.new))
    if after == _DISABLED != before:
        return "disabled"
    if (before, after) == (RuleState.READS_TOO, RuleState.ENABLED):
        return "no longer matching calls that only read, as pulls are,"
    return ""


def _alarms(changes: Sequence[Change]) -> Iterator[Consequence]:
    for names, group in by_repository([each for each in changes if each.op is Op.DELETE], lambda _: None):
        text, lines = _which(names, "alarm")
        yield _weaker(f"{text} removed in {regions(group)}.", group, lines)
    for names, group in by_repository([each for each in changes if each.old and each.new], _looser):
        if less := _looser(group[0]):
            some = listed(sorted(names), limit=_NAMED)
            yield _weaker(f"Alarm {some} in {regions(group)} goes off later or not at all: {'; '.join(less)}.", group)


def _looser(change: Change) -> tuple[str, ...]:
    """In which ways an alarm goes off less."""
    if change.old is None or change.new is None:
        return ()
    old, new = change.old.inputs, change.new.inputs
    below = str(new.get("comparisonOperator")).startswith(_BELOW)
    thresholds = float(old.get("threshold", 0)), float(new.get("threshold", 0))
    counts = [float(each.get("datapointsToAlarm", each.get("evaluationPeriods", 1))) for each in (old, new)]
    found = {
        f"its threshold is {thresholds[1]:,.9g} in place of {thresholds[0]:,.9g}": (
            thresholds[1] < thresholds[0] if below else thresholds[1] > thresholds[0]
        ),
        f"{counts[1]:g} periods must be beyond it in place of {counts[0]:g}": counts[1] > counts[0],
        "missing data is no longer a breach": _BREACHING == old.get("treatMissingData") != new.get("treatMissingData"),
        "it has no action any more": bool(old.get("alarmActions")) and not new.get("alarmActions"),
        "its actions are disabled": old.get("actionsEnabled", True) and not new.get("actionsEnabled", True),
    }
    return tuple(text for text, is_so in found.items() if is_so)


def _watched(change: Change) -> object:
    """The repository that an alarm is about."""
    return (_inputs(change).get("dimensions") or {}).get("RepositoryName")


def _counts_invocations(change: Change) -> bool:
    queries = _inputs(change).get("metricQueries") or ()
    return any((each.get("metric") or {}).get("namespace") == _INVOCATIONS for each in queries)


def _log_groups(changes: Sequence[Change]) -> Iterator[Consequence]:
    for names, group in by_repository([each for each in changes if each.op is Op.DELETE], lambda _: None):
        some = listed(sorted(names))
        yield _weaker(f"Log group {some} in {regions(group)} is deleted with what it has.", group)
    for names, group in by_repository([each for each in changes if each.old and each.new], _shorter):
        if days := _shorter(group[0]):
            head = f"Log group {listed(sorted(names))} in {regions(group)}"
            yield _weaker(f"{head} keeps events for {days}: older ones are deleted.", group)


def _shorter(change: Change) -> str:
    """0 is for ever, as nothing is."""
    if change.old is None or change.new is None:
        return ""
    before, after = (float(each.inputs.get("retentionInDays") or inf) for each in (change.old, change.new))
    if after >= before:
        return ""
    return f"{after:g} days and no longer {'for ever' if before == inf else f'{before:g}'}"


def _which(names: Sequence[str], noun: str) -> tuple[str, tuple[str, ...]]:
    """`Event rule a is`, `Event rules a and b are`, or how many there are, with a line for each."""
    if len(names) > _NAMED:
        return f"{counted(len(names), noun)} are", tuple(sorted(names))
    return f"{noun.capitalize()}{'s' if len(names) > 1 else ''} {subject_phrase(names, 'is', 'are')[0]}", ()


def _needs_trail(rule: Resource | None) -> bool:
    pattern = rule.inputs.get("eventPattern") if rule and rule.type == EVENT_RULE else None
    if not isinstance(pattern, str):
        return False
    try:
        read = json.loads(pattern)
    except ValueError:
        return False
    kinds = read.get("detail-type", ()) if isinstance(read, dict) else ()
    return bool(kinds) and all(str(each).endswith(_VIA_TRAIL) for each in kinds)


def _inputs(change: Change) -> dict[str, Any]:
    resource = change.new or change.old
    return resource.inputs if resource else {}


def _is_gone(change: Change, kind: str) -> bool:
    return change.type == kind and change.op is Op.DELETE


def _weaker(text: str, changes: Sequence[Change], lines: tuple[str, ...] = ()) -> Consequence:
    return Consequence(topic=Topic.WEAKER, text=text, urns=urns_of(changes), lines=lines, id="plan-weakens")
