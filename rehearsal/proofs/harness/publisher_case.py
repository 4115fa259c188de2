"""What a proof about a publisher is given: its role, and the workflows that come for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from domain.iam.github import AUDIENCE
from localcloud.clients import AwsCredentials
from localcloud.github_issuer import Job
from rehearsal.proofs.harness.case import RegistryCase
from settings.declared.values import Publisher

OTHERS = 10
"""Each of 300 publishers tried at all that the others push would be 90,000 tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherCase(RegistryCase):
    """One publisher, at home."""

    publisher: Publisher

    @property
    def subject(self) -> str:
        return self.publisher.name

    @property
    def role(self) -> str:
        return self.role_arn(self.publisher.name)

    def session(self, job: Job, *, audience: str = AUDIENCE, at: datetime | None = None) -> AwsCredentials:
        """Of the publisher's role; raises ClientError where the job does not get it."""
        token = self.visitors.cloud.github_token(job, audience=audience, at=at or datetime.now(UTC))
        return self.visitors.workflow(self.role, token, self.registry.region)

    def others(self) -> list[str]:
        """Repositories that are not the publisher's, those first whose names are most like one of them."""
        own = self.publisher.repositories
        others = (each.name for each in self.settings.repositories if each.name not in own)
        return sorted(others, key=lambda name: -max(_alike(name, each) for each in own))[:OTHERS]


def _alike(one: str, other: str) -> int:
    """How many characters they have in common before they part."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
