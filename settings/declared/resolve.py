"""From what is written to what the stack declares: names become ids, defaults become values.

What is faulty by itself has a fault of its own and is left out here, so that what the rest makes together is checked
all the same.
"""

from dataclasses import replace

from domain import resource_tags
from domain.aws import Arn, RegistryId
from domain.document_text import to_json_text
from domain.ecr.cache import Cache
from domain.ecr.names import private_registry
from domain.ecr.repository import Encryption
from domain.ecr.retention import RetentionEffect, Rule, Selector
from domain.ecr.tags import mutability
from domain.ecr.upstreams import CacheRule
from domain.github_source import GitHubRepository
from domain.iam.github_trust import IMMUTABLE, GitHubSource
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant
from domain.iam.roles import cache_role
from settings.declared.cluster_pulls import NamespacePulls, clusters
from settings.declared.cluster_registries import self_hosted
from settings.declared.settings import Settings, lifecycle_text, policy_text
from settings.declared.source_repositories import StackIdentity, source_repositories
from settings.declared.tested_principals import with_access_tests
from settings.declared.values import Repository, StackRegistry
from settings.written.catalog import TASKS, Catalog, NamedKey, Pull, Push, RepositoryEntry, RetentionRule, domain_rule
from settings.written.fields import DEFAULT_PRESET
from settings.written.stack import AwsKeys, CacheEntry, CachePull, ReplicaEntry, StackKeys

NET = (Rule(selector=Selector.UNTAGGED, patterns=(), effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=30),)
"""Where the catalog has no default, a repository that is not declared loses no image that has a tag."""
CACHED = (
    Rule(selector=Selector.UNTAGGED, patterns=(), effect=RetentionEffect.EXPIRE_AFTER_DAYS, count=7),
    Rule(selector=Selector.ANY, patterns=(), effect=RetentionEffect.KEEP, count=500),
)
"""What is in a cache can be had again, so that it need not be kept for long."""
_RUNBOOKS = "docs/runbooks"


def resolve(project: str, stack: str, catalog: Catalog, keys: StackKeys, aws: AwsKeys) -> Settings:
    """The settings of one stack."""
    account = aws.account
    home = StackRegistry(account=account, region=aws.region, home=True)
    replicas = [registry for replica in keys.replicas for registry in _place(replica, home, keys)]
    presets = {name: _rules(rules) for name, rules in catalog.retention.items()}
    found = clusters(keys, stack, account)
    pullers = NamespacePulls(f"{project}/{stack}", found)
    repositories = tuple(
        _repository(name, entry, presets, stack=stack, keys=keys, own=account, pullers=pullers)
        for name, entry in catalog.repositories.items()
    )
    settings = Settings(
        project=project,
        stack=stack,
        environment=keys.environment,
        registries=(home, *(registry for registry in replicas if registry.account == account)),
        other_account_replicas=tuple(registry for registry in replicas if registry.account != account),
        net=presets.get(DEFAULT_PRESET, NET),
        repositories=repositories,
        removed=catalog.removed,
        role_options=keys.roles,
        clusters=found,
        self_hosted=self_hosted(keys),
        github=_github(catalog, keys, repositories, StackIdentity(project=project, stack=stack, home=home)),
        caches=tuple(_cache(each, keys, home, project=project, stack=stack, pullers=pullers) for each in keys.caches),
        scanning=keys.scanning,
        monitoring_options=keys.monitoring,
        runbooks=_runbooks(keys),
        registry_policy=to_json_text(keys.registry_policy) if keys.registry_policy else None,
        pull_time_exclusions=keys.pull_time_exclusions,
        blob_mounting=keys.blob_mounting,
        protect=keys.protect,
        allow_destruction=keys.allow_destruction,
        key_deletion_days=keys.key_deletion_days,
        key_grants_max=keys.key_grants_max,
    )
    return with_access_tests(settings, catalog, keys, sources_of(catalog))


def sources_of(catalog: Catalog) -> list[GitHubSource]:
    """All that push, in any stack."""
    return [source(push) for entry in catalog.repositories.values() for push in entry.push]


def _runbooks(keys: StackKeys) -> str:
    """Where messages lead: as it is said, else to this project's own repository at GitHub, else a path in it."""
    if keys.monitoring.runbooks:
        return keys.monitoring.runbooks.rstrip("/")
    github = keys.github
    own = github.registry.repository if github and github.registry else None
    return f"https://github.com/{github.owner}/{own}/blob/HEAD/{_RUNBOOKS}" if github and own else _RUNBOOKS


def _github(
    catalog: Catalog, keys: StackKeys, repositories: tuple[Repository, ...], stack: StackIdentity
) -> tuple[GitHubRepository, ...]:
    if keys.github is None:
        return ()
    pushes = [
        (repository, push, source(push))
        for repository in repositories
        for _, push in here(catalog.repositories[repository.name], stack.stack)
    ]
    return source_repositories(keys.github, catalog.sources, pushes, stack)


