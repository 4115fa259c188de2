"""Repositories that Amazon ECR makes by itself: for a replica, for a cached image, for a push to a name that is free.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from domain.ecr.creation_templates import Occasion, nearest_prefix
from domain.ecr.tags import TagMutability
from localcloud.call import Call
from localcloud.ecr import authorize, encryption
from localcloud.ecr.creation_role import RoleUnusable, assumed
from localcloud.ecr.errors import EcrError, repository_not_found
from localcloud.ecr.state import Registry, Repository, Template, Text
from localcloud.iam_and_kms import Neighbour

_ACTIONS: Mapping[Occasion, tuple[str, ...]] = {
    Occasion.REPLICATION: ("CreateRepository", "ReplicateImage"),
    Occasion.PULL_THROUGH_CACHE: ("CreateRepository",),
    Occasion.CREATE_ON_PUSH: ("CreateRepository",),
}
"""What the template's role must be allowed. AWS documents one policy with all of this, and not which is for what.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-custom.html"""


def template_for(registry: Registry, name: str, occasion: Occasion) -> Template | None:
    """The template that counts when ECR makes the repository for this reason."""
    for_it = {key: each for key, each in registry.templates.items() if occasion in each.occasions}
    prefix = nearest_prefix(for_it, name)
    return None if prefix is None else for_it[prefix]


async def create(registry: Registry, name: str, occasion: Occasion, neighbour: Neighbour) -> Repository:
    """The repository, made as its template says or with ECR's defaults; the one that stands there where one does.

    Whether whoever caused it may is asked before. Raises RepositoryNotFoundException with the reason where it can't be
    made, which is what a client of a pull-through cache sees: https://github.com/aws/containers-roadmap/issues/2398"""
    template = template_for(registry, name, occasion)
    if name in registry.repositories:
        return registry.repositories[name]
    if template is None:
        if occasion is Occasion.CREATE_ON_PUSH:
            raise repository_not_found(name, registry.account)
        return _stored(registry, _plain(registry, name))
    try:
        made = await _by_template(registry, name, template, occasion, neighbour)
    except (EcrError, RoleUnusable) as failed:
        missing = repository_not_found(name, registry.account)
        why = f"the creation template '{template.prefix}' can't be applied: {failed}"
        raise EcrError(missing.code, f"{missing.message}, and {why}") from failed
    return _stored(registry, made)


async def _by_template(
    registry: Registry, name: str, template: Template, occasion: Occasion, neighbour: Neighbour
) -> Repository:
    kind, key_arn = template.encryption["encryptionType"], None
    if template.role is not None:
        call = Call(caller=await assumed(template.role, registry, neighbour), region=registry.region)
        _require_allowed(call, registry, name, template, occasion)
        kind, key_arn = await encryption.chosen(template.encryption, call, registry, name, neighbour)
    elif template.tags or kind != encryption.AES256:
        # "This role must be provided when using repository tags and/or KMS in the template, otherwise the repository
        # creation will fail." UG, repository-creation-templates
        raise RoleUnusable("it has tags or a KMS key, which take a customRoleArn")
    return replace(
        _plain(registry, name),
        encryption_type=kind,
        key_arn=key_arn,
        mutability=template.mutability,
        exclusions=template.exclusions,
        tags=dict(template.tags),
        lifecycle=template.lifecycle,
        policy=_named(template.policy, name),
    )


def _require_allowed(call: Call, registry: Registry, name: str, template: Template, occasion: Occasion) -> None:
    context = {**authorize.request_tags(template.tags), **authorize.resource_tags(template.tags)}
    for action in (*_ACTIONS[occasion], *(("TagResource",) if template.tags else ())):
        authorize.require(call, action, registry, name, context=context)


def _plain(registry: Registry, name: str) -> Repository:
    """With ECR's defaults."""
    return Repository(
        name=name,
        account=registry.account,
        region=registry.region,
        created_at=datetime.now(UTC),
        encryption_type=encryption.AES256,
        key_arn=None,
        mutability=TagMutability.MUTABLE,
        exclusions=(),
        scan_on_push=False,
        tags={},
    )


def _named(policy: Text | None, name: str) -> Text | None:
    return policy and Text(text=policy.text, policy=replace(policy.policy, name=name))


def _stored(registry: Registry, repository: Repository) -> Repository:
    """Others had their turn while the role and the key were looked up: the first one stays."""
    return registry.repositories.setdefault(repository.name, repository)
