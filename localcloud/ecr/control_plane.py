"""Amazon ECR's control plane: which operations there are, what each is about, and the permission it needs."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from botocore import xform_name

from domain.aws import REGIONS, Arn, account_problems, region_problems
from domain.ecr.limits import REPOSITORY_NAME_MAX_LENGTH
from domain.ecr.names import repository_name_problems
from domain.iam.access import Context
from localcloud.api_input import ConstraintViolation, input_members, member_names
from localcloud.calls import Call, request_tags
from localcloud.ecr import authorize
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.call_records import record_call
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
    """What an operation is about, the resource of its authorization, by the member of its input that names it."""

    REPOSITORY = "repositoryName"
    REPOSITORIES = "repositoryNames"
    """Or all of the registry's."""
    ARN = "resourceArn"
    REGISTRY = None
    """In the service authorization reference, an action without resource types."""


@dataclass(frozen=True, slots=True)
class Operation:
    answer: Callable[[OperationRequest], Awaitable[Answer]]
    about: About


def _operations() -> Iterator[tuple[str, Operation]]:
    """Those of AWS's operations that one of the modules has a function for, by their names in the API."""
    functions = {name: each for module in _MODULES for name, each in vars(module).items()}
    for name in service_model(_ECR).operation_names:
        if answer := functions.get(xform_name(name)):
            members = member_names(_ECR, name)
            about = next((each for each in About if each.value in members), About.REGISTRY)
            yield name, Operation(answer, about)


_ECR = "ecr"
_MODULES = (
    account_settings, cache_rules, policy_texts, replication_settings, repositories, repository_images, scan_settings,
    templates,
)  # fmt: skip
OPERATIONS: Mapping[str, Operation] = dict(_operations())
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
        try:
            answer = await self._answer(operation, built, parameters, call)
        except EcrError as error:
            record_call(operation, parameters, call, self._services.events, error=error)
            raise
        record_call(operation, parameters, call, self._services.events, answer=answer)
        return answer

    async def _answer(self, operation: str, built: Operation, parameters: Mapping[str, Any], call: Call) -> Answer:
        given = accepted_input(operation, parameters)
        registry, names = self._place(built.about, given, call)
        request = OperationRequest(
            call=call, registry=registry, names=names, input=given, now=datetime.now(UTC), services=self._services
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
    return {**request_tags(tags), **made_with}


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
