"""Event rules match, and what they match arrives: a rule has a target and a dead-letter queue, which admit it.

Amazon EventBridge says of nothing that it could not deliver; a target that refuses is not even tried again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.aws import Arn
from domain.events.patterns import pattern_problems
from domain.events.transforms import transform_problems
from domain.iam.document import Document
from domain.problems import Problem
from domain.wording import listed
from policies.checks.input_values import holds_unknown, is_unknown, value_at, value_within
from policies.checks.monitoring import DEAD_LETTERS, rules_of
from policies.checks.references import StackReferences
from policies.checks.service_calls import EVENTS, LOG_DELIVERY, ServiceCall, denied_actions, read_policy, source_of
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
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.logs import LOG_GROUP, LOG_RESOURCE_POLICY
from resources.providers import PROVIDER
from resources.sns import TOPIC, TOPIC_POLICY
from resources.sqs import QUEUE, QUEUE_POLICY

_PATTERN, _TRANSFORMER, _STATE, _DISABLED = "eventPattern", "inputTransformer", "state", "DISABLED"
_PUBLISH, _SEND = ("sns:Publish",), ("sqs:SendMessage",)
_WRITE = ("logs:CreateLogStream", "logs:PutLogEvents")
_OF_THEIR_OWN = {TOPIC: (TOPIC_POLICY, "arn", "arn", _PUBLISH), QUEUE: (QUEUE_POLICY, "queueUrl", "url", _SEND)}
"""The type of its policy, the input that names it there, the output that is, and what a rule calls."""
_RECEIVERS = (TOPIC, LOG_GROUP, QUEUE)


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    references = StackReferences(resources)
    targets: dict[str, list[CheckedResource]] = {}
    for target in references.of(EVENT_TARGET):
        for rule in rules_of(target, references):
            targets.setdefault(rule.urn, []).append(target)
    for rule in references.of(EVENT_RULE):
        yield from ((rule, each) for each in _check_rule(rule.inputs))
        if rule.urn not in targets:
            yield rule, Finding("has no target: what it matches goes nowhere", ("name",))
        for target in targets.get(rule.urn, ()):
            yield from ((target, each) for each in _check_target(target, rule, references))


def _check_rule(inputs: Mapping[str, Any]) -> Iterator[CheckResult]:
    for key, ended in ((_STATE, _DISABLED), ("isEnabled", False)):
        if is_unknown(inputs.get(key)):
            yield Undecided((key,))
        elif inputs.get(key) == ended:
            yield Finding("is disabled", (key,))
    pattern = inputs.get(_PATTERN)
    if is_unknown(pattern):
        yield Undecided((_PATTERN,))
    elif isinstance(pattern, str):
        yield from (
            _finding("has a pattern that EventBridge refuses", (_PATTERN,), each) for each in pattern_problems(pattern)
        )
    elif inputs.get("scheduleExpression") is None:
        yield Finding(f"matches nothing: it has no {_PATTERN}", (_PATTERN,))


def _finding(what: str, path: tuple[str, ...], problem: Problem) -> Finding:
    where = ".".join(map(str, problem.path))
    return Finding(f"{what}: {f'{where} ' if where else ''}{problem.message}", path, problem.fix)


def _check_target(target: CheckedResource, rule: CheckedResource, references: StackReferences) -> Iterator[CheckResult]:
    yield from _check_transformer(target.inputs)
    if target.inputs.get("roleArn") is not None:
        yield Finding("has a role, with which EventBridge may not deliver to topics, queues and logs", ("roleArn",))
    yield from _check_receiver(target, rule, references, ("arn",))
    letters = value_within(target.inputs, DEAD_LETTERS)
    if letters is None:
        yield Finding("loses what can't be delivered: it has no dead-letter queue", DEAD_LETTERS[:1])
    elif (arn := Arn.parse(str(letters))) is not None and arn.service != "sqs":
        yield Finding(f"has dead letters in {letters}, which is no queue", DEAD_LETTERS)
    else:
        yield from _check_receiver(target, rule, references, DEAD_LETTERS)


def _check_transformer(inputs: Mapping[str, Any]) -> Iterator[CheckResult]:
    transformer = inputs.get(_TRANSFORMER)
    if holds_unknown(transformer):
        yield Undecided((_TRANSFORMER,))
    elif transformer is not None:
        paths, template = value_at(transformer, "inputPaths") or {}, value_at(transformer, "inputTemplate")
        for each in transform_problems(paths, str(template or "")):
            yield _finding("has a transformer that EventBridge refuses", (_TRANSFORMER,), each)


def _check_receiver(
    target: CheckedResource, rule: CheckedResource, references: StackReferences, path: tuple[str, ...]
) -> Iterator[CheckResult]:
    """Whether what the input at the path names lets the rule in."""
    value, source = value_within(target.inputs, path), references.output(rule)
    kinds = (QUEUE,) if path == DEAD_LETTERS else _RECEIVERS
    found = next((each for kind in kinds if (each := references.named(target, value, kind)) is not None), None)
    receiver = references.output(found) if found is not None else None
    if found is None or source is None or receiver is None:
        # What another stack declares, or is not there yet.
        yield Undecided(path)
        return
    known, policies = _policies(found, references)
    if not known:
        yield Undecided(path)
    else:
        yield from (_refusal(each, path) for each in _calls(found, receiver, source) if denied_actions(each, policies))


def _calls(receiver: CheckedResource, arn: str, rule: str) -> Iterator[ServiceCall]:
    """By which EventBridge delivers. Of a log group it names no rule: not as far as AWS documents it."""
    if receiver.type == LOG_GROUP:
        for service in (EVENTS, LOG_DELIVERY):
            yield ServiceCall(service=service, actions=_WRITE, resource=f"{arn}:log-stream:any")
    else:
        actions = _OF_THEIR_OWN[receiver.type][3]
        yield ServiceCall(service=EVENTS, actions=actions, resource=arn, context=source_of(rule))


def _refusal(call: ServiceCall, path: tuple[str, ...]) -> Finding:
    what = "dead-letter queue" if path == DEAD_LETTERS else "target"
    text = f"is refused by its {what}, whose policy does not allow {call.service} {listed(call.actions)}"
    return Finding(text, path)


def _policies(receiver: CheckedResource, references: StackReferences) -> tuple[bool, list[Document]]:
    """Those that decide who can call it, and whether all of them are known."""
    if receiver.type == LOG_GROUP:
        texts = [each.inputs.get("policyDocument") for each in references.of(LOG_RESOURCE_POLICY, beside=receiver)]
    else:
        kind, key, output, _ = _OF_THEIR_OWN[receiver.type]
        own = [each for each in references.of(kind) if references.names(each, each.inputs.get(key), receiver, output)]
        texts = [each.inputs.get("policy") for each in own or [receiver]]
    documents = [read_policy(each) for each in texts]
    return not any(map(holds_unknown, texts)), [each for each in documents if each is not None]


RULE = StackRule(
    id="event-rule-delivers",
    title="What an event rule matches arrives at its target, or in its dead-letter queue",
    severity="high",
    risk="EventBridge drops what its target refuses. What no one is notified of looks as if nothing happened.",
    remediation="Give each rule a target with a deadLetterConfig, and let events.amazonaws.com publish there by the "
    "policy of the topic and of the queue, under the ARN of the rule (aws:SourceArn), and of the log groups, there for "
    "delivery.logs.amazonaws.com as well, as domain.monitoring.service_access does. Rehearse it: `make rehearse-once`.",
    parameters=Parameters,
    types=(
        EVENT_RULE, EVENT_TARGET, TOPIC, TOPIC_POLICY, QUEUE, QUEUE_POLICY, LOG_GROUP, LOG_RESOURCE_POLICY, PROVIDER,
    ),
    check=check,
)  # fmt: skip
