"""The registry's own roles, from what the settings say of pushes, pulls and auditors."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from domain.aws import RegistryId
from domain.ecr.cache import Cache
from domain.iam.cluster_trust import cluster_trust_policy, service_account_subject
from domain.iam.github import ISSUER
from domain.iam.github_trust import trust_policy
from domain.iam.oidc import provider_arn
from domain.iam.roles import (
    CHAT_SERVICE,
    TASKS_SERVICE,
    Document,
    Role,
    audit_policy,
    cache_policy,
    cache_role,
    chat_role,
    nothing_policy,
    principals_trust,
    pull_policy,
    push_policy,
    registry_trust,
    service_trust,
    stack_role_name,
    template_policy,
    template_role,
)
from domain.kubernetes.cluster import Cluster
from domain.kubernetes.object_names import ClusterNamespace
from settings.declared.values import Publisher, Repository, StackRegistry
from settings.written.stack import RoleOptions


def registry_roles(
    stack: str,
    *,
    registries: Sequence[StackRegistry],
    publishers: Sequence[Publisher],
    repositories: Sequence[Repository],
    caches: Sequence[Cache],
    clusters: Sequence[Cluster],
    options: RoleOptions,
    chats: bool,
) -> tuple[Role, ...]:
    """All that the stack's own account holds; their names begin with the stack's."""
    home, ids = registries[0], [registry.id for registry in registries]
    provider = provider_arn(ISSUER, home.account, home.region)
    roles = [
        Role(
            name=publisher.name,
            description=f"Pushes images for the workflows of {publisher.source.github}",
            trust=trust_policy(publisher.source, provider=provider),
            policy=push_policy(publisher.repositories, home.id),
        )
        for publisher in publishers
    ]

    def add(name: str, description: str, trust: Document, policy: Document) -> None:
        roles.append(Role(name=name, description=description, trust=trust, policy=policy))

    pulled = [each.name for each in repositories if each.tasks]
    prefixes = [each.rule.prefix for each in caches if each.tasks]
    if pulled or prefixes:
        trust = service_trust(TASKS_SERVICE, home.account)
        policy = pull_policy(pulled, ids, prefixes)
        add(task_role(stack), "Pulls images for the account's tasks in Amazon ECS", trust, policy)
    roles += namespace_roles(
        [each for each in clusters if each.own_account], registries=ids, repositories=repositories, caches=caches
    )
    if options.auditors:
        trust, policy = principals_trust(options.auditors), audit_policy(ids, layers=options.audit_layers)
        add(auditor_role(stack), "Reads all that is known of the images, and scan findings with it", trust, policy)
    if made_in := [registry.id for registry in registries if caches or not registry.home]:
        policy = template_policy(made_in)
        add(template_role(stack), "Makes the repositories that creation templates are for", registry_trust(), policy)
    if rules := [each.rule for each in caches if each.rule.custom_role_arn]:
        trust = registry_trust("pullthroughcache.ecr")
        add(cache_role(stack), "Reads other private registries for our caches", trust, cache_policy(rules, home.id))
    if chats:
        trust = service_trust(CHAT_SERVICE, home.account)
        add(chat_role(stack), "Posts what happens to chat channels", trust, nothing_policy())
    return tuple(roles)


def namespace_roles(
    clusters: Sequence[Cluster],
    *,
    registries: Sequence[RegistryId],
    repositories: Sequence[Repository],
    caches: Sequence[Cache],
) -> Iterator[Role]:
    """The roles with which namespaces pull, one for each that has one."""
    pulled: dict[ClusterNamespace, list[str]] = defaultdict(list)
    cached: dict[ClusterNamespace, list[str]] = defaultdict(list)
    for each in repositories:
        for namespace in each.namespaces:
            pulled[namespace].append(each.name)
    for cache in caches:
        for namespace in cache.namespaces:
            cached[namespace].append(cache.rule.prefix)
    for cluster in clusters:
        for found in cluster.namespaces:
            if found.role and cluster.issuer:
                provider = provider_arn(cluster.issuer, cluster.account, registries[0].region)
                subjects = [service_account_subject(found.name, name) for name in found.trusted]
                yield Role(
                    name=found.role,
                    description=f"Pulls images for namespace {found.name} of cluster {cluster.name}",
                    trust=cluster_trust_policy(cluster.issuer, subjects, provider=provider),
                    policy=pull_policy(pulled[found.id], registries, cached[found.id]),
                )


def task_role(stack: str) -> str:
    """Of the one role by which the account's tasks pull."""
    return stack_role_name(stack, "ecs-task-execution")


def auditor_role(stack: str) -> str:
    """The name of the auditor's role."""
    return stack_role_name(stack, "auditor")
