"""An upstream as a pull-through cache sees it, and the ways in which it fails."""

from dataclasses import dataclass
from typing import Protocol

from localcloud.ecr.state import Repository


class UpstreamFailed(Exception):
    """Nothing came, and why; never with a credential in it."""


class UpstreamMissing(UpstreamFailed):
    """The upstream has nothing of that name, or can't be reached: to a client that is the same."""


class UpstreamRefused(UpstreamFailed):
    """The upstream does not let Amazon ECR in, or Amazon ECR has nothing to log in with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A manifest as it came, under the media type that the upstream says."""

    content: bytes
    media_type: str


class Source(Protocol):
    """One upstream with what it takes to log in to it."""

    async def manifest(self, name: str, reference: str) -> Fetched: ...

    async def layer(self, name: str, digest: str, into: Repository) -> None:
        """Makes the upstream's layer one of the repository's."""
        ...
