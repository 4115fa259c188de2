"""Every repository has a lifecycle policy."""

from collections import defaultdict
from collections.abc import Sequence

from policies.checks.input_values import is_unknown
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    RuleContext,
    Severity,
    StackResults,
    StackRule,
    Undecided,
)
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY

_Registry = tuple[str | None, str | None]


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    with_policy: dict[_Registry, set[object]] = defaultdict(set)
    for resource in resources:
        if resource.type == LIFECYCLE_POLICY and _is_set(resource.inputs.get("policy")):
            name = resource.inputs.get("repository")
            if isinstance(name, str):
                with_policy[resource.provider, resource.region].add(name)
    for resource in resources:
        if resource.type == REPOSITORY:
            result = _check_name(resource.inputs.get("name"), with_policy[resource.provider, resource.region])
            if result is not None:
                yield resource, result


def _check_name(name: object, with_policy: set[object]) -> CheckResult | None:
    """A retiring repository needs a policy too: its images cost until it is deleted."""
    known = name is not None and not is_unknown(name)
    if known and name in with_policy:
        return None
    if with_policy and (not known or any(map(is_unknown, with_policy))):
        return Undecided(("name",))
    return Finding("has no lifecycle policy")


def _is_set(policy: object) -> bool:
    return bool(policy.strip()) if isinstance(policy, str) else bool(policy)


RULE = StackRule(
    id="ecr-lifecycle-present",
    title="Every repository has a lifecycle policy",
    severity=Severity.MEDIUM,
    risk="Images accumulate: storage costs grow, old images with vulnerabilities stay available, and a repository that "
    "reaches its quota rejects pushes.",
    remediation="Declare a LifecyclePolicy for the repository, in the same account and region (retention in the "
    "catalog). A replica needs its own.",
    controls=("Security Hub ECR.3", "Control Tower CT.ECR.PR.1"),
    parameters=Parameters,
    types=(REPOSITORY, LIFECYCLE_POLICY),
    check=check,
)
