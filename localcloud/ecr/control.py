"""Amazon ECR's control plane: which operations there are, what each is about, and who may ask it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from domain.aws import REGIONS, Arn, account_problems, region_problems
from domain.ecr.limits import REPOSITORY_NAME_MAX_LENGTH
from domain.ecr.names import repository_name_problems
from domain.iam.access import Context
from localcloud.call import Call
from localcloud.ecr import authorize
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.input import accepted, not_built
from localcloud.ecr.operations import (
    account,
    backfill,
    images,
    lifecycle,
    mutability,
    policies,
    pull_through,
    replication,
    repositories,
    scanning,
    tags,
    templates,
    tokens,
)
from localcloud.ecr.operations.asked import Answer, Asked, Services
from localcloud.ecr.state import Registry


class About(Enum):
    """What an operation is about, which is the resource that IAM is asked of."""

    REGISTRY = "the registry"
    """In the service authorization reference, an action without resource types."""
    REPOSITORY = "the repository that repositoryName names"
    REPOSITORIES = "the repositories that repositoryNames names, or all"
    ARN = "the repository that resourceArn names"


@dataclass(frozen=True, slots=True)
class Operation:
    answer: Callable[[Asked], Awaitable[Answer]]
    about: About


OPERATIONS: Mapping[str, Operation] = {
    "BatchDeleteImage": Operation(images.batch_delete, About.REPOSITORY),
    "BatchGetImage": Operation(images.batch_get, About.REPOSITORY),
    "BatchGetRepositoryScanningConfiguration": Operation(scanning.batch_get, About.REPOSITORIES),
    "CreatePullThroughCacheRule": Operation(pull_through.create, About.REGISTRY),
    "CreateRepository": Operation(repositories.create, About.REPOSITORY),
    "CreateRepositoryCreationTemplate": Operation(templates.create, About.REGISTRY),
    "DeleteLifecyclePolicy": Operation(lifecycle.delete, About.REPOSITORY),
    "DeletePullThroughCacheRule": Operation(pull_through.delete, About.REGISTRY),
    "DeleteRegistryPolicy": Operation(policies.delete_registry_policy, About.REGISTRY),
    "DeleteRepository": Operation(repositories.delete, About.REPOSITORY),
    "DeleteRepositoryCreationTemplate": Operation(templates.delete, About.REGISTRY),
    "DeleteRepositoryPolicy": Operation(policies.delete_repository_policy, About.REPOSITORY),
    "DeregisterPullTimeUpdateExclusion": Operation(account.deregister_exclusion, About.REGISTRY),
    "DescribeImageReplicationStatus": Operation(replication.describe_status, About.REPOSITORY),
    "DescribeImages": Operation(images.describe, About.REPOSITORY),
    "DescribePullThroughCacheRules": Operation(pull_through.describe, About.REGISTRY),
    "DescribeRegistry": Operation(replication.describe_registry, About.REGISTRY),
    "DescribeReplicationBackfillResults": Operation(backfill.describe, About.REGISTRY),
    "DescribeRepositories": Operation(repositories.describe, About.REPOSITORIES),
    "DescribeRepositoryCreationTemplates": Operation(templates.describe, About.REGISTRY),
    "GetAccountSetting": Operation(account.get_setting, About.REGISTRY),
    "GetAuthorizationToken": Operation(tokens.get, About.REGISTRY),
    "GetLifecyclePolicy": Operation(lifecycle.get, About.REPOSITORY),
    "GetRegistryPolicy": Operation(policies.get_registry_policy, About.REGISTRY),
    "GetRegistryScanningConfiguration": Operation(scanning.get_registry_scanning, About.REGISTRY),
    "GetRepositoryPolicy": Operation(policies.get_repository_policy, About.REPOSITORY),
    "ListImages": Operation(images.list_ids, About.REPOSITORY),
    "ListPullTimeUpdateExclusions": Operation(account.list_exclusions, About.REGISTRY),
    "ListReplicationBackfills": Operation(backfill.list_all, About.REGISTRY),
    "ListTagsForResource": Operation(tags.list_all, About.ARN),
    "PutAccountSetting": Operation(account.put_setting, About.REGISTRY),
    "PutImage": Operation(images.put, About.REPOSITORY),
    "PutImageScanningConfiguration": Operation(scanning.put_image_scanning, About.REPOSITORY),
    "PutImageTagMutability": Operation(mutability.put, About.REPOSITORY),
    "PutLifecyclePolicy": Operation(lifecycle.put, About.REPOSITORY),
    "PutRegistryPolicy": Operation(policies.put_registry_policy, About.REGISTRY),
    "PutRegistryScanningConfiguration": Operation(scanning.put_registry_scanning, About.REGISTRY),
    "PutReplicationConfiguration": Operation(replication.put, About.REGISTRY),
    "RegisterPullTimeUpdateExclusion": Operation(account.register_exclusion, About.REGISTRY),
    "SetRepositoryPolicy": Operation(policies.set_repository_policy, About.REPOSITORY),
    "StartReplicationBackfill": Operation(backfill.begin, About.REGISTRY),
    "TagResource": Operation(tags.put, About.ARN),
    "UntagResource": Operation(tags.remove, About.ARN),
}

ACCOUNT_SETTINGS = ("GetAccountSetting", "PutAccountSetting")
_EVERY_REPOSITORY = "*"


class Control:
    """Answers a call: checks its input, then its caller, and only then looks at what there is."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> Answer:
        built = OPERATIONS.get(operation)
        if built is None:
            raise not_built(operation)
        if region_problems(call.region):
            text = f"Credential should be scoped to a valid region, not '{call.region}'."
            raise EcrError("InvalidSignatureException", text)
        given = accepted(operation, parameters)
        registry, names = self._place(built.about, given, call)
        asked = Asked(
            call=call,
            registry=registry,
            names=names,
            given=given,
            now=datetime.now(UTC),
            services=self._services,
        )
        _require_allowed(operation, built.about, asked)
        return await built.answer(asked)

    def _place(self, about: About, given: Mapping[str, Any], call: Call) -> tuple[Registry, tuple[str, ...]]:
        """The registry that the call is about, and the repositories that it names."""
        registries = self._services.registries
        if about is About.ARN:
            owner, name = _repository(given["resourceArn"], call.region)
            return registries.of(owner, call.region), (name,)
        registry = registries.of(given.get("registryId", call.account), call.region)
        if about is About.REPOSITORY:
            return registry, (given["repositoryName"],)
        return registry, tuple(dict.fromkeys(given.get("repositoryNames", ())))


