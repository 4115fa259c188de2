"""The registry's own roles, from what the settings say of pushes, pulls and auditors."""

from collections.abc import Iterator

from domain.iam.github_trust import provider_arn, trust_policy
from domain.iam.role_names import role_name
from domain.iam.roles import (
    Role,
    audit_policy,
    principals_trust,
    pull_policy,
    push_policy,
    service_trust,
)
from settings.models import Settings


def registry_roles(settings: Settings) -> tuple[Role, ...]:
    """All that the stack's own account holds; their names are told apart by the stack."""
    return (*_publishers(settings), *_tasks(settings), *_auditor(settings))


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
    if names:
        yield Role(
            name=task_role(settings.stack),
            description="Pulls images for the account's tasks in Amazon ECS",
            trust=service_trust("ecs-tasks.amazonaws.com", settings.home.account),
            policy=pull_policy(names, (), [place.registry for place in settings.places]),
        )


def _auditor(settings: Settings) -> Iterator[Role]:
    if settings.roles.auditors:
        yield Role(
            name=_once(settings.stack, "auditor"),
            description="Reads all that is known of the images, and scan findings with it",
            trust=principals_trust(settings.roles.auditors),
            policy=audit_policy([place.registry for place in settings.places], layers=settings.roles.audit_layers),
        )


def task_role(stack: str) -> str:
    """Of the one role by which the account's tasks pull."""
    return _once(stack, "ecs-task-execution")


def _once(stack: str, what: str) -> str:
    return role_name(f"{stack}.{what}", key=(stack, what))
