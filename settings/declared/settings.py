"""The settings as everything else reads them: names resolved, defaults applied, frozen."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain import resource_tags
from domain.document_text import to_text
from domain.ecr import retention
from domain.ecr.cache import Cache, import_statements
from domain.ecr.names import registry_host
from domain.ecr.replication import Replica, ReplicationRule, inbound_statement, replication_rules
from domain.ecr.repository import Encryption, RepositoryCopy
from domain.ecr.scanning import ScanRule, ScanType
from domain.ecr.tags import TagMutability
from domain.ecr.upstreams import CacheRule
from domain.iam.document import CURRENT_VERSION
from domain.iam.github_trust import GitHubSource
from domain.iam.grants import Grant, Registry, repository_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Until when images may be destroyed, and why."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
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
        """What tells it apart from the stack's other places, in the names of resources."""
        return f"{self.account}.{self.region}" if self.role else self.region

    @property
    def host(self) -> str:
        return registry_host(self.account, self.region)

    @property
    def registry(self) -> Registry:
        return Registry(account=self.account, region=self.region)

    @property
    def replica(self) -> Replica:
        return Replica(registry=self.registry, prefixes=self.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A role that workflows of GitHub's take to push to some repositories."""

    name: str
    source: GitHubSource
    repositories: tuple[str, ...]


CACHED = (
    retention.Rule(
        selector=retention.Selector.UNTAGGED, patterns=(), effect=retention.Effect.EXPIRE_AFTER_DAYS, count=7
    ),
    retention.Rule(selector=retention.Selector.ANY, patterns=(), effect=retention.Effect.KEEP, count=500),
)


def publishers(pushes: Iterable[tuple[str, GitHubSource]], stack: str) -> tuple[Publisher, ...]:
    """The roles by which GitHub's workflows push: one for each source, for all the repositories that name it."""
    named: dict[tuple[str, ...], tuple[GitHubSource, list[str]]] = {}
    for repository, source in pushes:
        named.setdefault(source.place, (source, []))[1].append(repository)
    found = (
        Publisher(name=source.role_name(stack), source=source, repositories=tuple(dict.fromkeys(names)))
        for source, names in named.values()
    )
    return tuple(sorted(found, key=lambda each: each.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What is said of the registry's own roles."""

    boundary: str
    """The ARN of the managed policy that the bootstrap makes."""
    path: str
    session_seconds: int
    auditors: tuple[str, ...]
    """Who may become the auditor; nobody, and there is none."""
    audit_layers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One entry of the catalog."""

    name: str
    owner: str
    description: str | None
    retention: tuple[retention.Rule, ...]
    mutability: TagMutability
    mutable_tags: tuple[str, ...]
    encryption: Encryption
    key_arns: Mapping[str, str]
    """The named key's ARN by region; empty where the stack's own key encrypts."""
    push: tuple[GitHubSource, ...]
    pull: tuple[Grant, ...]
    tasks: bool
    """Whether the ECS tasks of the stack's own account pull it."""
    adopt: bool
    retire: Retirement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullThrough:
    """A pull-through cache at home, and who pulls from it."""

    rule: CacheRule
    username: str | None
    pull: tuple[Grant, ...]
    tasks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that one stack declares."""

    project: str
    stack: str
    environment: str
    places: tuple[Place, ...]
    """The registries in the stack's own account, home first."""
    elsewhere: tuple[Place, ...]
    """Replicas in other accounts."""
    net: tuple[retention.Rule, ...]
    """The retention of repositories that nobody declared."""
    repositories: tuple[Repository, ...]
    removed: Mapping[str, Retirement]
    roles: Roles
    caches: tuple[PullThrough, ...]
    scan_type: ScanType
    scan_rules: tuple[ScanRule, ...]
    registry_policy: str | None
    pull_time_exclusions: tuple[str, ...]
    blob_mounting: bool
    protect: bool
    allow_destruction: bool
    key_deletion_days: int

    @property
    def home(self) -> Place:
        return self.places[0]

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what belongs to the registry as a whole."""
        return self.tags_for("platform")

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        pushes = [(each.name, source) for each in self.repositories for source in each.push]
        return publishers(pushes, self.stack)

    def protects(self, place: Place) -> bool:
        """Whether the engine refuses to delete what a place can't be without, its key."""
        return self.protect and not place.retire

    def tags_for(self, owner: str) -> dict[str, str]:
        return resource_tags.required_tags(owner=owner, environment=self.environment, project=self.project)

    def copies(self, place: Place) -> Iterator[RepositoryCopy]:
        """Every repository of the catalog, as it stands in this place."""
        documents: dict[tuple[retention.Rule, ...], str] = {}
        policies: dict[tuple[Grant, ...], str | None] = {}
        for repository in self.repositories:
            if not repository.name.startswith(place.prefixes or ""):
                continue
            rules = repository.retention
            if rules not in documents:
                documents[rules] = lifecycle_text(rules, standby=not place.home)
            if repository.pull not in policies:
                policies[repository.pull] = _policy_text(repository.pull, place)
            yield self._copy(repository, place, documents[rules], policies[repository.pull])

    def _copy(
        self, repository: Repository, place: Place, lifecycle_document: str, policy_document: str | None
    ) -> RepositoryCopy:
        retire = repository.retire or place.retire
        return RepositoryCopy(
            name=repository.name,
            region=place.region,
            mutability=repository.mutability,
            mutable_tags=repository.mutable_tags,
            encryption=repository.encryption,
            import_id=_import_id(repository.name, place) if repository.adopt else None,
            lifecycle_text=lifecycle_document,
            policy_text=policy_document,
            # A named key is of the stack's own account.
            key_arn=None if place.role else repository.key_arns.get(place.region),
            tags=self._repository_tags(repository, retire),
            protect=self.protects(place) and not repository.retire,
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
    def all_places(self) -> tuple[Place, ...]:
        return (*self.places, *self.elsewhere)

    @property
    def other_accounts(self) -> dict[str, tuple[str, str, str]]:
        """What it takes to declare something in each account but the stack's own: itself, a region, the role."""
        return {place.account: (place.account, place.region, place.role) for place in self.elsewhere if place.role}

    @property
    def replication(self) -> tuple[ReplicationRule, ...]:
        """Where the images flow; a registry that retires gets no new ones."""
        return replication_rules(place.replica for place in self.all_places if not place.home and not place.retire)

    def registry_policy_of(self, place: Place) -> str | None:
        """The policy that the settings give, with what lets our images into another account's registry, and those who
        pull from caches bring images into ours."""
        ours = [inbound_statement(self.home.registry, place.replica)] if place.role else []
        if place.home:
            ours += import_statements([(each.rule.prefix, each.pull) for each in self.caches], place.registry)
        if not ours:
            return self.registry_policy
        given = json.loads(self.registry_policy) if self.registry_policy else {"Version": CURRENT_VERSION}
        statements = given.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        return to_text({**given, "Statement": [*statements, *ours]})

    def declared_caches(self) -> Iterator[Cache]:
        """The caches as they are declared; what is in one can be had again, so that it need not be kept for long."""
        for each in self.caches:
            yield Cache(
                rule=each.rule,
                region=self.home.region,
                username=each.username,
                lifecycle_text=lifecycle_text(CACHED, standby=False),
                policy_text=_policy_text(each.pull, self.home),
                tags=self.tags,
            )

    def net_text(self) -> str:
        return lifecycle_text(self.net, standby=True)


def lifecycle_text(rules: tuple[retention.Rule, ...], *, standby: bool) -> str:
    return to_text(retention.compile_policy(retention.standby(rules) if standby else rules))


def _policy_text(grants: tuple[Grant, ...], place: Place) -> str | None:
    """The repository policy; None where nobody may pull."""
    policy = repository_policy(grants, place.registry)
    return to_text(policy) if policy else None


def _import_id(repository: str, place: Place) -> str:
    """The id by which the provider finds a repository that exists already.

    At home it must be the plain name, which is the id in the state too: the engine replaces what it already manages
    under another id, and would delete the very repository that it imports. Elsewhere the plain name would be read
    from the provider's own region: https://github.com/pulumi/pulumi-aws/issues/5523
    """
    return repository if place.home else f"{repository}@{place.region}"
