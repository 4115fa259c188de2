"""Pull-through caches have allowed upstreams, with the credentials that each requires."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from domain.ecr.names import private_registry
from domain.ecr.upstreams import (
    UPSTREAMS,
    Credentials,
    Upstream,
    credential_problems,
    custom_role_problems,
    upstream_of,
)
from domain.problems import Problem
from policies.checks.input_values import is_unknown
from policies.checks.locations import Location, ResourceLocations
from policies.pack.rule import (
    CheckedResource,
    Finding,
    Parameters,
    Results,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources import PROVIDER
from resources.ecr import PULL_THROUGH_RULE

_URL, _SECRET, _ROLE = "upstreamRegistryUrl", "credentialArn", "customRoleArn"


class CacheCredentialsParameters(Parameters):
    upstreams: tuple[str, ...] = Field(
        tuple(each.name for each in UPSTREAMS), description="the upstream registries that may be cached"
    )


def check(resources: Sequence[CheckedResource], context: RuleContext[CacheCredentialsParameters]) -> StackResults:
    locations = ResourceLocations(resources)
    for resource in resources:
        if resource.type == PULL_THROUGH_RULE:
            results = _check_cache(resource.inputs, locations.of(resource), context.parameters.upstreams)
            yield from ((resource, each) for each in results)


def _check_cache(inputs: Mapping[str, Any], location: Location, allowed: Sequence[str]) -> Results:
    url = inputs.get(_URL)
    if is_unknown(url):
        yield Undecided((_URL,))
        return
    upstream = upstream_of(url) if isinstance(url, str) else None
    if upstream is None or not isinstance(url, str):
        supported = ", ".join(each.form for each in UPSTREAMS)
        yield Finding(
            f"has the upstream {url!r}, which Amazon ECR does not support: supported are {supported}", (_URL,)
        )
        return
    if upstream.name not in allowed:
        yield Finding(f"has the upstream {upstream.name}: allowed are {', '.join(allowed) or 'none'}", (_URL,))
    yield from _check_secret(upstream, inputs.get(_SECRET), location)
    yield from _check_role(url, inputs.get(_ROLE), location)


def _check_secret(upstream: Upstream, arn: object, location: Location) -> Results:
    required = upstream.credentials is Credentials.REQUIRED
    if required and is_unknown(arn):
        return
    if required and arn and (location.account is None or location.region is None):
        yield Undecided((_SECRET,))
        return
    account, region = location.account or "", location.region or ""
    for problem in credential_problems(upstream, str(arn) if arn else None, account=account, region=region):
        yield _finding(_SECRET, problem)


def _check_role(url: str, arn: object, location: Location) -> Results:
    """An upstream in another account is read with a role of this account."""
    private = private_registry(url) is not None
    if private and is_unknown(arn):
        return
    if private and location.account is None:
        yield Undecided((_ROLE,))
        return
    for problem in custom_role_problems(url, str(arn) if arn else None, account=location.account or ""):
        yield _finding(_ROLE, problem)


def _finding(key: str, problem: Problem) -> Finding:
    return Finding(f"{key} {problem.message} ({problem.fix})", (key,))


RULE = StackRule(
    id="ecr-pull-through-credentials",
    title="Pull-through caches have allowed upstreams and the required credentials",
    severity="medium",
    risk="Images of an unapproved registry run like the company's own; or pulls fail, because ECR can't read the "
    "secret or the upstream requires authentication.",
    remediation="For an upstream that requires authentication, set credentialArn to a secret in the rule's account and "
    "region, whose name begins with ecr-pullthroughcache/; for the ECR registry of another account, set customRoleArn; "
    "for other upstreams, set neither. Set allowedAccountIds on every provider.",
    parameters=CacheCredentialsParameters,
    types=(PULL_THROUGH_RULE, PROVIDER),
    check=check,
)
