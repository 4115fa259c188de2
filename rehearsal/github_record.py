"""What a stack declares at GitHub, in place of GitHub: which branches and tags enter an environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.github_patterns import name_matches
from domain.github_source import BRANCHES, TAGS
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE

RECORDED = (ENVIRONMENT, DEPLOYMENT_POLICY, ENVIRONMENT_VARIABLE)
_PREFIXES = {"branchPattern": BRANCHES, "tagPattern": TAGS}


@dataclass(slots=True)
class EnvironmentRecord:
    """One environment; a policy by patterns admits what one of them matches."""

    has_patterns: bool
    patterns: list[tuple[str, str]] = field(default_factory=list)
    """The beginning of refs of its kind, and the pattern of names."""
    variables: dict[str, str] = field(default_factory=dict)

    def admits(self, ref: str) -> bool:
        if not self.has_patterns:
            return True
        return any(
            ref.startswith(prefix) and name_matches(pattern, ref.removeprefix(prefix))
            for prefix, pattern in self.patterns
        )


@dataclass(frozen=True, slots=True)
class GitHubRecord:
    """By owner/name and environment, whose case makes no difference to GitHub."""

    environments: dict[tuple[str, str], EnvironmentRecord] = field(default_factory=dict)

    def declare(self, token: str, owner: str, inputs: Mapping[str, Any]) -> None:
        """An environment comes before what is in it; of other types no proof asks."""
        key = _key(f"{owner}/{inputs['repository']}", str(inputs.get("environment", "")))
        if token == ENVIRONMENT:
            policy = inputs.get("deploymentBranchPolicy") or {}
            self.environments[key] = EnvironmentRecord(has_patterns=policy.get("customBranchPolicies") is True)
        elif token == DEPLOYMENT_POLICY:
            found = ((prefix, inputs[kind]) for kind, prefix in _PREFIXES.items() if kind in inputs)
            self.environments[key].patterns += found
        elif token == ENVIRONMENT_VARIABLE:
            self.environments[key].variables[inputs["variableName"]] = inputs["value"]

    def environment(self, repository: str, name: str) -> EnvironmentRecord | None:
        return self.environments.get(_key(repository, name))


def _key(repository: str, environment: str) -> tuple[str, str]:
    return repository.casefold(), environment.casefold()
