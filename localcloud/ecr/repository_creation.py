"""Repositories that Amazon ECR makes by itself: for a replica, for a cached image, for a push to a name that is free.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from domain.aws import Arn
from domain.ecr.creation_templates import Occasion, nearest_prefix
from domain.ecr.tags import TagMutability
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.evaluate import evaluate, reason
from localcloud.calls import Call, call_context, request_tags
from localcloud.ecr import authorize, repository_keys
from localcloud.ecr.api_errors import EcrError, repository_not_found
from localcloud.ecr.registry_state import StoredPolicy, StoredRegistry, StoredRepository, StoredTemplate
from localcloud.iam_and_kms import Backend

_ACTIONS: Mapping[Occasion, tuple[str, ...]] = {
    Occasion.REPLICATION: ("CreateRepository", "ReplicateImage"),
    Occasion.PULL_THROUGH_CACHE: ("CreateRepository",),
    Occasion.CREATE_ON_PUSH: ("CreateRepository",),
}
"""What the template's role must be allowed. AWS documents one policy with all of this, and not which is for what.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-custom.html"""


_SERVICE = "ecr.amazonaws.com"
_SESSION = "AmazonECR"


def template_for(registry: StoredRegistry, name: str, occasion: Occasion) -> StoredTemplate | None:
    """The template that counts when ECR makes the repository for this reason."""
    for_it = {key: each for key, each in registry.templates.items() if occasion in each.occasions}
    prefix = nearest_prefix(for_it, name)
    return None if prefix is None else for_it[prefix]


async def create_by_template(
    registry: StoredRegistry, name: str, occasion: Occasion, backend: Backend
) -> StoredRepository:
    """The repository, made as its template says or with ECR's defaults; or the one that exists already.

    The caller is authorized before. Raises RepositoryNotFoundException with the reason where it can't be
    made, which is what a client of a pull-through cache sees: https://github.com/aws/containers-roadmap/issues/2398"""
    template = template_for(registry, name, occasion)
    if name in registry.repositories:
        return registry.repositories[name]
    if template is None:
        if occasion is Occasion.CREATE_ON_PUSH:
            raise repository_not_found(name, registry.account)
        return _stored(registry, _plain(registry, name))
    try:
        made = await _by_template(registry, name, template, occasion, backend)
    except (EcrError, RoleUnusable) as failed:
        missing = repository_not_found(name, registry.account)
        why = f"the creation template '{template.prefix}' can't be applied: {failed}"
        raise EcrError(missing.code, f"{missing.message}, and {why}") from failed
    return _stored(registry, made)


async def _by_template(
    registry: StoredRegistry, name: str, template: StoredTemplate, occasion: Occasion, backend: Backend
) -> StoredRepository:
    kind, key_arn = template.encryption["encryptionType"], None
    if template.role is not None:
        call = Call(caller=await assumed_role(template.role, registry, backend), region=registry.region)
        _require_allowed(call, registry, name, template, occasion)
        kind, key_arn = await repository_keys.chosen(template.encryption, call, registry, name, backend)
    elif template.tags or kind != repository_keys.AES256:
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


def _require_allowed(
    call: Call, registry: StoredRegistry, name: str, template: StoredTemplate, occasion: Occasion
) -> None:
    context = {**request_tags(template.tags), **authorize.resource_tags(template.tags)}
    for action in (*_ACTIONS[occasion], *(("TagResource",) if template.tags else ())):
        authorize.require(call, action, registry, name, context=context)


def _plain(registry: StoredRegistry, name: str) -> StoredRepository:
    """With ECR's defaults."""
    return StoredRepository(
        name=name,
        account=registry.account,
        region=registry.region,
        created_at=datetime.now(UTC),
        encryption_type=repository_keys.AES256,
        key_arn=None,
        mutability=TagMutability.MUTABLE,
        exclusions=(),
        scan_on_push=False,
        tags={},
    )


def _named(policy: StoredPolicy | None, name: str) -> StoredPolicy | None:
    return policy and StoredPolicy(text=policy.text, policy=replace(policy.policy, name=name))


def _stored(registry: StoredRegistry, repository: StoredRepository) -> StoredRepository:
    """Others had their turn while the role and the key were looked up: the first one stays."""
    return registry.repositories.setdefault(repository.name, repository)


class RoleUnusable(Exception):
    """Why ECR can't become the role, or has none to become."""


async def assumed_role(role: str, registry: StoredRegistry, backend: Backend, *, service: str = _SERVICE) -> Caller:
    """ECR as the role, which must trust it."""
    ecr = Caller(identity=Identity(arn=service, account=None))
    context = call_context(registry.region)
    request = Request(action="sts:AssumeRole", resource=role, account=registry.account, context=context)
    decision = evaluate(ecr, request, [await _trust(role, backend)])
    if not decision.allowed:
        raise RoleUnusable(reason(decision, ecr, request))
    session = Identity(arn=_session_arn(role), account=registry.account, role_arn=role)
    attached = await backend.attached_policies(session)
    return Caller(identity=session, policies=attached.policies, boundary=attached.boundary, tags=attached.tags)


async def _trust(role: str, backend: Backend) -> Policy:
    arn = Arn.parse(role)
    found = await backend.role(arn) if arn is not None else None
    if found is None:
        raise RoleUnusable(f"the role {role} does not exist")
    return found.trust


def _session_arn(role: str) -> str:
    parsed = Arn.parse(role)
    if parsed is None:
        raise RoleUnusable(f"{role} is not a role")
    name = parsed.resource.rpartition("/")[2]
    return str(Arn(parsed.partition, "sts", "", parsed.account, f"assumed-role/{name}/{_SESSION}"))
