"""A repository of GitHub's that pushes: its environments, their variables, the rules of its default branch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.component import Component
from domain.github_source import (
    ACTIONS_APP,
    BRANCHES,
    TAGS,
    Environment,
    GitHubRepository,
    Ruleset,
    Variable,
    import_id,
)
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE, RULESET

PLUGIN_VERSION = "6.15.0"
"""Of pulumi-github, whose SDK nothing here needs."""
RULESET_NAME = "container-registry"
_ADMINISTRATORS = 5
"""https://docs.github.com/en/rest/repos/rules: the role of a repository."""


@dataclass(frozen=True, kw_only=True)
class SourceRepositoryArgs:
    """One repository, which exists already."""

    repository: GitHubRepository


class SourceRepository(Component):
    """What the stack declares of the repository; what an adopted one has already is imported."""

    def __init__(self, name: str, args: SourceRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, pulumi.ResourceOptions.merge(opts, _before(args.repository)))
        self._name, self._repository = name, args.repository
        for environment in args.repository.environments:
            self._environment(environment)
        for variable in args.repository.variables:
            self._declare(REPOSITORY_VARIABLE, (variable.name,), _variable(variable))
        if args.repository.ruleset:
            self._declare(RULESET, (), _ruleset(args.repository.ruleset))
        self.register_outputs({})

    def _environment(self, environment: Environment) -> None:
        name, after = (
            {"environment": environment.name},
            [self._declare(ENVIRONMENT, (environment.name,), _of(environment))],
        )
        patterns = [("branchPattern", BRANCHES, each) for each in environment.branches]
        patterns += [("tagPattern", TAGS, each) for each in environment.tags]
        for kind, prefix, pattern in patterns:
            parts = (environment.name, f"{prefix}{pattern}")
            self._declare(DEPLOYMENT_POLICY, parts, {**name, kind: pattern}, after)
        for variable in environment.variables:
            self._declare(
                ENVIRONMENT_VARIABLE, (environment.name, variable.name), {**name, **_variable(variable)}, after
            )

    def _declare(
        self,
        token: str,
        parts: tuple[str, ...],
        inputs: Mapping[str, Any],
        after: Sequence[pulumi.Resource] = (),
    ) -> pulumi.Resource:
        """By the type's name alone: the SDK takes a third of a second to import."""
        opts = self.child(depends_on=list(after), import_=self._import_id(token, parts))
        return pulumi.CustomResource(
            token, import_id(self._name, *parts), {"repository": self._repository.name, **inputs}, opts
        )

    def _import_id(self, token: str, parts: tuple[str, ...]) -> str | None:
        """By its name; a policy and a ruleset by the number that GitHub gave it, where the stack's file has that."""
        adopt, repository = self._repository.adopt, self._repository.name
        if adopt is None:
            return None
        numbers = {RULESET: adopt.ruleset, DEPLOYMENT_POLICY: adopt.policies.get(parts)}
        if token not in numbers:
            return import_id(repository, *parts)
        number = numbers[token]
        return import_id(repository, *parts[:-1], str(number)) if number else None


def _before(repository: GitHubRepository) -> pulumi.ResourceOptions | None:
    """The name that it had, under which its children are found, too: theirs begin with it."""
    if repository.renamed_from is None:
        return None
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{repository.owner}/{repository.renamed_from}")])


def github_options(owner: str) -> pulumi.ResourceOptions:
    """Options for what is at GitHub of the owner. The plugin reads its token from the environment: the SDK's own class
    would read it here, into the state."""
    versioned = pulumi.ResourceOptions(version=PLUGIN_VERSION)
    return pulumi.ResourceOptions(provider=pulumi.ProviderResource("github", owner, {"owner": owner}, versioned))


def _of(environment: Environment) -> dict[str, Any]:
    reviewers = environment.reviewers
    ids = {"teams": list(reviewers.teams), "users": list(reviewers.users)}
    return {
        "environment": environment.name,
        "canAdminsBypass": environment.admins_bypass,
        "preventSelfReview": environment.prevent_self_review,
        **({"waitTimer": environment.wait_minutes} if environment.wait_minutes else {}),
        **({"reviewers": [{kind: some for kind, some in ids.items() if some}]} if reviewers else {}),
        **({"deploymentBranchPolicy": _BY_PATTERNS} if environment.admits else {}),
    }


_BY_PATTERNS = {"protectedBranches": False, "customBranchPolicies": True}


def _variable(variable: Variable) -> dict[str, Any]:
    return {"variableName": variable.name, "value": variable.value}


def _ruleset(ruleset: Ruleset) -> dict[str, Any]:
    """As docs/ci.md explains it."""
    checks = {
        "requiredChecks": [{"context": each, "integrationId": ACTIONS_APP} for each in ruleset.checks],
        "strictRequiredStatusChecksPolicy": True,
    }
    review = {
        "requiredApprovingReviewCount": 1,
        "requireCodeOwnerReview": True,
        "requireLastPushApproval": True,
        "dismissStaleReviewsOnPush": True,
        "requiredReviewThreadResolution": True,
    }
    administrators = {"actorType": "RepositoryRole", "actorId": _ADMINISTRATORS, "bypassMode": "pull_request"}
    return {
        "name": RULESET_NAME,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        "bypassActors": [administrators] if ruleset.review else [],
        "rules": {
            **({"requiredStatusChecks": checks} if ruleset.checks else {}),
            **({"deletion": True, "nonFastForward": True, "pullRequest": review} if ruleset.review else {}),
            **({"requiredLinearHistory": True} if ruleset.linear_history else {}),
            **({"requiredSignatures": True} if ruleset.signed_commits else {}),
        },
    }
