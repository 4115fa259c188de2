"""The settings as everything else reads them: names resolved, defaults applied, frozen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from domain import resource_tags
from domain.aws import Arn, RegistryId
from domain.document_text import to_json_text
from domain.ecr import retention
from domain.ecr.cache import Cache, import_statements
from domain.ecr.replication import ReplicationRule, inbound_statement, replication_rules
from domain.ecr.repository import RepositoryCopy
from domain.github_source import GitHubRepository
from domain.iam.access_test import AccessTest
from domain.iam.document import CURRENT_VERSION
from domain.iam.grants import Grant, account_arn, repository_policy
from domain.iam.oidc import issuer_name
from domain.iam.roles import Role
from domain.kms import key_policy
from domain.kubernetes.cluster import Cluster, Namespace
from domain.monitoring.subscribers import SlackChannel
from domain.selfhosted.cluster_registry import ClusterRegistry
from domain.wording import listed
from settings.declared.iam_roles import registry_roles
from settings.declared.values import Publisher, Repository, StackRegistry, publishers
from settings.written.catalog import Retirement
from settings.written.monitoring_options import MonitoringOptions
from settings.written.stack import RoleOptions, Scanning

if TYPE_CHECKING:
    from domain.monitoring.monitored_registry import MonitoredRegistry


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that one stack declares; roles and documents are made once, when they are first used."""

    project: str
    stack: str
    environment: str
    registries: tuple[StackRegistry, ...]
    """The registries in the stack's own account, home first."""
    other_account_replicas: tuple[StackRegistry, ...]
    """Replicas in other accounts."""
    net: tuple[retention.Rule, ...]
    """The retention of repositories that are not declared."""
    repositories: tuple[Repository, ...]
    removed: Mapping[str, Retirement]
    role_options: RoleOptions
    clusters: tuple[Cluster, ...]
    self_hosted: tuple[ClusterRegistry, ...]
    """Registries of one's own, in clusters."""
    github: tuple[GitHubRepository, ...]
    """What is declared at GitHub."""
    caches: tuple[Cache, ...]
    scanning: Scanning
    monitoring_options: MonitoringOptions
    runbooks: str
    """Where the runbooks are published."""
    registry_policy: str | None
    pull_time_exclusions: tuple[str, ...]
    blob_mounting: bool
    protect: bool
    allow_destruction: bool
    key_deletion_days: int
    key_grants_max: int
    """The quota of AWS KMS for the grants of one key."""
    access_tests: tuple[AccessTest, ...] = ()

    @property
    def home(self) -> StackRegistry:
        return self.registries[0]

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what belongs to the registry as a whole."""
        return self.tags_for("platform")

    @cached_property
    def publishers(self) -> tuple[Publisher, ...]:
        pushes = [(each.name, source) for each in self.repositories for source in each.push]
        return publishers(pushes, self.stack)

    @property
    def role_path(self) -> str:
        return f"/{self.project}/{self.stack}/"

    @property
    def boundary(self) -> str:
        """The ARN of the permissions boundary of its roles, which the bootstrap makes."""
        name = f"policy/{self.project}-{self.stack}-boundary"
        return str(Arn(self.home.id.partition, "iam", "", self.home.account, name))

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """All that the stack's own account holds."""
        return registry_roles(
            self.stack, registries=self.registries, publishers=self.publishers, repositories=self.repositories,
            caches=self.caches, clusters=self.clusters, options=self.role_options, chats=bool(self.chat_channels),
        )  # fmt: skip

    @cached_property
    def monitoring(self) -> Mapping[StackRegistry, "MonitoredRegistry"]:
        """Of each registry; of none where it is off, and nothing of it is imported."""
        if not self.monitoring_options.enabled:
            return {}
        from settings.declared.monitored_registries import monitored_registries  # noqa: PLC0415

        return monitored_registries(
            self.monitoring_options, self.all_registries, self.repositories,
            project=self.project, stack=self.stack, runbooks=self.runbooks,
        )  # fmt: skip

    @property
    def chat_channels(self) -> tuple[SlackChannel, ...]:
        """Of the stack's own account, which gets a role for them."""
        options = self.monitoring_options
        slack = (each.slack for each in options.subscribers if options.enabled and each.slack)
        return tuple(SlackChannel(workspace=each.workspace, channel=each.channel) for each in slack)

    @property
    def github_owners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.owner for each in self.github))

    @property
    def cluster_hosts(self) -> tuple[str, ...]:
        """The registries from which the clusters pull: those of the stack's own account."""
        return tuple(each.host for each in self.registries if not each.retire)

    @cached_property
    def mutable_tags(self) -> dict[str, tuple[str, ...]]:
        """By repository, the patterns of its tags that can move; all its other tags are immutable."""
        return {each.name: each.mutable_tags for each in self.repositories}

    def pull_role_arn(self, cluster: Cluster, namespace: Namespace) -> str | None:
        """Of the role of a namespace; in another account it is not the stack's to declare."""
        if namespace.role is None:
            return None
        return account_arn(cluster.account, f"{self.role_path[1:]}{namespace.role}", self.home.id)

    def node_role_arn(self, cluster: Cluster) -> str | None:
        """Of the role of its nodes, which is not the stack's to declare."""
        return account_arn(cluster.account, cluster.node_role, self.home.id) if cluster.node_role else None

    @property
    def cluster_issuers(self) -> tuple[str, ...]:
        """The names of the issuers that the stack's own account trusts: the bootstrap makes a provider of each."""
        own = [each for each in self.clusters if each.own_account and any(found.role for found in each.namespaces)]
        return tuple(sorted({issuer_name(each.issuer) for each in own if each.issuer}))

    @property
    def cluster_principals(self) -> dict[str, str]:
        """How people call what pulls in clusters: by a role's ARN, or the name of a cluster's OIDC issuer."""
        names: dict[str | None, str] = {}
        nodes: dict[str | None, list[str]] = {}
        for each in self.clusters:
            names[each.issuer and issuer_name(each.issuer)] = f"cluster {each.name}"
            nodes.setdefault(self.node_role_arn(each), []).append(each.name)
            for found in each.namespaces:
                names[self.pull_role_arn(each, found)] = f"cluster {each.name}, namespace {found.name}"
        for arn, clusters in nodes.items():
            names[arn] = f"nodes of {'clusters' if len(clusters) > 1 else 'cluster'} {listed(clusters)}"
        return {key: name for key, name in names.items() if key is not None}

    def image_key_policy(self, registry: StackRegistry) -> str:
        return to_json_text(key_policy(account=registry.account, region=registry.region))

    def protects(self, registry: StackRegistry, *, monitoring: bool = False) -> bool:
        """Whether the engine refuses to delete a key of a registry: of its images, or of its monitoring."""
        return self.protect and not self._key_retirement(registry, monitoring=monitoring)

    def key_tags(self, registry: StackRegistry, *, monitoring: bool = False) -> dict[str, str]:
        """Without retire-until AWS deletes no key: docs/bootstrap.md, "Two keys to delete"."""
        retire = self._key_retirement(registry, monitoring=monitoring)
        return {**self.tags, **({resource_tags.RETIRE_UNTIL: retire.until.isoformat()} if retire else {})}

    def _key_retirement(self, registry: StackRegistry, *, monitoring: bool) -> Retirement | None:
        return registry.retire or (self.monitoring_options.retire if monitoring else None)

    def tags_for(self, owner: str) -> dict[str, str]:
        return resource_tags.required_tags(owner=owner, environment=self.environment, project=self.project)

    def copies(self, registry: StackRegistry) -> tuple[RepositoryCopy, ...]:
        """Every repository of the catalog, as it is in this registry."""
        return self._copies[registry]

    @cached_property
    def _copies(self) -> dict[StackRegistry, tuple[RepositoryCopy, ...]]:
        def copies(registry: StackRegistry) -> Iterator[RepositoryCopy]:
            held = (each for each in self.repositories if each.name.startswith(registry.prefixes or ""))
            return (self._copy(each, registry) for each in held)

        return {registry: tuple(copies(registry)) for registry in self.all_registries}

    def _copy(self, repository: Repository, registry: StackRegistry) -> RepositoryCopy:
        retire = repository.retire or registry.retire
        return RepositoryCopy(
            name=repository.name,
            region=registry.region,
            mutability=repository.mutability,
            mutable_tags=repository.mutable_tags,
            encryption=repository.encryption,
            import_id=_import_id(repository.name, registry) if repository.adopt else None,
            lifecycle_text=lifecycle_text(repository.retention, standby=not registry.home),
            policy_text=policy_text(repository.pull, registry.id),
            # A named key is of the stack's own account.
            key_arn=None if registry.role else repository.key_arns.get(registry.region),
            tags=self._repository_tags(repository, retire),
            protect=self.protects(registry) and not repository.retire,
            force_delete=self.allow_destruction and bool(retire),
        )

    def _repository_tags(self, repository: Repository, retire: Retirement | None) -> dict[str, str]:
        tags = self.tags_for(repository.owner)
        if repository.description:
            tags["description"] = repository.description
        if retire:
            tags[resource_tags.RETIRE_UNTIL] = retire.until.isoformat()
        return tags

    @property
    def all_registries(self) -> tuple[StackRegistry, ...]:
        return (*self.registries, *self.other_account_replicas)

    @property
    def other_accounts(self) -> dict[str, tuple[str, str, str]]:
        """What it takes to declare something in each account but the stack's own: itself, a region, the role."""
        others = self.other_account_replicas
        return {each.account: (each.account, each.region, each.role) for each in others if each.role}

    @property
    def replication(self) -> tuple[ReplicationRule, ...]:
        """Where the images flow; a registry that retires gets no new ones."""
        return replication_rules(
            registry.replica for registry in self.all_registries if not registry.home and not registry.retire
        )

    def registry_policy_of(self, registry: StackRegistry) -> str | None:
        """The policy that the settings give, with what lets our images into another account's registry, and those who
        pull from caches bring images into ours."""
        ours = [inbound_statement(self.home.id, registry.replica)] if registry.role else []
        if registry.home:
            ours += import_statements([(each.rule.prefix, each.pull) for each in self.caches], registry.id)
        if not ours:
            return self.registry_policy
        given = json.loads(self.registry_policy) if self.registry_policy else {"Version": CURRENT_VERSION}
        statements = given.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        return to_json_text({**given, "Statement": [*statements, *ours]})

    def net_text(self) -> str:
        return lifecycle_text(self.net, standby=True)


@cache
def lifecycle_text(rules: tuple[retention.Rule, ...], *, standby: bool) -> str:
    return to_json_text(retention.compile_policy(retention.standby(rules) if standby else rules))


@cache
def policy_text(grants: tuple[Grant, ...], registry: RegistryId) -> str | None:
    """The repository policy; None where no principal may pull."""
    policy = repository_policy(grants, registry)
    return to_json_text(policy) if policy else None


def _import_id(repository: str, registry: StackRegistry) -> str:
    """The id by which the provider finds a repository that exists already.

    At home it must be the plain name, which is the id in the state too: the engine replaces what it already manages
    under another id, and would delete the very repository that it imports. Elsewhere the plain name would be read
    from the provider's own region: https://github.com/pulumi/pulumi-aws/issues/5523
    """
    return repository if registry.home else f"{repository}@{registry.region}"
