"""A call to the control plane, once it is known who calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from domain.iam.access import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls, and in which region; the signature said both."""

    caller: Caller
    region: str

    @property
    def account(self) -> str:
        """The caller's account, which is the one that the call is about."""
        account = self.caller.identity.account
        if account is None:
            raise ValueError(f"{self.caller.identity.arn or 'nobody'} belongs to no account and can sign no call")
        return account


class ControlPlane(Protocol):
    """A service of ours that stands in front of the emulator."""

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """The answer's members, datetimes and bytes as they are; raises EcrError."""
        ...
