"""Whether a resource's policy lets a service of AWS call, by IAM's own logic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from domain.aws import Arn
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import Document, InvalidDocument, parse
from domain.iam.evaluate import evaluate
from policies.checks.input_values import holds_unknown

CLOUDWATCH, EVENTS, TOPICS = "cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"
LOG_DELIVERY = "delivery.logs.amazonaws.com"
KEY_USE = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a service does that publishes under a key: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """What a service asks for, by itself or for an account."""

    service: str
    actions: tuple[str, ...]
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def source_of(arn: str) -> dict[str, str]:
    """The keys by which a service says for what it calls."""
    parsed = Arn.parse(arn)
    return {"aws:SourceArn": arn, "aws:SourceAccount": parsed.account if parsed else ""}


def read_policy(value: object) -> Document | None:
    """None where it is not known yet, or no valid policy."""
    if not isinstance(value, str | Mapping) or holds_unknown(value):
        return None
    try:
        return _read(value) if isinstance(value, str) else parse(value)
    except InvalidDocument:
        return None


@lru_cache(maxsize=1024)
def _read(text: str) -> Document:
    return parse(text)


def denied_actions(call: ServiceCall, policies: Sequence[Document]) -> list[str]:
    """The actions that the resource's policies do not allow the service."""
    arn = Arn.parse(call.resource)
    context = {"aws:SecureTransport": ("true",), **{key: (each,) for key, each in call.context.items()}}
    caller = Caller(identity=Identity(arn=call.service, account=None))
    named = tuple(Policy(name=str(index), document=each) for index, each in enumerate(policies))
    account = arn.account if arn else ""
    requests = (Request(action=each, resource=call.resource, account=account, context=context) for each in call.actions)
    return [each.action for each in requests if not evaluate(caller, each, named).allowed]