def _require_allowed(operation: str, about: About, asked: Asked) -> None:
    context = _context(operation, asked.given)
    resources = (None,) if about is About.REGISTRY else asked.names or (_EVERY_REPOSITORY,)
    for action in _actions(operation, asked.given):
        for name in resources:
            authorize.require(asked.call, action, asked.registry, name, context=context)


def _actions(operation: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/supported-iam-actions-tagging.html
    return (operation, "TagResource") if operation == "CreateRepository" and given.get("tags") else (operation,)


def _context(operation: str, given: Mapping[str, Any]) -> Context:
    if operation in ACCOUNT_SETTINGS:
        return {"ecr:AccountSetting": (given["name"],)}
    if operation == "UntagResource":
        return {"aws:TagKeys": tuple(given["tagKeys"])}
    tags = {each["Key"]: each["Value"] for each in given.get("tags", ())}
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, aws:ResourceTag
    made_with = authorize.resource_tags(tags) if operation == "CreateRepository" else {}
    return {**authorize.request_tags(tags), **made_with}


def _repository(resource: str, region: str) -> tuple[str, str]:
    """Account and name of the repository that an ARN names."""
    arn = Arn.parse(resource)
    if arn is None or (arn.partition, arn.service, arn.region) != (REGIONS[region].id, "ecr", region):
        raise _invalid_arn()
    kind, _, name = arn.resource.partition("/")
    # The length first: only then is a hostile name looked at closely.
    if kind != "repository" or len(name) > REPOSITORY_NAME_MAX_LENGTH or repository_name_problems(name):
        raise _invalid_arn()
    if account_problems(arn.account):
        raise _invalid_arn()
    return arn.account, name


def _invalid_arn() -> EcrError:
    return invalid_parameter("resourceArn", "Invalid ARN")
