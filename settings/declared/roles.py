"""The registry's own roles, from what the settings say of pushes, pulls and auditors."""

from collections.abc import Iterator, Sequence

from domain.ecr.cache import Cache
from domain.iam.github_trust import provider_arn, trust_policy
from domain.iam.roles import (
    TASKS_SERVICE,
    Role,
    audit_policy,
    cache_policy,
    cache_role,
    principals_trust,
    pull_policy,
    push_policy,
    registry_trust,
    service_trust,
    stack_role_name,
    template_policy,
    template_role,
)
from settings.declared.values import Publisher, Repository, StackRegistry
from settings.written.stack import RoleOptions


def registry_roles(
    stack: str,
    *,
    registries: Sequence[StackRegistry],
    publishers: Sequence[Publisher],
    repositories: Sequence[Repository],
    caches: Sequence[Cache],
    options: RoleOptions,
) -> tuple[Role, ...]:
    """All that the stack's own account holds; their names are told apart by the stack."""
    return (
        *_publishers(publishers, registries[0]),
        *_tasks(stack, registries, repositories, caches),
        *_auditor(stack, registries, options),
        *_templates(stack, [registry for registry in registries if caches or not registry.home]),
        *_caches(stack, registries[0], caches),
    )


def _publishers(publishers: Sequence[Publisher], home: StackRegistry) -> Iterator[Role]:
    provider = provider_arn(home.account, home.region)
    for publisher in publishers:
        yield Role(
            name=publisher.name,
            description=f"Pushes images for the workflows of {publisher.source.github}",
            trust=trust_policy(publisher.source, provider=provider),
            policy=push_policy(publisher.repositories, home.id),
        )


def _tasks(
    stack: str, registries: Sequence[StackRegistry], repositories: Sequence[Repository], caches: Sequence[Cache]
) -> Iterator[Role]:
    names = [each.name for each in repositories if each.tasks]
    prefixes = [each.rule.prefix for each in caches if each.tasks]
    if names or prefixes:
        yield Role(
            name=task_role(stack),
            description="Pulls images for the account's tasks in Amazon ECS",
            trust=service_trust(TASKS_SERVICE, registries[0].account),
            policy=pull_policy(names, [registry.id for registry in registries], prefixes),
        )


def _auditor(stack: str, registries: Sequence[StackRegistry], options: RoleOptions) -> Iterator[Role]:
    if options.auditors:
        yield Role(
            name=auditor_role(stack),
            description="Reads all that is known of the images, and scan findings with it",
            trust=principals_trust(options.auditors),
            policy=audit_policy([registry.id for registry in registries], layers=options.audit_layers),
        )


def _templates(stack: str, registries: Sequence[StackRegistry]) -> Iterator[Role]:
    if registries:
        yield Role(
            name=template_role(stack),
            description="Makes the repositories that creation templates are for",
            trust=registry_trust(),
            policy=template_policy([registry.id for registry in registries]),
        )


def _caches(stack: str, home: StackRegistry, caches: Sequence[Cache]) -> Iterator[Role]:
    rules = [each.rule for each in caches if each.rule.custom_role_arn]
    if rules:
        yield Role(
            name=cache_role(stack),
            description="Reads other private registries for our caches",
            trust=registry_trust("pullthroughcache.ecr"),
            policy=cache_policy(rules, home.id),
        )


def task_role(stack: str) -> str:
    """Of the one role by which the account's tasks pull."""
    return stack_role_name(stack, "ecs-task-execution")


def auditor_role(stack: str) -> str:
    """The name of the auditor's role."""
    return stack_role_name(stack, "auditor")
