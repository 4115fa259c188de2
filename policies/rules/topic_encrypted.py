"""Topics and queues are encrypted under a customer managed key, whose policy lets publish what publishes to them.

EventBridge does not say for what it calls where it uses a key, so that a condition on aws:SourceArn or the like stops
it: "Adding the aws:SourceAccount, aws:SourceArn, and aws:SourceOrgID to a AWS KMS policy is not supported for
EventBridge-to-encrypted topics". https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.iam.document import Document
from domain.wording import listed
from policies.checks.input_values import is_unknown
from policies.checks.monitoring import acting_alarms, feeding_targets, redriving_topics, rules_of
from policies.checks.references import StackReferences
from policies.checks.service_calls import (
    CLOUDWATCH,
    EVENTS,
    KEY_USE,
    TOPICS,
    ServiceCall,
    denied_actions,
    read_policy,
    source_of,
)
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
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.kms import ALIAS, KEY, KEY_POLICY
from resources.providers import PROVIDER
from resources.sns import TOPIC, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE

_KEY = "kmsMasterKeyId"
_AWS_MANAGED = "alias/aws/"
_CONTEXT = {TOPIC: "kms:EncryptionContext:aws:sns:topicArn", QUEUE: "kms:EncryptionContext:aws:sqs:arn"}


@dataclass(frozen=True, slots=True)
class _Publisher:
    """A service, and for what it calls; `hidden` where it does not say so."""

    service: str
    source: str
    hidden: bool = False


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    references = StackReferences(resources)
    for each in (*references.of(TOPIC), *references.of(QUEUE)):
        yield from ((each, result) for result in _check(each, references))


def _check(holder: CheckedResource, references: StackReferences) -> Iterator[CheckResult]:
    value = holder.inputs.get(_KEY)
    if not isinstance(value, str) or not value:
        own = " but with Amazon SQS's own (sqsManagedSseEnabled)" if holder.inputs.get("sqsManagedSseEnabled") else ""
        yield Finding(f"is not encrypted with a customer managed key{own}: {_KEY} is not set", (_KEY,))
    elif value.rpartition(":")[2].startswith(_AWS_MANAGED):
        yield Finding(f"is encrypted with an AWS managed key, {value}, which no service can be allowed to use", (_KEY,))
    else:
        yield from _check_key(holder, references)


def _check_key(holder: CheckedResource, references: StackReferences) -> Iterator[CheckResult]:
    publishers = list(dict.fromkeys(_publishers(holder, references)))
    key, arn = references.key_of(holder), references.output(holder)
    policy = _policy_of(key, references) if key is not None else None
    if key is None or arn is None or is_unknown(policy):
        if publishers or arn is None:
            yield Undecided((_KEY,))
        return
    document = read_policy(policy)
    if policy is None or document is None:
        what = "the default, which allows no service" if policy is None else "no valid one"
        yield Finding(f"has a key whose policy is {what}", (_KEY,))
        return
    found = (_message(each, holder.type, arn, document, str(references.output(key))) for each in publishers)
    yield from (Finding(each, (_KEY,)) for each in dict.fromkeys(filter(None, found)))


def _policy_of(key: CheckedResource, references: StackReferences) -> object:
    """One that is declared by itself counts in place of the key's own."""
    by_itself = [each for each in references.of(KEY_POLICY) if references.key_of(each) is key]
    return (by_itself[0] if by_itself else key).inputs.get("policy")


def _publishers(holder: CheckedResource, references: StackReferences) -> Iterator[_Publisher]:
    for target in feeding_targets(holder, references):
        for rule in rules_of(target, references):
            yield _Publisher(EVENTS, references.output(rule) or "", hidden=True)
    service, others = CLOUDWATCH, acting_alarms(holder, references)
    if holder.type == QUEUE:
        service, others = TOPICS, redriving_topics(holder, references)
    for each in others:
        yield _Publisher(service, references.output(each) or "")


def _message(publisher: _Publisher, kind: str, arn: str, document: Document, key: str) -> str:
    """What stops the publisher; empty where nothing does."""
    context, source = {_CONTEXT[kind]: arn}, source_of(publisher.source)
    sent = context if publisher.hidden else context | source
    call = ServiceCall(service=publisher.service, actions=KEY_USE, resource=key, context=sent)
    denied = denied_actions(call, (document,))
    if not denied:
        return ""
    message = f"gets nothing from {publisher.service}: the policy of its key does not allow it {listed(denied)}"
    if publisher.hidden and not denied_actions(replace(call, context=context | source), (document,)):
        return f"{message} without aws:SourceArn or aws:SourceAccount, which EventBridge does not send to a key"
    return message


RULE = StackRule(
    id="topic-encrypted",
    title="Topics and queues are encrypted under a customer managed key that their publishers can use",
    severity="high",
    risk="Messages name repositories, images and callers, and a key of AWS's can't be withdrawn. Under a key that a "
    "publisher can't use, every alarm and event is lost, and nothing says so.",
    remediation="Set kmsMasterKeyId to a key of the stack's, whose policy allows cloudwatch.amazonaws.com (under "
    "aws:SourceAccount and aws:SourceArn) and events.amazonaws.com (under kms:EncryptionContext alone: EventBridge "
    "sends no source to a key) kms:Decrypt and kms:GenerateDataKey*, as domain.monitoring.service_access does.",
    controls=("Security Hub SNS.1", "Security Hub SQS.1", "checkov CKV_AWS_26", "checkov CKV_AWS_27"),
    parameters=Parameters,
    types=(
        TOPIC, QUEUE, KEY, KEY_POLICY, ALIAS, EVENT_RULE, EVENT_TARGET, METRIC_ALARM, COMPOSITE_ALARM,
        TOPIC_SUBSCRIPTION, PROVIDER,
    ),
    check=check,
)  # fmt: skip
