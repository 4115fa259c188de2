"""Whether a service may hand something on: by the policies of the topic, the queue, the log group and their keys.

The emulator reads no policy where its own services deliver."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from domain.aws import REGIONS, Arn
from domain.iam.access import Caller, Context, Identity, Policy, Request
from domain.iam.evaluate import evaluate, reason
from localcloud.calls import call_context
from localcloud.iam_and_kms import Backend, UnreadablePolicy, document_of
from localcloud.protocols import CallFailed

EVENTS, ALARMS, TOPICS = "events.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"
"""Service principals."""
NO_PERMISSIONS, NO_RESOURCE, CLIENT_ERROR = "NO_PERMISSIONS", "NO_RESOURCE", "SDK_CLIENT_ERROR"
"""Of EventBridge's codes, which are a dead letter's ERROR_CODE; which of them a key that is not usable has is inferred.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
_MANAGED = "alias/aws/"


class UndeliverableError(Exception):
    """Why something can't be handed on, which trying again does not change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@contextmanager
def undeliverable() -> Iterator[None]:
    """Nothing else that a service refuses, or that can't be read, ends a delivery without a word."""
    try:
        yield
    except (CallFailed, UnreadablePolicy) as failed:
        raise UndeliverableError("INTERNAL_ERROR", str(failed)) from failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSource:
    """A service, and the rule, alarm or topic of which account it works for."""

    service: str
    arn: str
    account: str

    @property
    def caller(self) -> Caller:
        return Caller(identity=Identity(arn=self.service, account=None))

    @property
    def context(self) -> Context:
        keys = {"aws:SourceArn": (self.arn,), "aws:SourceAccount": (self.account,)}
        # By which a topic's default policy allows the alarms of its own account.
        return {**keys, "aws:SourceOwner": (self.account,)} if self.service == ALARMS else keys


def require_allowed(source: ServiceSource, action: str, resource: Arn, policies: Sequence[Policy]) -> None:
    """Raises UndeliverableError unless a policy of the resource allows it."""
    _require(source, action, resource, source.context, policies)


async def require_key(
    source: ServiceSource, key_id: str | None, resource: Arn, encrypts: str, backend: Backend
) -> None:
    """The same of the key of a topic, a queue or a log group, if it has one; `encrypts` is its encryption context."""
    if not key_id:
        return
    if _MANAGED in key_id:
        # "the default key policy ... doesn't allow services": no key policy of an AWS managed key can be changed.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        raise UndeliverableError(NO_PERMISSIONS, f"{source.service} can't use the AWS managed key {key_id}")
    arn = Arn.parse(key_id)
    await backend.remembered(
        "kms",
        arn.account if arn is not None else resource.account,
        (source, key_id, resource),
        partial(_require_usable, source, key_id, resource, encrypts, backend),
    )


async def _require_usable(source: ServiceSource, key_id: str, resource: Arn, encrypts: str, backend: Backend) -> None:
    key = await backend.key(key_id, account=resource.account, region=resource.region)
    if key is None:
        raise UndeliverableError(CLIENT_ERROR, f"KMSNotFound: the key {key_id} of {resource} does not exist")
    if not key.enabled:
        raise UndeliverableError(CLIENT_ERROR, f"KMSDisabled: the key {key.arn} is disabled or pending deletion")
    context = {f"kms:EncryptionContext:{encrypts}": (str(resource),), "kms:EncryptionContextKeys": (encrypts,)}
    # "Adding the aws:SourceAccount, aws:SourceArn, and aws:SourceOrgID to a AWS KMS policy is not supported for
    # EventBridge-to-encrypted topics." https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    # For queues AWS shows no such condition either: what may fail there fails here.
    named = {} if source.service == EVENTS else source.context
    for action in _KEY_ACTIONS:
        _require(source, action, arn_of(key.arn), {**named, **context}, [key.policy])


def _require(source: ServiceSource, action: str, resource: Arn, context: Context, policies: Sequence[Policy]) -> None:
    request = Request(
        action=action,
        resource=str(resource),
        account=resource.account,
        context={**call_context(resource.region), **context},
    )
    decision = evaluate(source.caller, request, policies)
    if not decision.allowed:
        raise UndeliverableError(NO_PERMISSIONS, reason(decision, source.caller, request))


def policies_of(texts: Mapping[str, str | None]) -> tuple[Policy, ...]:
    """By name, those that are there; raises UndeliverableError for one that can't be read."""
    try:
        return tuple(
            Policy(name=name, document=document_of(text, f"the policy {name}")) for name, text in texts.items() if text
        )
    except UnreadablePolicy as unreadable:
        raise UndeliverableError(NO_PERMISSIONS, str(unreadable)) from unreadable


def arn_of(text: str) -> Arn:
    """Raises UndeliverableError for what is no ARN."""
    arn = Arn.parse(text)
    if arn is None:
        raise UndeliverableError(NO_RESOURCE, f"{text!r} is not an ARN")
    return arn


def logs_service(region: str) -> str:
    """The service principal of CloudWatch Logs, of which each region has its own."""
    return f"logs.{region}.{REGIONS[region].dns_suffix}"
