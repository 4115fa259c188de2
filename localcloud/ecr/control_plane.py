"""Amazon ECR's control plane: which operations there are, what each is about, and the permission it needs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from domain.aws import REGIONS, Arn, account_problems, region_problems
from domain.ecr.limits import REPOSITORY_NAME_MAX_LENGTH
from domain.ecr.names import repository_name_problems
from domain.iam.access import Context
from localcloud.api_input import ConstraintViolation, input_members
from localcloud.calls import Call
from localcloud.ecr import authorize
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.operations import (
    account_settings,
    cache_rules,
    policy_texts,
    replication_settings,
    repositories,
    repository_images,
    scan_settings,
    templates,
)
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredRegistry
from localcloud.ecr.services import Services
from localcloud.protocols import service_model


class About(Enum):
    """What an operation is about: the resource of its authorization."""

    REGISTRY = "the registry"
    """In the service authorization reference, an action without resource types."""
    REPOSITORY = "the repository that repositoryName names"
    REPOSITORIES = "the repositories that repositoryNames names, or all"
    ARN = "the repository that resourceArn names"


@dataclass(frozen=True, slots=True)
class Operation:
    answer: Callable[[OperationRequest], Awaitable[Answer]]
    about: About


_FUNCTIONS: Mapping[About, Sequence[Callable[[OperationRequest], Awaitable[Answer]]]] = {
    About.REGISTRY: (
        account_settings.deregister_pull_time_update_exclusion,
        account_settings.get_account_setting,
        account_settings.get_authorization_token,
        account_settings.list_pull_time_update_exclusions,
        account_settings.put_account_setting,
        account_settings.register_pull_time_update_exclusion,
        cache_rules.create_pull_through_cache_rule,
        cache_rules.delete_pull_through_cache_rule,
        cache_rules.describe_pull_through_cache_rules,
        policy_texts.delete_registry_policy,
        policy_texts.get_registry_policy,
        policy_texts.put_registry_policy,
        replication_settings.describe_registry,
        replication_settings.describe_replication_backfill_results,
        replication_settings.list_replication_backfills,
        replication_settings.put_replication_configuration,
        replication_settings.start_replication_backfill,
        scan_settings.get_registry_scanning_configuration,
        scan_settings.put_registry_scanning_configuration,
        templates.create_repository_creation_template,
        templates.delete_repository_creation_template,
        templates.describe_repository_creation_templates,
    ),
    About.REPOSITORY: (
        policy_texts.delete_lifecycle_policy,
        policy_texts.delete_repository_policy,
        policy_texts.get_lifecycle_policy,
        policy_texts.get_repository_policy,
        policy_texts.put_lifecycle_policy,
        policy_texts.set_repository_policy,
        replication_settings.describe_image_replication_status,
        repositories.create_repository,
        repositories.delete_repository,
        repositories.put_image_tag_mutability,
        repository_images.batch_delete_image,
        repository_images.batch_get_image,
        repository_images.describe_images,
        repository_images.list_images,
        repository_images.put_image,
        scan_settings.put_image_scanning_configuration,
    ),
    About.REPOSITORIES: (
        repositories.describe_repositories,
        scan_settings.batch_get_repository_scanning_configuration,
    ),
    About.ARN: (
        repositories.list_tags_for_resource,
        repositories.tag_resource,
        repositories.untag_resource,
    ),
}
OPERATIONS: Mapping[str, Operation] = {
    "".join(word.capitalize() for word in function.__name__.split("_")): Operation(function, about)
    for about, functions in _FUNCTIONS.items()
    for function in functions
}
"""By their names in the API, as which the functions are called."""

STORED = frozenset(
    {
        "BatchGetRepositoryScanningConfiguration",
        "DeleteLifecyclePolicy",
        "GetLifecyclePolicy",
        "GetRegistryScanningConfiguration",
        "PutImageScanningConfiguration",
        "PutLifecyclePolicy",
        "PutRegistryScanningConfiguration",
    }
)
"""Operations on what is kept and given back, and has no effect here: nothing expires, nothing is scanned."""

ACCOUNT_SETTINGS = ("GetAccountSetting", "PutAccountSetting")
_EVERY_REPOSITORY = "*"
_ECR = "ecr"


class Control:
    """Answers a call: checks its input, then its caller, and only then looks at what there is."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> Answer:
        built = OPERATIONS.get(operation)
        if built is None:
            raise _not_built(operation)
        if region_problems(call.region):
            text = f"Credential should be scoped to a valid region, not '{call.region}'."
            raise EcrError("InvalidSignatureException", text)
        given = accepted_input(operation, parameters)
        registry, names = self._place(built.about, given, call)
        request = OperationRequest(
            call=call,
            registry=registry,
            names=names,
            input=given,
            now=datetime.now(UTC),
            services=self._services,
        )
        _require_allowed(operation, built.about, request)
        return await built.answer(request)

    def _place(self, about: About, given: Mapping[str, Any], call: Call) -> tuple[StoredRegistry, tuple[str, ...]]:
        """The registry that the call is about, and the repositories that it names."""
        registries = self._services.registries
        if about is About.ARN:
            owner, name = _repository(given["resourceArn"], call.region)
            return registries.of(owner, call.region), (name,)
        registry = registries.of(given.get("registryId", call.account), call.region)
        if about is About.REPOSITORY:
            return registry, (given["repositoryName"],)
        return registry, tuple(dict.fromkeys(given.get("repositoryNames", ())))


def _require_allowed(operation: str, about: About, request: OperationRequest) -> None:
    context = _context(operation, request.input)
    resources = (None,) if about is About.REGISTRY else request.names or (_EVERY_REPOSITORY,)
    for action in _actions(operation, request.input):
        for name in resources:
            authorize.require(request.call, action, request.registry, name, context=context)


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


def _not_built(operation: str) -> EcrError:
    """What a call gets that the API does not know, or that only AWS answers."""
    code = "UnknownOperationException"
    if operation in service_model(_ECR).operation_names:
        return EcrError(code, f"{operation} is an operation of Amazon ECR that is not built in the local cloud's ECR")
    return EcrError(code, f"{operation!r} is not an operation of Amazon ECR")


def accepted_input(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The input's known members; raises InvalidParameterException."""
    try:
        return input_members(_ECR, operation, parameters)
    except ConstraintViolation as unmet:
        raise invalid_parameter(unmet.place, unmet.constraint) from unmet
