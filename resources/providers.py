"""The providers that a stack declares beside the default one: for each other account, each cluster, and GitHub."""

import json
from collections.abc import Mapping
from typing import Any

from domain.aws import Arn
from domain.document_text import SECRET, UNKNOWN

PROVIDER = "pulumi:providers:aws"
CLUSTER_PROVIDER = "pulumi:providers:kubernetes"
GITHUB_PROVIDER = "pulumi:providers:github"
_PROVIDERS = "pulumi:providers:"


def is_provider(kind: str) -> bool:
    """Whether the type is that of a provider, which is no resource of AWS."""
    return kind.startswith(_PROVIDERS)


def cluster_of(reference: str | None) -> str | None:
    """The cluster of a resource, by its provider; None for what is in none."""
    return provider_name(reference, CLUSTER_PROVIDER)


def owner_of(reference: str | None) -> str | None:
    """The owner at GitHub of a resource, by its provider; None for what is not GitHub's."""
    return provider_name(reference, GITHUB_PROVIDER)


def provider_name(reference: str | None, kind: str) -> str | None:
    """The name of a provider of the kind, which a resource refers to by its URN and its id."""
    _, _, found = (reference or "").partition(f"::{kind}::")
    return found.partition("::")[0] or None


def provider_account(inputs: Mapping[str, Any]) -> str | None:
    """The account of the role that it assumes last, or the only account that it allows; None for the stack's own."""
    allowed = _listed(inputs, "allowedAccountIds")
    roles = [Arn.parse(_role(each)) for each in _listed(inputs, "assumeRoles")]
    assumed = next((each.account for each in reversed(roles) if each is not None), None)
    if assumed is None:
        return str(allowed[0]) if len(allowed) == 1 else None
    if allowed and assumed not in allowed:
        raise ValueError(f"a provider assumes a role in {assumed}, and would refuse it: it allows {', '.join(allowed)}")
    return assumed


def _role(assumed: object) -> str:
    if not isinstance(assumed, Mapping):
        return ""  # an unknown value
    # The SDK hands a dictionary on as it is written, and the provider passes over a name that it does not know.
    if "role_arn" in assumed:
        raise ValueError("a provider is given role_arn, and would assume no role: write aws.ProviderAssumeRoleArgs")
    return str(assumed.get("roleArn", ""))


def _listed(inputs: Mapping[str, Any], name: str) -> list[Any]:
    """A provider's list, which the engine and the SDK hold as JSON."""
    value = inputs.get(name)
    if value in (None, UNKNOWN, SECRET):
        return []
    found = json.loads(value) if isinstance(value, str) else value
    return list(found) if isinstance(found, list | tuple) else [found]
