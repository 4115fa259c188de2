"""What the settings are made of: registries, publishers, repositories."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.aws import RegistryId
from domain.ecr.names import registry_host
from domain.ecr.replication import Replica
from domain.ecr.repository import Encryption
from domain.ecr.retention import Rule
from domain.ecr.tags import TagMutability
from domain.iam.github_trust import GitHubSource
from domain.iam.grants import Grant
from domain.kubernetes.object_names import ClusterNamespace
from settings.written.catalog import Retirement


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRegistry:
    """A registry: one account in one region."""

    account: str
    region: str
    home: bool
    role: str | None = None
    """In another account than the stack's own: the ARN of the role that is assumed there."""
    prefixes: tuple[str, ...] = ()
    """Of a replica: what the names of its repositories begin with; none, and it has every repository."""
    retire: Retirement | None = None

    @property
    def name(self) -> str:
        """What distinguishes it from the stack's other registries, in the names of resources."""
        return f"{self.account}.{self.region}" if self.role else self.region

    @property
    def host(self) -> str:
        return registry_host(self.account, self.region)

    @property
    def id(self) -> RegistryId:
        return RegistryId(account=self.account, region=self.region)

    @property
    def replica(self) -> Replica:
        return Replica(registry=self.id, prefixes=self.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A role that workflows of GitHub's take to push to some repositories."""

    name: str
    source: GitHubSource
    repositories: tuple[str, ...]


def publishers(pushes: Iterable[tuple[str, GitHubSource]], stack: str) -> tuple[Publisher, ...]:
    """The roles by which GitHub's workflows push: one for each source, for all the repositories that name it."""
    named: dict[tuple[str, ...], tuple[GitHubSource, list[str]]] = {}
    for repository, source in pushes:
        named.setdefault(source.key, (source, []))[1].append(repository)
    found = (
        Publisher(name=source.role_name(stack), source=source, repositories=tuple(dict.fromkeys(names)))
        for source, names in named.values()
    )
    return tuple(sorted(found, key=lambda each: each.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One entry of the catalog."""

    name: str
    owner: str
    description: str | None
    retention: tuple[Rule, ...]
    preset: str | None
    """The name of the rules in the catalog; None where the entry has rules of its own."""
    mutability: TagMutability
    mutable_tags: tuple[str, ...]
    encryption: Encryption
    key_arns: Mapping[str, str]
    """The named key's ARN by region; empty where the stack's own key encrypts."""
    push: tuple[GitHubSource, ...]
    pull: tuple[Grant, ...]
    tasks: bool
    """Whether the ECS tasks of the stack's own account pull it."""
    namespaces: tuple[ClusterNamespace, ...]
    """Of the stack's clusters that pull it."""
    alarms: tuple[str, ...]
    """Those that only some repositories have."""
    adopt: bool
    retire: Retirement | None
