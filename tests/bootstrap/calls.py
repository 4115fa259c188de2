"""What Pulumi and its provider ask of AWS: a call, and the requests of IAM that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.iam.access import Policy, Request

Parameters = Mapping[str, Any]

KEY_ID = "9f8e7d6c-1111-4222-8333-0123456789ab"
"""Of the key that encrypts images, in each region."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation of one service, with the parameters that decide what it is about."""

    service: str
    operation: str
    region: str
    parameters: Parameters = field(default_factory=dict)

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that a call makes of IAM, and the policy of what it is about, where that has one that counts."""

    request: Request
    resource_policies: tuple[Policy, ...] = ()
