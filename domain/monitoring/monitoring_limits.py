"""What AWS would refuse of a registry's monitoring: names that are too long, and too many of one kind."""

import re
from collections.abc import Iterator

from domain.cloudwatch.limits import (
    ALARM_NAME_MAX_LENGTH,
    COMPOSITE_CHILDREN_MAX,
    COMPOSITE_RULE_MAX_LENGTH,
    DASHBOARD_BODY_MAX_BYTES,
    DASHBOARD_METRICS_MAX,
    DASHBOARD_NAME_PATTERN,
)
from domain.document_text import to_json_text
from domain.events.limits import PATTERN_MAX_LENGTH, RULE_NAME_MAX_LENGTH, RULES_PER_BUS_MAX
from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.problems import Problem

_ARN_OF_A_KEY = "arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000"
"""As long as any of the three whose ids AWS makes up."""
_OWN_KEYS = 3
_OFF = "or declare none here: `enabled: false`"


def monitoring_problems(registry: MonitoredRegistry) -> Iterator[Problem]:
    """At paths of the stack's key `monitoring`."""
    yield from _name_problems(registry)
    where = f"in {registry.names.registry.region}"
    if (count := len(registry.alarms)) > COMPOSITE_CHILDREN_MAX:
        message = f"make {count} alarms {where}, and a composite alarm takes {COMPOSITE_CHILDREN_MAX}"
        yield Problem((), None, f"`alarms` of repositories {message}", "let fewer repositories ask for an alarm")
    elif (length := len(registry.composite_rule)) > COMPOSITE_RULE_MAX_LENGTH:
        message = f"makes the rule of a composite alarm {length:,} characters long {where}"
        fix = "let fewer repositories ask for an alarm"
        yield Problem((), None, f"{message}, and CloudWatch takes {COMPOSITE_RULE_MAX_LENGTH:,}", fix)
    rules = [*registry.rules]
    if key_rule := registry.key_rule([_ARN_OF_A_KEY] * _OWN_KEYS):
        rules.append(key_rule)
    for rule in rules:
        if (length := len(to_json_text(rule.pattern))) > PATTERN_MAX_LENGTH:
            message = f"makes the pattern of rule {rule.id} {length:,} characters long {where}"
            fix = "name fewer keys (encryption: {key: NAME}), or say `trail: false`"
            yield Problem((), None, f"{message}, and EventBridge takes {PATTERN_MAX_LENGTH:,}", fix)
    if len(rules) > RULES_PER_BUS_MAX:
        message = f"makes {len(rules)} event rules {where}, and a bus takes {RULES_PER_BUS_MAX}"
        yield Problem((), None, message, _OFF)
    if (size := len(registry.dashboard_body.encode())) > DASHBOARD_BODY_MAX_BYTES:
        message = f"makes a dashboard of {size:,} bytes {where}, and CloudWatch takes {DASHBOARD_BODY_MAX_BYTES:,}"
        yield Problem((), None, message, "let fewer repositories ask for an alarm")
    if (count := len(registry.alarms)) > DASHBOARD_METRICS_MAX:
        message = f"makes a dashboard of {count:,} alarms {where}, and CloudWatch takes {DASHBOARD_METRICS_MAX:,}"
        yield Problem((), None, message, "let fewer repositories ask for an alarm")


def _name_problems(registry: MonitoredRegistry) -> Iterator[Problem]:
    names = registry.names
    if not re.fullmatch(DASHBOARD_NAME_PATTERN, names.dashboard):
        message = "is what names of topics, queues and dashboards begin with, which have letters, digits, - and _ alone"
        yield Problem((), names.prefix, message, f"name project and stack without other characters, {_OFF}")
    longest = max((names.named(each.id) for each in registry.rules), key=len, default="")
    if len(longest) > RULE_NAME_MAX_LENGTH:
        message = f"is the name of an event rule with {len(longest)} characters, and EventBridge takes"
        yield Problem((), longest, f"{message} {RULE_NAME_MAX_LENGTH}", f"name the stack with fewer, {_OFF}")
    for alarm in registry.alarms:
        if len(name := names.named(alarm.id)) > ALARM_NAME_MAX_LENGTH:
            message = f"is the name of an alarm with {len(name)} characters, and CloudWatch takes"
            yield Problem((), name, f"{message} {ALARM_NAME_MAX_LENGTH}", "remove `alarms` from this repository")
