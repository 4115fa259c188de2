"""Environments that deploy are entered after a review, or from branches and tags that are named."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from pydantic import Field

from policies.checks.github_environments import (
    KINDS,
    POLICY,
    DeclaredEnvironment,
    environments,
    has_unknown_name,
)
from policies.checks.input_values import as_list, holds_unknown, is_unknown, value_at
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT
from resources.providers import GITHUB_PROVIDER

_REVIEWERS, _BYPASS = "reviewers", "canAdminsBypass"


class EnvironmentParameters(Parameters):
    open: tuple[str, ...] = Field(
        ("preview-*",), description="environments that every branch can enter without a review; `*` matches any text"
    )


def check(resources: Sequence[CheckedResource], context: RuleContext[EnvironmentParameters]) -> StackResults:
    yield from ((each, Undecided(("environment",))) for each in resources if _is_undecided(each))
    for environment in environments(resources):
        name = environment.name.casefold()
        if not any(fnmatchcase(name, each.casefold()) for each in context.parameters.open):
            yield from _check_environment(environment)


def _is_undecided(resource: CheckedResource) -> bool:
    return resource.type in (ENVIRONMENT, DEPLOYMENT_POLICY) and has_unknown_name(resource)


def _check_environment(environment: DeclaredEnvironment) -> Iterator[tuple[CheckedResource, CheckResult]]:
    resource = environment.resource
    if resource.inputs.get(_BYPASS) is None:
        message = "does not say whether administrators bypass its protection, which they do"
        yield resource, Finding(message, (_BYPASS,), f"set {_BYPASS} to false, or to true on purpose")
    if _has_reviewers(resource):
        return
    if environment.is_undecided:
        yield resource, Undecided((POLICY,))
    elif why := environment.why_unrestricted:
        yield resource, Finding(f"has no reviewers and {why}", (POLICY,))
    for each in environment.patterns if environment.why_unrestricted is None else ():
        if is_unknown(each.text):
            yield each.resource, Undecided((each.key,))
        elif each.is_every:
            message = f"admits every {KINDS[each.key]} ({each.text}) to an environment without reviewers"
            yield each.resource, Finding(message, (each.key,))


def _has_reviewers(environment: CheckedResource) -> bool:
    """Reviewers that are not known yet count as given."""
    blocks = as_list(environment.inputs.get(_REVIEWERS))
    return any(is_unknown(each) for each in blocks) or any(
        holds_unknown(who) or as_list(who)
        for each in blocks
        for who in (value_at(each, "teams"), value_at(each, "users"))
    )


RULE = StackRule(
    id="github-environment-protected",
    title="Environments of GitHub that deploy have reviewers, or name the branches and tags that they admit",
    severity="high",
    risk="Everyone who can push any branch of the repository can push images or deploy the stack, with a workflow that "
    "no one has reviewed.",
    remediation="Give the environment reviewers (`github: environments`), or deploymentBranchPolicy with "
    "customBranchPolicies and a RepositoryEnvironmentDeploymentPolicy for each branch and pattern of tags. Set "
    "canAdminsBypass, whose default is true.",
    controls=("OWASP CICD-SEC-1",),
    parameters=EnvironmentParameters,
    types=(ENVIRONMENT, DEPLOYMENT_POLICY, GITHUB_PROVIDER),
    check=check,
)
