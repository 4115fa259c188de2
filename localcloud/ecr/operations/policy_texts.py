"""The policies of a repository and of a registry, and lifecycle policies, by which nothing expires here by itself."""

import json
from datetime import UTC, datetime
from typing import TypeVar

from domain.ecr.lifecycle_grammar import validate_text
from domain.iam.access import Policy
from domain.iam.document import Document, InvalidDocument, parse
from domain.iam.statement import Statement
from domain.problems import Problem
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.authorize import may_under
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredPolicy

_TEXT = "PolicyText"
_OWN_PREFIX = "ecr:"
_T = TypeVar("_T")

_NEVER = datetime.fromtimestamp(0, UTC)
"""What AWS answers as lastEvaluatedAt of a policy that was not evaluated yet."""


async def set_repository_policy(request: OperationRequest) -> Answer:
    repository = request.repository
    given = stored_policy(request.input["policyText"], repository.name)
    if not request.input.get("force", False) and not may_under(
        request.call, "SetRepositoryPolicy", request.registry, repository, given.policy
    ):
        why = "The policy would keep you from setting another one in the future; to set it none the less, use force"
        raise invalid_parameter(_TEXT, why)
    repository.policy = given
    return {**request.ids(), "policyText": given.text}


async def get_repository_policy(request: OperationRequest) -> Answer:
    return {**request.ids(), "policyText": _of_repository(request).text}


async def delete_repository_policy(request: OperationRequest) -> Answer:
    policy = _of_repository(request)
    request.repository.policy = None
    return {**request.ids(), "policyText": policy.text}


async def put_registry_policy(request: OperationRequest) -> Answer:
    text = request.input["policyText"]
    document = _document(text, "registry")
    for statement in document.statements:
        if not _has_principal(statement):
            raise _invalid("registry", "each statement needs a Principal")
        if statement.resources is None and statement.not_resources is None:
            raise _invalid("registry", "each statement needs a Resource")
    request.registry.policy = StoredPolicy(text=text, policy=Policy(name="registry", document=document))
    return {"registryId": request.registry.account, "policyText": text}


async def get_registry_policy(request: OperationRequest) -> Answer:
    return {"registryId": request.registry.account, "policyText": _of_registry(request).text}


async def delete_registry_policy(request: OperationRequest) -> Answer:
    policy = _of_registry(request)
    request.registry.policy = None
    return {"registryId": request.registry.account, "policyText": policy.text}


def stored_policy(text: str, name: str) -> StoredPolicy:
    """The text as a repository's policy, under the name that messages show; raises for what AWS refuses."""
    document = _document(text, "repository")
    if any(not _has_principal(each) for each in document.statements):
        raise _invalid("repository", "each statement needs a Principal")
    return StoredPolicy(text=text, policy=Policy(name=name, document=document))


def _document(text: str, kind: str) -> Document:
    try:
        document = parse(text)
    except InvalidDocument as invalid:
        raise _invalid(kind, str(invalid)) from invalid
    for statement in document.statements:
        for action in statement.actions or statement.not_actions or ():
            if action.written != "*" and not action.folded.startswith(_OWN_PREFIX):
                raise _invalid(kind, f"{action.written} is not an action of Amazon ECR")
    return document


def _has_principal(statement: Statement) -> bool:
    return statement.principals is not None or statement.not_principals is not None


def _of_repository(request: OperationRequest) -> StoredPolicy:
    return _existing(request.repository.policy, "Repository", _place(request))


def _of_registry(request: OperationRequest) -> StoredPolicy:
    return _existing(request.registry.policy, "Registry", f"in the registry with id '{request.registry.account}'")


def _existing(policy: _T | None, kind: str, place: str) -> _T:
    if policy is None:
        raise EcrError(f"{kind}PolicyNotFoundException", f"{kind} policy does not exist {place}")
    return policy


def _place(request: OperationRequest) -> str:
    return f"for the repository with name '{request.name}' in the registry with id '{request.registry.account}'"


def _invalid(kind: str, why: str) -> EcrError:
    """AWS's words, and then ours: AWS never says what it dislikes."""
    return invalid_parameter(_TEXT, f"Invalid {kind} policy provided: {why}")


async def put_lifecycle_policy(request: OperationRequest) -> Answer:
    repository = request.repository
    repository.lifecycle = lifecycle_policy(request.input["lifecyclePolicyText"])
    return {**request.ids(), "lifecyclePolicyText": repository.lifecycle}


async def get_lifecycle_policy(request: OperationRequest) -> Answer:
    return {**request.ids(), "lifecyclePolicyText": _lifecycle_of(request), "lastEvaluatedAt": _NEVER}


async def delete_lifecycle_policy(request: OperationRequest) -> Answer:
    text = _lifecycle_of(request)
    request.repository.lifecycle = None
    return {**request.ids(), "lifecyclePolicyText": text, "lastEvaluatedAt": _NEVER}


def lifecycle_policy(text: str) -> str:
    """The policy as AWS keeps it: compact, its rules in the order of their priority; raises for what AWS refuses."""
    if problems := validate_text(text):
        faults = "; ".join(_problem_text(each) for each in problems)
        raise invalid_parameter("LifecyclePolicyText", f"Lifecycle policy validation failure: {faults}")
    document = json.loads(text)
    document["rules"].sort(key=lambda rule: rule["rulePriority"])
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _lifecycle_of(request: OperationRequest) -> str:
    return _existing(request.repository.lifecycle, "Lifecycle", _place(request))


def _problem_text(problem: Problem) -> str:
    place = ".".join(map(str, problem.path))
    return f"{place}{' ' if place else ''}{problem.message}, {problem.fix}"
