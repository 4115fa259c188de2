"""Repository creation templates: created, described, deleted.

Of who makes one AWS asks iam:PassRole for the role in it. That ecr:CreateRepository and so on are "needed to manage
repository creation templates" is documented too, but not on which resource; so they are not asked for here.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.aws import REGIONS, Arn
from domain.ecr.creation_templates import Occasion
from domain.ecr.tags import TagMutability
from localcloud.ecr import authorize, encryption
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.operations import lifecycle, mutability, policies
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.tags import checked
from localcloud.ecr.state import Registry, Template

_DEFAULTS: Mapping[str, Any] = {
    "encryptionConfiguration": {"encryptionType": encryption.AES256},
    "imageTagMutability": TagMutability.MUTABLE.value,
}
"""What AWS takes for what the creation of a template does not say."""


async def create(asked: Asked) -> Answer:
    given = {**_DEFAULTS, **asked.given}
    key, policy, text = _key(given["prefix"]), given.get("repositoryPolicy"), given.get("lifecyclePolicy")
    if key in asked.registry.templates:
        why = (
            f"The repository creation template with prefix '{key}' already exists in the registry with id "
            f"'{asked.registry.account}'"
        )
        raise EcrError("TemplateAlreadyExistsException", why)
    mode, exclusions = mutability.wanted(given)
    template = asked.registry.templates[key] = Template(
        prefix=given["prefix"],
        description=given.get("description") or None,
        encryption=_encryption(given["encryptionConfiguration"], asked.registry),
        mutability=mode,
        exclusions=exclusions,
        policy=policies.checked(policy, f"template {given['prefix']}") if policy else None,
        lifecycle=lifecycle.checked(text) if text else None,
        tags=_tags(given.get("resourceTags", [])),
        occasions=_occasions(given["appliedFor"]),
        role=_role(asked, given.get("customRoleArn")),
        created_at=asked.now,
    )
    return _answer(asked.registry, template)


async def delete(asked: Asked) -> Answer:
    template = _template(asked.registry, asked.given["prefix"])
    del asked.registry.templates[_key(template.prefix)]
    return _answer(asked.registry, template)


async def describe(asked: Asked) -> Answer:
    registry, prefixes = asked.registry, asked.given.get("prefixes")
    if prefixes is not None:
        refuse_paging(asked, "prefixes")
        found, more = [_template(registry, each) for each in prefixes], dict[str, str]()
    else:
        found, more = page(asked, "DescribeRepositoryCreationTemplates", registry.templates)
    return {"registryId": registry.account, "repositoryCreationTemplates": [_told(each) for each in found], **more}


def _occasions(given: Sequence[str]) -> tuple[Occasion, ...]:
    if not given:
        raise invalid_parameter("appliedFor", "Member must have length greater than or equal to 1")
    return tuple(Occasion(each) for each in dict.fromkeys(given))


def _role(asked: Asked, role: str | None) -> str | None:
    if not role:
        return None
    _require_role(role, asked.registry)
    authorize.require_pass_role(asked.call, role, asked.registry)
    return role


def _require_role(role: str, registry: Registry) -> None:
    arn = Arn.parse(role)
    own = (REGIONS[registry.region].id, "iam", "", registry.account)
    if arn is None or (arn.partition, arn.service, arn.region, arn.account) != own or not _names_role(arn):
        raise invalid_parameter("customRoleArn", "must be the ARN of a role in the registry's account")


def _names_role(arn: Arn) -> bool:
    kind, _, name = arn.resource.partition("/")
    return kind == "role" and bool(name)


def _encryption(given: Mapping[str, str], registry: Registry) -> dict[str, str]:
    # The pattern of kmsKey takes an empty text: it is not a key.
    configuration = {name: value for name, value in given.items() if value}
    encryption.encryption_type(configuration, registry)
    return configuration


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    try:
        return checked(given, {})
    except EcrError as refused:
        # The operations on templates don't have the errors of those on tags.
        raise invalid_parameter("resourceTags", refused.message) from refused


def _key(prefix: str) -> str:
    return prefix.removesuffix("/")


def _template(registry: Registry, prefix: str) -> Template:
    template = registry.templates.get(_key(prefix))
    if template is None:
        text = (
            f"The repository creation template with prefix '{_key(prefix)}' does not exist in the registry with id "
            f"'{registry.account}'"
        )
        raise EcrError("TemplateNotFoundException", text)
    return template


def _answer(registry: Registry, template: Template) -> Answer:
    return {"registryId": registry.account, "repositoryCreationTemplate": _told(template)}


def _told(template: Template) -> Answer:
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
        **mutability.told(template.mutability, template.exclusions),
        "appliedFor": [each.value for each in template.occasions],
        "createdAt": template.created_at,
        "updatedAt": template.created_at,
        **{name: value for name, value in optional.items() if value is not None},
    }
