"""Environments, policies, rulesets and variables of GitHub repositories as the inputs of resources."""

from typing import Any

from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE, RULESET
from resources.providers import GITHUB_PROVIDER
from tests.policies.conftest import Declared

PROVIDER = Declared(type=GITHUB_PROVIDER, inputs={"owner": "acme"}, name="acme", region=None)
OTHER_PROVIDER = Declared(type=GITHUB_PROVIDER, inputs={"owner": "globex"}, name="globex", region=None)
NAMED = {"protectedBranches": False, "customBranchPolicies": True}
EVERY = "admits every branch and tag"
PROTECTED = "admits protected branches, which are all branches where the repository has no protection rule"


def _declared(kind: str, name: str, inputs: dict[str, Any], provider: Declared) -> Declared:
    given = {key: value for key, value in inputs.items() if value is not None}
    return Declared(type=kind, inputs=given, name=name, provider=f"{provider.urn}::id", region=None)


def environment(
    name: object = "production", repository: object = "payments-api", provider: Declared = PROVIDER, **inputs: Any
) -> Declared:
    """One that admits the refs which policies name, where nothing else is said."""
    own = {"canAdminsBypass": False, "deploymentBranchPolicy": NAMED, **inputs}
    written = {"repository": repository, "environment": name, **own}
    return _declared(ENVIRONMENT, f"environment {name}", written, provider)


def admits(
    key: str, text: object, name: object = "production", repository: object = "payments-api",
    provider: Declared = PROVIDER,
) -> Declared:  # fmt: skip
    """A policy, whose key is branch or tag."""
    written = {"repository": repository, "environment": name, f"{key}Pattern": text}
    return _declared(DEPLOYMENT_POLICY, f"{key} {text}", written, provider)


def environment_variable(name: str, value: object = "a value", repository: str = "container-registry") -> Declared:
    written = {"repository": repository, "environment": "dev", "variableName": name, "value": value}
    return _declared(ENVIRONMENT_VARIABLE, f"variable {name}", written, PROVIDER)


def ruleset(name: str = "main", repository: str = "container-registry", **inputs: Any) -> Declared:
    """As docs/ci.md has it."""
    written = {
        "name": name,
        "repository": repository,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        "bypassActors": [{"actorType": "RepositoryRole", "actorId": 5.0, "bypassMode": "pull_request"}],
        "rules": rules(),
    }
    return _declared(RULESET, f"ruleset {name}", {**written, **inputs}, PROVIDER)


def rules(**parts: Any) -> dict[str, Any]:
    """Those of docs/ci.md, but for the parts that are given; one that is None is absent."""
    written = {
        "deletion": True,
        "nonFastForward": True,
        "pullRequest": {"requireCodeOwnerReview": True, "requiredApprovingReviewCount": 1.0},
        "requiredStatusChecks": checks(),
        **parts,
    }
    return {key: value for key, value in written.items() if value is not None}


def checks(*names: str, app: float | None = 15368.0, strict: bool | None = True) -> dict[str, Any]:
    required = [
        {"context": each, **({} if app is None else {"integrationId": app})} for each in names or ("offline", "gate")
    ]
    return {"requiredChecks": required, **({} if strict is None else {"strictRequiredStatusChecksPolicy": strict})}
