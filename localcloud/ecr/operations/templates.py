"""Repository creation templates: created, described, deleted.

Of who makes one AWS asks iam:PassRole for the role in it. That ecr:CreateRepository and so on are "needed to manage
repository creation templates" is documented too, but not on which resource; so they are not required here.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.aws import REGIONS, Arn
from domain.ecr.creation_templates import Occasion
from domain.ecr.tags import TagMutability
from localcloud.ecr import authorize, repository_keys
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.operations import policy_texts, repositories
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.repositories import tags_after
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredRegistry, StoredTemplate

_DEFAULTS: Mapping[str, Any] = {
    "encryptionConfiguration": {"encryptionType": repository_keys.AES256},
    "imageTagMutability": TagMutability.MUTABLE.value,
}
"""What AWS takes for what the creation of a template does not say."""


async def create_repository_creation_template(request: OperationRequest) -> Answer:
    given = {**_DEFAULTS, **request.input}
    key, policy, text = _key(given["prefix"]), given.get("repositoryPolicy"), given.get("lifecyclePolicy")
    if key in request.registry.templates:
        why = (
            f"The repository creation template with prefix '{key}' already exists in the registry with id "
            f"'{request.registry.account}'"
        )
        raise EcrError("TemplateAlreadyExistsException", why)
    mode, exclusions = repositories.tag_mutability(given)
    template = request.registry.templates[key] = StoredTemplate(
        prefix=given["prefix"],
        description=given.get("description") or None,
        encryption=_encryption(given["encryptionConfiguration"], request.registry),
        mutability=mode,
        exclusions=exclusions,
        policy=policy_texts.stored_policy(policy, f"template {given['prefix']}") if policy else None,
        lifecycle=policy_texts.lifecycle_policy(text) if text else None,
        tags=_tags(given.get("resourceTags", [])),
        occasions=_occasions(given["appliedFor"]),
        role=_role(request, given.get("customRoleArn")),
        created_at=request.now,
    )
    return _answer(request.registry, template)


async def delete_repository_creation_template(request: OperationRequest) -> Answer:
    template = _template(request.registry, request.input["prefix"])
    del request.registry.templates[_key(template.prefix)]
    return _answer(request.registry, template)


async def describe_repository_creation_templates(request: OperationRequest) -> Answer:
    registry, prefixes = request.registry, request.input.get("prefixes")
    if prefixes is not None:
        refuse_paging(request, "prefixes")
        found, more = [_template(registry, each) for each in prefixes], dict[str, str]()
    else:
        found, more = page(request, "DescribeRepositoryCreationTemplates", registry.templates)
    return {
        "registryId": registry.account,
        "repositoryCreationTemplates": [_template_members(each) for each in found],
        **more,
    }


def _occasions(given: Sequence[str]) -> tuple[Occasion, ...]:
    if not given:
        raise invalid_parameter("appliedFor", "Member must have length greater than or equal to 1")
    return tuple(Occasion(each) for each in dict.fromkeys(given))


def _role(request: OperationRequest, role: str | None) -> str | None:
    if not role:
        return None
    _require_role(role, request.registry)
    authorize.require_pass_role(request.call, role, request.registry)
    return role


def _require_role(role: str, registry: StoredRegistry) -> None:
    arn = Arn.parse(role)
    own = (REGIONS[registry.region].id, "iam", "", registry.account)
    if arn is None or (arn.partition, arn.service, arn.region, arn.account) != own or not _names_role(arn):
        raise invalid_parameter("customRoleArn", "must be the ARN of a role in the registry's account")


def _names_role(arn: Arn) -> bool:
    kind, _, name = arn.resource.partition("/")
    return kind == "role" and bool(name)


def _encryption(given: Mapping[str, str], registry: StoredRegistry) -> dict[str, str]:
    # The pattern of kmsKey takes an empty text: it is not a key.
    configuration = {name: value for name, value in given.items() if value}
    repository_keys.encryption_type(configuration, registry)
    return configuration


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    try:
        return tags_after(given, {})
    except EcrError as refused:
        # The operations on templates don't have the errors of those on tags.
        raise invalid_parameter("resourceTags", refused.message) from refused


def _key(prefix: str) -> str:
    return prefix.removesuffix("/")


def _template(registry: StoredRegistry, prefix: str) -> StoredTemplate:
    template = registry.templates.get(_key(prefix))
    if template is None:
        text = (
            f"The repository creation template with prefix '{_key(prefix)}' does not exist in the registry with id "
            f"'{registry.account}'"
        )
        raise EcrError("TemplateNotFoundException", text)
    return template


def _answer(registry: StoredRegistry, template: StoredTemplate) -> Answer:
    return {"registryId": registry.account, "repositoryCreationTemplate": _template_members(template)}


def _template_members(template: StoredTemplate) -> Answer:
    optional = {
        "description": template.description,
        "resourceTags": [{"Key": key, "Value": value} for key, value in template.tags.items()] or None,
        "repositoryPolicy": template.policy and template.policy.text,
        "lifecyclePolicy": template.lifecycle,
        "customRoleArn": template.role,
    }
    return {
        "prefix": template.prefix,
        "encryptionConfiguration": dict(template.encryption),
        **repositories.mutability_members(template.mutability, template.exclusions),
        "appliedFor": [each.value for each in template.occasions],
        "createdAt": template.created_at,
        "updatedAt": template.created_at,
        **{name: value for name, value in optional.items() if value is not None},
    }
