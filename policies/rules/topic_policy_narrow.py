"""Topics and queues take calls of their own account alone, and of AWS's services on its behalf."""

from collections.abc import Iterator, Sequence
from functools import cache, partial

from pydantic import Field

from domain.iam.document import Document
from domain.iam.narrowing import OWN, public_principals
from domain.iam.statement_text import principal_text
from domain.wording import listed
from policies.checks.policy_documents import (
    DocumentCheck,
    allow_statements,
    check_actions_listed,
    check_document,
    check_principals_listed,
    is_known_principal,
    public_access_message,
)
from policies.checks.references import StackReferences
from policies.pack.rule import CheckedResource, Parameters, RuleContext, StackResults, StackRule, Undecided
from resources.providers import PROVIDER
from resources.sns import TOPIC, TOPIC_POLICY
from resources.sqs import QUEUE, QUEUE_POLICY

_POLICY = "policy"
_SERVICES = {TOPIC: "Amazon SNS", TOPIC_POLICY: "Amazon SNS", QUEUE: "Amazon SQS", QUEUE_POLICY: "Amazon SQS"}


class TopicPolicyParameters(Parameters):
    trusted_accounts: tuple[str, ...] = Field(
        (), description="accounts beside the topic's or queue's own that its policy may name"
    )


def check(resources: Sequence[CheckedResource], context: RuleContext[TopicPolicyParameters]) -> StackResults:
    references = StackReferences(resources)
    for kind, service in _SERVICES.items():
        for each in references.of(kind):
            account = references.account(each)
            if account is None:
                if each.inputs.get(_POLICY) is not None:
                    yield each, Undecided((_POLICY,))
                continue
            found = check_document(_check_of(account, service), context.parameters, each.inputs, _POLICY)
            yield from ((each, result) for result in found)


@cache
def _check_of(account: str, service: str) -> DocumentCheck[TopicPolicyParameters]:
    """One object for each account and service, by which results are kept."""
    return partial(_check_statements, account=account, service=service)


def _check_statements(
    document: Document, parameters: TopicPolicyParameters, *, account: str, service: str
) -> Iterator[str]:
    known = frozenset({account, OWN, *parameters.trusted_accounts})
    for name, statement in allow_statements(document):
        yield from check_principals_listed(name, statement, service)
        yield from check_actions_listed(name, statement)
        if statement.not_principals is not None:
            continue
        for public in public_principals(statement, document.version):
            yield public_access_message(name, statement, public, "the stack's account")
        principals = statement.principals or ()
        if others := [each for each in principals if not is_known_principal(each, statement, document.version, known)]:
            who = listed(map(principal_text, others))
            yield f"{name} allows {who}, which is neither of the stack's account nor in trusted_accounts"


RULE = StackRule(
    id="topic-policy-narrow",
    title="Topics and queues take calls of their own account alone, and of AWS's services on its behalf",
    severity="high",
    risk="Another account can publish messages that look like alarms, or subscribe and read of vulnerabilities and "
    "callers. A service without a condition does so for any account that asks it (the confused deputy).",
    remediation="Name AWS's services as principals, each under aws:SourceAccount (the stack's account) and "
    "aws:SourceArn (its rules or alarms), as domain.monitoring.service_access does. Within the account IAM policies "
    "suffice.",
    controls=("Security Hub SNS.4", "Security Hub SQS.3", "checkov CKV_AWS_169", "checkov CKV_AWS_168"),
    parameters=TopicPolicyParameters,
    types=(TOPIC, TOPIC_POLICY, QUEUE, QUEUE_POLICY, PROVIDER),
    check=check,
)
