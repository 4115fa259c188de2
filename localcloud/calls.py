"""A call to the control plane: who calls, and the condition keys that every call has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from domain.iam.access import Caller, Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls, and in which region; the signature said both."""

    caller: Caller
    region: str
    agent: str | None = None
    """What the client says that it is."""

    @property
    def account(self) -> str:
        """The caller's account, which is the one that the call is about."""
        account = self.caller.identity.account
        if account is None:
            raise ValueError(
                f"{self.caller.identity.arn or 'an anonymous caller'} belongs to no account and can sign no call"
            )
        return account


class ControlPlane(Protocol):
    """A service that is answered here and not by the emulator."""

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """The answer's members, datetimes and bytes as they are; raises EcrError."""
        ...


def call_context(region: str) -> Context:
    """The keys of a call that is made now, in this region."""
    now = datetime.now(UTC)
    return {
        "aws:CurrentTime": (now.isoformat(timespec="seconds"),),
        "aws:EpochTime": (str(int(now.timestamp())),),
        "aws:RequestedRegion": (region,),
        # The local cloud speaks plain HTTP on loopback, in place of endpoints that speak TLS alone.
        "aws:SecureTransport": ("true",),
        "aws:SourceIp": ("127.0.0.1",),
        "aws:ViaAWSService": ("false",),
    }


def request_tags(tags: Mapping[str, str]) -> Context:
    """The keys that a call has which brings tags."""
    if not tags:
        return {}
    return {"aws:TagKeys": tuple(tags), **{f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}}
