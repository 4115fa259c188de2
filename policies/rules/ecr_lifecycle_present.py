"""Every repository says which of its images go."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from policies.checks.input_values import is_unknown
from policies.pack.rule import Finding, Given, Parameters, Resource, Severity, StackRule, Undecided, Verdict
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY

_Registry = tuple[str | None, str | None]


def check(resources: Sequence[Resource], _given: Given[Parameters]) -> Iterator[tuple[Resource, Verdict]]:
    named: dict[_Registry, set[object]] = defaultdict(set)
    for resource in resources:
        if resource.type == LIFECYCLE_POLICY and _says_something(resource.inputs.get("policy")):
            name = resource.inputs.get("repository")
            if isinstance(name, str):
                named[resource.provider, resource.region].add(name)
    for resource in resources:
        if resource.type == REPOSITORY:
            verdict = _verdict(resource.inputs.get("name"), named[resource.provider, resource.region])
            if verdict is not None:
                yield resource, verdict


def _verdict(name: object, named: set[object]) -> Verdict | None:
    """A retiring repository needs one too: its images cost until they are gone."""
    known = name is not None and not is_unknown(name)
    if known and name in named:
        return None
    if named and (not known or any(map(is_unknown, named))):
        return Undecided(("name",))
    return Finding("has no lifecycle policy")


def _says_something(policy: object) -> bool:
    return bool(policy.strip()) if isinstance(policy, str) else bool(policy)


RULE = StackRule(
    id="ecr-lifecycle-present",
    title="Every repository has a lifecycle policy",
    severity=Severity.MEDIUM,
    risk="Images pile up for ever: they cost, they hold vulnerabilities that nobody mends, and at last the repository "
    "is full and takes no push.",
    remediation="Declare a LifecyclePolicy for the repository, in the same account and region (retention in the "
    "catalog; a replica needs one of its own).",
    controls=("Security Hub ECR.3", "Control Tower CT.ECR.PR.1"),
    parameters=Parameters,
    types=(REPOSITORY, LIFECYCLE_POLICY),
    check=check,
)
