"""What a proof is given: one repository in one registry, what is promised of it, and the means to try."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from domain.aws import ACCOUNT_ID_DIGITS, REGIONS, Arn
from domain.ecr.names import repository_arn
from domain.ecr.repository import RepositoryCopy
from domain.iam.actions import PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.grants import OrganizationGrant, PullService
from domain.iam.oidc import AUDIENCE
from localcloud.clients import AwsCredentials, Clients
from localcloud.github_issuer import Job
from oci.client import Client
from oci.image import Image, Index, image
from rehearsal.cluster.kubernetes_client import KubernetesClient
from rehearsal.github_record import GitHubRecord
from rehearsal.proofs.harness.principals import Principals, allow, login
from settings import Repository, Settings, StackRegistry
from settings.declared.values import Publisher

DENIED, TAG_INVALID = "DENIED", "TAG_INVALID"
"""The codes of two refusals that are promised."""

OTHERS = 10
"""Each of 300 publishers tried at all that the others push would be 90,000 tries."""


class Broken(Exception):
    """A promise that does not hold, and what happened instead."""


def tag_at(registry: StackRegistry, word: str) -> str:
    """A tag of a proof's own image: what is pushed at home comes to the replicas, where another image needs another."""
    return f"rehearsal-{word}" if registry.home else f"rehearsal-{word}-{registry.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryCase:
    """One registry; `host` is where its images are pushed to in the local cloud."""

    settings: Settings
    registry: StackRegistry
    host: str
    clients: Clients
    principals: Principals
    clusters: Mapping[str, KubernetesClient] = field(default_factory=dict)
    """The administrator of each cluster that is built."""
    github: GitHubRecord = field(default_factory=GitHubRecord)

    @property
    def subject(self) -> str:
        return f"registry@{self.registry.name}"

    def is_about(self, repository: str) -> bool:  # noqa: ARG002  the registry as a whole is about none
        return False

    def api(self, service: str) -> Any:
        """A client of the account's own root, to read the actual state."""
        return self.clients.root(service, self.registry.region, self.registry.account)

    def at(self, registry: StackRegistry) -> "RegistryCase":
        """The same of another registry."""
        host, _ = login(self.clients, registry.account, registry.region)
        return RegistryCase(
            settings=self.settings, registry=registry, host=host, clients=self.clients, principals=self.principals,
            clusters=self.clusters, github=self.github,
        )  # fmt: skip

    def tag(self, word: str) -> str:
        return tag_at(self.registry, word)

    def own_key(self) -> str:
        """The ARN of the key that the stack made here."""
        return str(self.api("kms").describe_key(KeyId=f"alias/{self.settings.project}")["KeyMetadata"]["Arn"])

    def remove(self, name: str) -> None:
        """Deletes the repository with all that is in it, if it is there."""
        if self.knows(name):
            self.api("ecr").delete_repository(repositoryName=name, force=True)

    def knows(self, name: str) -> bool:
        """Whether there is such a repository."""
        ecr = self.api("ecr")
        try:
            return bool(ecr.describe_repositories(repositoryNames=[name])["repositories"])
        except ecr.exceptions.RepositoryNotFoundException:
            return False

    def role_arn(self, name: str) -> str:
        """Of one of the roles that the stack declares in its own account."""
        home = self.settings.home
        return str(Arn(home.id.partition, "iam", "", home.account, f"role{self.settings.role_path}{name}"))

    def puller(self) -> str:
        """The password of a role of the registry's own account that has exactly the pull actions."""
        return self._password("rehearsal-puller", PULL_ACTIONS, self._everything)

    def other_principal(self, account: str, role: str = "rehearsal-other-principal") -> str:
        """The password of a role that its own account allows to pull there, and everything elsewhere; the rest is up to
        our policies."""
        arn = Arn(REGIONS[self.registry.region].id, "iam", "", account, f"role/{role}")
        return self.principals.password(self.principals.principal(arn, self.registry.region), self.registry.region)

    @property
    def _everything(self) -> str:
        return str(Arn(REGIONS[self.registry.region].id, "ecr", "*", "*", "repository/*"))

    def _password(self, role: str, actions: Sequence[str], resource: str) -> str:
        region = self.registry.region
        session = self.principals.role(self.registry.account, role, region, allow(actions, resource))
        return self.principals.password(session, region)

    def member(self, organization: str) -> str:
        """An account of the organization that the settings don't name."""
        account = _made_up_account(self.settings, organization)
        self.principals.cloud.join(account, organization)
        return account

    @property
    def other_account(self) -> str:
        """An account that the settings don't name, in no organization."""
        return _made_up_account(self.settings, "undeclared")

    def service(self, service: PullService, account: str) -> str:
        """The password of a service at work for a resource of the account, in this region."""
        resource = "function:rehearsal" if service is PullService.LAMBDA else "project/rehearsal"
        arn = Arn(REGIONS[self.registry.region].id, service.value, self.registry.region, account, resource)
        return self.principals.cloud.service_password(service.principal, str(arn), account)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherCase(RegistryCase):
    """One publisher, at home."""

    publisher: Publisher

    @property
    def subject(self) -> str:
        return self.publisher.name

    def is_about(self, repository: str) -> bool:
        return repository in self.publisher.repositories

    @property
    def role(self) -> str:
        return self.role_arn(self.publisher.name)

    def session(self, job: Job, *, audience: str = AUDIENCE, at: datetime | None = None) -> AwsCredentials:
        """Of the publisher's role; raises ClientError where the job does not get it."""
        token = self.principals.cloud.github_token(job, audience=audience, at=at or datetime.now(UTC))
        return self.principals.by_token(self.role, token, self.registry.region)

    def others(self) -> list[str]:
        """Repositories that are not the publisher's, those first whose names are most like one of them."""
        own = self.publisher.repositories
        others = (each.name for each in self.settings.repositories if each.name not in own)
        return sorted(others, key=lambda name: -max(_alike(name, each) for each in own))[:OTHERS]