def _cache(
    cache: CacheEntry, keys: StackKeys, home: StackRegistry, *, project: str, stack: str, pullers: NamespacePulls
) -> Cache:
    namespaces = pullers.named(cache.pull)
    pull = (*_grants(cache.pull, keys, home.account), *pullers.grants(namespaces))
    return Cache(
        rule=cache_rule(cache, project, stack, home.id),
        region=home.region,
        username=cache.username,
        lifecycle_text=lifecycle_text(CACHED, standby=False),
        policy_text=policy_text(pull, home.id),
        tags=resource_tags.required_tags(owner="platform", environment=keys.environment, project=project),
        pull=pull,
        tasks=any(each.service == TASKS for each in cache.pull),
        namespaces=namespaces,
    )


def cache_rule(cache: CacheEntry, project: str, stack: str, registry: RegistryId) -> CacheRule:
    """The rule; where its upstream is another private registry, Amazon ECR goes there with a role of ours."""
    url = cache.registry or cache.kind.url or ""
    upstream, role = private_registry(url), None
    if upstream is not None and upstream.account != registry.account:
        role = str(Arn(registry.partition, "iam", "", registry.account, f"role/{project}/{stack}/{cache_role(stack)}"))
    return CacheRule(
        prefix=cache.own_prefix,
        upstream_url=url,
        upstream_prefix=cache.upstream_prefix,
        credential_arn=cache.credentials,
        custom_role_arn=role,
    )


def _grants(pulls: tuple[Pull, ...] | tuple[CachePull, ...], keys: StackKeys, own: str) -> tuple[Grant, ...]:
    """The principals that can pull, by their ids in this stack; the tasks of its own account pull with a role."""
    return tuple(grant for pull in pulls if pull.service != TASKS for grant in _grant(pull, keys, own))


def _grant(pull: Pull | CachePull, keys: StackKeys, own: str) -> list[Grant]:
    account = keys.accounts.get(pull.account) if pull.account else own
    if account is None:
        return []
    if pull.service:
        return [ServiceGrant(service=PullService(pull.service), account=account)]
    if pull.organization:
        organization = keys.organizations.get(pull.organization)
        return [OrganizationGrant(organization=organization)] if organization else []
    return [AccountGrant(account=account, role=pull.role)] if pull.account else []


def _place(replica: ReplicaEntry, home: StackRegistry, keys: StackKeys) -> list[StackRegistry]:
    account = keys.accounts.get(replica.account) if replica.account else home.account
    if account is None:
        return []
    other = account != home.account
    role = str(Arn(home.id.partition, "iam", "", account, f"role/{replica.role}")) if other else None
    registry = StackRegistry(account=account, region=replica.region, home=False, role=role)
    return [replace(registry, prefixes=replica.prefixes, retire=replica.retire)]


def _rules(rules: tuple[RetentionRule, ...]) -> tuple[Rule, ...]:
    compiled = (domain_rule(rule.model_dump(exclude_none=True)) for rule in rules)
    return tuple(rule for rule in compiled if rule)


def _repository(
    name: str,
    entry: RepositoryEntry,
    presets: dict[str, tuple[Rule, ...]],
    *,
    stack: str,
    keys: StackKeys,
    own: str,
    pullers: NamespacePulls,
) -> Repository:
    namespaces = pullers.named(entry.pull)
    named = entry.encryption if isinstance(entry.encryption, NamedKey) else None
    return Repository(
        name=name,
        owner=entry.owner,
        description=entry.description,
        retention=presets.get(entry.retention, ()) if isinstance(entry.retention, str) else _rules(entry.retention),
        preset=entry.retention if isinstance(entry.retention, str) else None,
        mutability=mutability(entry.mutable_tags),
        mutable_tags=entry.mutable_tags,
        encryption=Encryption.CUSTOMER if named else Encryption(entry.encryption),
        key_arns=keys.keys[named.key] if named else {},
        push=tuple(source(push) for _, push in here(entry, stack)),
        pull=(*_grants(entry.pull, keys, own), *pullers.grants(namespaces)),
        tasks=any(pull.service == TASKS for pull in entry.pull),
        namespaces=namespaces,
        alarms=entry.alarms,
        adopt=entry.adopt if isinstance(entry.adopt, bool) else stack in entry.adopt,
        retire=entry.retire,
    )


def source(push: Push) -> GitHubSource:
    ids = push.owner_id is not None and push.repository_id is not None
    return GitHubSource(
        github=push.github,
        refs=push.refs or (),
        environment=push.environment,
        owner_id=push.owner_id,
        repository_id=push.repository_id,
        immutable=ids if push.subject is None else push.subject == IMMUTABLE,
        workflow=push.job_workflow_ref,
    )


def here(entry: RepositoryEntry, stack: str) -> list[tuple[int, Push]]:
    """The entry's pushes of this stack, each with its place; a retired repository takes no new images: its push
    grants go with the first of the two steps."""
    return [
        (index, push)
        for index, push in enumerate(() if entry.retire else entry.push)
        if (push.stacks is None or stack in push.stacks) and (push.refs is None) != (push.environment is None)
    ]
