"""A pull-through cache logs in where its upstream asks for it, with a secret of its own registry, and nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
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
from policies.checks.locations import Place, Places
from policies.pack.rule import Finding, Given, Parameters, Resource, Severity, StackRule, Undecided, Verdict
from resources import PROVIDER
from resources.ecr import PULL_THROUGH_RULE

_URL, _SECRET, _ROLE = "upstreamRegistryUrl", "credentialArn", "customRoleArn"


class CacheCredentials(Parameters):
    upstreams: tuple[str, ...] = Field(
        tuple(each.name for each in UPSTREAMS), description="the registries that may be cached"
    )


def check(resources: Sequence[Resource], given: Given[CacheCredentials]) -> Iterator[tuple[Resource, Verdict]]:
    places = Places(resources)
    for resource in resources:
        if resource.type == PULL_THROUGH_RULE:
            verdicts = _verdicts(resource.inputs, places.of(resource), given.parameters.upstreams)
            yield from ((resource, each) for each in verdicts)


def _verdicts(inputs: Mapping[str, Any], place: Place, allowed: Sequence[str]) -> Iterator[Verdict]:
    url = inputs.get(_URL)
    if is_unknown(url):
        yield Undecided((_URL,))
        return
    upstream = upstream_of(url) if isinstance(url, str) else None
    if upstream is None or not isinstance(url, str):
        known = ", ".join(each.form for each in UPSTREAMS)
        yield Finding(f"is for {url!r}, which ECR does not cache: known are {known}", (_URL,))
        return
    if upstream.name not in allowed:
        yield Finding(f"caches {upstream.name}: allowed are {', '.join(allowed) or 'none'}", (_URL,))
    yield from _secret(upstream, inputs.get(_SECRET), place)
    yield from _role(url, inputs.get(_ROLE), place)


def _secret(upstream: Upstream, arn: object, place: Place) -> Iterator[Verdict]:
    required = upstream.credentials is Credentials.REQUIRED
    if required and is_unknown(arn):
        return
    if required and arn and (place.account is None or place.region is None):
        yield Undecided((_SECRET,))
        return
    written = str(arn) if arn else None
    for problem in credential_problems(upstream, written, account=place.account or "", region=place.region or ""):
        yield _finding(_SECRET, problem)


def _role(url: str, arn: object, place: Place) -> Iterator[Verdict]:
    """An upstream in another account is read as a role of this one."""
    private = private_registry(url) is not None
    if private and is_unknown(arn):
        return
    if private and place.account is None:
        yield Undecided((_ROLE,))
        return
    for problem in custom_role_problems(url, str(arn) if arn else None, account=place.account or ""):
        yield _finding(_ROLE, problem)


def _finding(key: str, problem: Problem) -> Finding:
    return Finding(f"{key} {problem.message} ({problem.fix})", (key,))


RULE = StackRule(
    id="ecr-pull-through-credentials",
    title="Pull-through caches log in as their upstreams ask, and cache allowed ones alone",
    severity=Severity.MEDIUM,
    risk="Images of a registry that nobody chose run as if they were the company's own; or the first pull fails, "
    "because ECR may not read the secret, or the upstream lets nobody in without one.",
    remediation="Give a rule for an upstream with a login the ARN of a secret in its own account and region, whose "
    "name begins with ecr-pullthroughcache/, one for another account's ECR a custom role, and the others neither. "
    "Name each provider's account in allowedAccountIds.",
    parameters=CacheCredentials,
    types=(PULL_THROUGH_RULE, PROVIDER),
    check=check,
)
