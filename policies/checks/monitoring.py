"""What publishes to a topic or leaves messages in a queue, of the resources that a stack declares."""

import json
from collections.abc import Iterator

from policies.checks.input_values import as_list, is_unknown, value_at, value_within
from policies.checks.references import StackReferences
from policies.pack.rule import CheckedResource
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.sns import TOPIC, TOPIC_SUBSCRIPTION

ACTIONS = ("alarmActions", "okActions", "insufficientDataActions")
DEAD_LETTERS = ("deadLetterConfig", "arn")
_REDRIVE = "redrivePolicy"


def feeding_targets(holder: CheckedResource, references: StackReferences) -> Iterator[CheckedResource]:
    """The targets of event rules that deliver to it, or leave there what they can't deliver."""
    for target in references.of(EVENT_TARGET):
        values = (target.inputs.get("arn"), value_within(target.inputs, DEAD_LETTERS))
        if any(references.names(target, each, holder) for each in values):
            yield target


def rules_of(target: CheckedResource, references: StackReferences) -> Iterator[CheckedResource]:
    """The event rule whose target it is; its name can be another's in another region."""
    name = target.inputs.get("rule")
    for rule in references.of(EVENT_RULE, beside=target):
        if rule.urn in target.dependencies if is_unknown(name) else rule.inputs.get("name") == name:
            yield rule


def acting_alarms(topic: CheckedResource, references: StackReferences) -> Iterator[CheckedResource]:
    """The alarms that publish to it."""
    for alarm in (*references.of(METRIC_ALARM), *references.of(COMPOSITE_ALARM)):
        actions = (each for key in ACTIONS for each in as_list(alarm.inputs.get(key)))
        if any(references.names(alarm, each, topic) for each in actions):
            yield alarm


def redriving_topics(queue: CheckedResource, references: StackReferences) -> Iterator[CheckedResource]:
    """The topics whose subscriptions leave there what they can't deliver."""
    for subscription in references.of(TOPIC_SUBSCRIPTION):
        if references.names(subscription, dead_letters_of(subscription), queue):
            topic = references.named(subscription, subscription.inputs.get("topic"), TOPIC)
            if topic is not None:
                yield topic


def dead_letters_of(subscription: CheckedResource) -> object:
    """The ARN of the queue; None where there is none, or the policy is no JSON."""
    text = subscription.inputs.get(_REDRIVE)
    if is_unknown(text) or not isinstance(text, str):
        return text
    try:
        return value_at(json.loads(text), "deadLetterTargetArn")
    except ValueError:
        return None
