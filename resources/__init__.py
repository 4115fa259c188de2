"""All that is known of each resource type that the program declares: one record a type, one file a service.

A type that the rules judge and the program never declares has no record, only its token."""

from collections.abc import Mapping

from resources.chatbot import TYPES as CHATBOT
from resources.cloudwatch import TYPES as CLOUDWATCH
from resources.ecr import TYPES as ECR
from resources.events import TYPES as EVENTS
from resources.github import TYPES as GITHUB
from resources.iam import TYPES as IAM
from resources.kms import TYPES as KMS
from resources.kubernetes import TYPES as KUBERNETES
from resources.logs import TYPES as LOGS
from resources.providers import PROVIDER
from resources.record import (
    Answer,
    Declaration,
    Grammar,
    Inputs,
    OnChange,
    ResourceType,
    is_within,
    service_of,
    top_of,
    words_in,
)
from resources.secretsmanager import TYPES as SECRETS_MANAGER
from resources.sns import TYPES as SNS
from resources.sqs import TYPES as SQS

__all__ = (
    "PROVIDER", "TYPES", "Answer", "Declaration", "Grammar", "Inputs", "OnChange", "ResourceType", "is_within",
    "record_of", "top_of", "words_in",
)  # fmt: skip

_MONITORING = (*SNS, *SQS, *LOGS, *EVENTS, *CLOUDWATCH, *CHATBOT)
TYPES: Mapping[str, ResourceType] = {
    each.token: each for each in (*ECR, *IAM, *KMS, *SECRETS_MANAGER, *_MONITORING, *KUBERNETES, *GITHUB)
}
"""By the whole token: the short names of two providers are the same."""


def record_of(token: str) -> ResourceType:
    """Raises LookupError for a type that has no record yet."""
    try:
        return TYPES[token]
    except KeyError:
        raise LookupError(f"{token} has no record: add one to resources/{service_of(token)}.py") from None
