"""Topics have a subscription."""

from collections.abc import Sequence

from policies.checks.input_values import as_list
from policies.checks.references import StackReferences
from policies.pack.rule import CheckedResource, Finding, Parameters, RuleContext, StackResults, StackRule
from resources.chatbot import SLACK_CHANNEL
from resources.providers import PROVIDER
from resources.sns import TOPIC, TOPIC_SUBSCRIPTION

_GETS = ((TOPIC_SUBSCRIPTION, "topic"), (SLACK_CHANNEL, "snsTopicArns"))


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    references = StackReferences(resources)
    got = [
        (each, value) for kind, key in _GETS for each in references.of(kind) for value in as_list(each.inputs.get(key))
    ]
    for topic in references.of(TOPIC):
        if not any(references.names(holder, value, topic) for holder, value in got):
            yield topic, Finding("has no subscription: no one gets what is published to it")


RULE = StackRule(
    id="monitoring-subscribed",
    title="Someone gets what monitoring publishes",
    severity="medium",
    risk="Alarms go off, vulnerabilities are found, images are deleted by hand, and no one is notified of any of it.",
    remediation="Name someone under `monitoring` in the stack's file: `subscribers: [{email: platform@acme.example}]`, "
    "or {https: URL}, {sqs: ARN}, {slack: {workspace: ID, channel: ID}}.",
    parameters=Parameters,
    types=(TOPIC, TOPIC_SUBSCRIPTION, SLACK_CHANNEL, PROVIDER),
    check=check,
)