def _alike(one: str, other: str) -> int:
    """How many characters they have in common before they part."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(RegistryCase):
    """One repository in it: the catalog's entry, and its copy here."""

    repository: Repository
    copy: RepositoryCopy

    @property
    def subject(self) -> str:
        return f"{self.copy.name}@{self.registry.name}"

    def is_about(self, repository: str) -> bool:
        return repository == self.copy.name

    @property
    def name(self) -> str:
        return self.copy.name

    @property
    def arn(self) -> str:
        return repository_arn(self.registry.region, self.registry.account, self.name)

    def described(self) -> dict[str, Any]:
        """The repository as ECR describes it."""
        (found,) = self.api("ecr").describe_repositories(repositoryNames=[self.name])["repositories"]
        return dict(found)

    def push(self, what: Image | Index, tag: str) -> str:
        """Pushed by a role that has exactly the push actions on exactly this repository."""
        with Client.on_loopback(self.host, self.publisher()) as client:
            return client.push(self.name, what, tag)

    def pushed_image(self, word: str) -> Image:
        """Pushes a small image under a tag of the word's own."""
        pushed = image(f"{self.subject} {word}", layers=1)
        self.push(pushed, self.tag(word))
        return pushed

    def publisher(self) -> str:
        role = f"rehearsal-publisher-{hashlib.sha256(self.arn.encode()).hexdigest()[:16]}"
        return self._password(role, PUSH_ACTIONS, self.arn)


def _made_up_account(settings: Settings, word: str) -> str:
    """Twelve digits that are the same for the same word, and no account of the settings."""
    grants = [grant for each in settings.repositories for grant in each.pull]
    grants += [grant for each in settings.caches for grant in each.pull]
    used = {each.account for each in grants if not isinstance(each, OrganizationGrant)}
    used |= {registry.account for registry in (*settings.registries, *settings.other_account_replicas)}
    number = int(hashlib.sha256(word.encode()).hexdigest(), 16) % 10**ACCOUNT_ID_DIGITS
    while f"{number:0{ACCOUNT_ID_DIGITS}}" in used:
        number = (number + 1) % 10**ACCOUNT_ID_DIGITS
    return f"{number:0{ACCOUNT_ID_DIGITS}}"
