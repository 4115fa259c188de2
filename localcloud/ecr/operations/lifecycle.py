"""Lifecycle policies: kept and told. Nothing expires here by itself."""

import json
from datetime import UTC, datetime

from domain.ecr.lifecycle_grammar import validate_text
from domain.problems import Problem
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked

_NEVER = datetime.fromtimestamp(0, UTC)
"""What AWS tells as lastEvaluatedAt of a policy that was not evaluated yet."""


async def put(asked: Asked) -> Answer:
    repository = asked.repository
    repository.lifecycle = checked(asked.given["lifecyclePolicyText"])
    return {**asked.ids(), "lifecyclePolicyText": repository.lifecycle}


async def get(asked: Asked) -> Answer:
    return {**asked.ids(), "lifecyclePolicyText": _text(asked), "lastEvaluatedAt": _NEVER}


async def delete(asked: Asked) -> Answer:
    text = _text(asked)
    asked.repository.lifecycle = None
    return {**asked.ids(), "lifecyclePolicyText": text, "lastEvaluatedAt": _NEVER}


def checked(text: str) -> str:
    """The policy as AWS keeps it: compact, its rules in the order of their priority; raises for what AWS refuses."""
    if problems := validate_text(text):
        faults = "; ".join(_told(each) for each in problems)
        raise invalid_parameter("LifecyclePolicyText", f"Lifecycle policy validation failure: {faults}")
    document = json.loads(text)
    document["rules"].sort(key=lambda rule: rule["rulePriority"])
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _text(asked: Asked) -> str:
    text = asked.repository.lifecycle
    if text is None:
        why = (
            f"Lifecycle policy does not exist for the repository with name '{asked.name}' "
            f"in the registry with id '{asked.registry.account}'"
        )
        raise EcrError("LifecyclePolicyNotFoundException", why)
    return text


def _told(problem: Problem) -> str:
    place = ".".join(map(str, problem.path))
    return f"{place}{' ' if place else ''}{problem.message}, {problem.fix}"
