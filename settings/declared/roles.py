"""The registry's own roles, from what the settings say of pushes, pulls and auditors."""

from collections.abc import Iterator

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
    standing_role,
    template_policy,
    template_role,
)
from settings.declared.settings import Settings


def registry_roles(settings: Settings) -> tuple[Role, ...]:
    """All that the stack's own account holds; their names are told apart by the stack."""
    return (*_publishers(settings), *_tasks(settings), *_auditor(settings), *_templates(settings), *_caches(settings))


def _publishers(settings: Settings) -> Iterator[Role]:
    provider = provider_arn(settings.home.account, settings.home.region)
    for publisher in settings.publishers:
        yield Role(
            name=publisher.name,
            description=f"Pushes images for the workflows of {publisher.source.github}",
            trust=trust_policy(publisher.source, provider=provider),
            policy=push_policy(publisher.repositories, settings.home.registry),
        )


def _tasks(settings: Settings) -> Iterator[Role]:
    names = [each.name for each in settings.repositories if each.tasks]
    caches = [each.rule.prefix for each in settings.caches if each.tasks]
    if names or caches:
        yield Role(
            name=task_role(settings.stack),
            description="Pulls images for the account's tasks in Amazon ECS",
            trust=service_trust(TASKS_SERVICE, settings.home.account),
            policy=pull_policy(names, [place.registry for place in settings.places], caches),
        )


def _auditor(settings: Settings) -> Iterator[Role]:
    if settings.roles.auditors:
        yield Role(
            name=auditor_role(settings.stack),
            description="Reads all that is known of the images, and scan findings with it",
            trust=principals_trust(settings.roles.auditors),
            policy=audit_policy([place.registry for place in settings.places], layers=settings.roles.audit_layers),
        )


def _templates(settings: Settings) -> Iterator[Role]:
    registries = [place.registry for place in settings.places if settings.caches or not place.home]
    if registries:
        yield Role(
            name=template_role(settings.stack),
            description="Makes the repositories that creation templates are for",
            trust=registry_trust(),
            policy=template_policy(registries),
        )


def _caches(settings: Settings) -> Iterator[Role]:
    rules = [each.rule for each in settings.caches if each.rule.custom_role_arn]
    if rules:
        yield Role(
            name=cache_role(settings.stack),
            description="Reads other private registries for our caches",
            trust=registry_trust("pullthroughcache.ecr"),
            policy=cache_policy(rules, settings.home.registry),
        )


def task_role(stack: str) -> str:
    """Of the one role by which the account's tasks pull."""
    return standing_role(stack, "ecs-task-execution")


def auditor_role(stack: str) -> str:
    """The name of the auditor's role."""
    return standing_role(stack, "auditor")
