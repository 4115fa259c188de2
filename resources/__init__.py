"""All that is known of each resource type that the program declares: one record a type, one file a service.

A type that the rules judge and the program never declares has no record, only its token."""

from collections.abc import Mapping

from resources.ecr import TYPES as ECR
from resources.github import TYPES as GITHUB
from resources.iam import TYPES as IAM
from resources.kms import TYPES as KMS
from resources.kubernetes import TYPES as KUBERNETES
from resources.providers import PROVIDER
from resources.record import Answer, Declaration, Grammar, Inputs, OnChange, ResourceType, is_within, top_of, words_in
from resources.secretsmanager import TYPES as SECRETS_MANAGER

__all__ = (
    "PROVIDER", "TYPES", "Answer", "Declaration", "Grammar", "Inputs", "OnChange", "ResourceType", "is_within",
    "record_of", "top_of", "words_in",
)  # fmt: skip

TYPES: Mapping[str, ResourceType] = {
    each.token: each for each in (*ECR, *IAM, *KMS, *SECRETS_MANAGER, *KUBERNETES, *GITHUB)
}
"""By the whole token: the short names of two providers are the same."""


def record_of(token: str) -> ResourceType:
    """Raises LookupError for a type that has no record yet."""
    try:
        return TYPES[token]
    except KeyError:
        service = token.partition(":")[2].partition("/")[0] if token.startswith("aws:") else token.partition(":")[0]
        raise LookupError(f"{token} has no record: add one to resources/{service}.py") from None
