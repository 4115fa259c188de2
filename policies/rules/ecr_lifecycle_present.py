"""Every repository has a lifecycle policy."""

from collections import defaultdict
from collections.abc import Sequence

from policies.checks.input_values import is_unknown
from policies.pack.rule import CheckedResource, Finding, Parameters, RuleContext, StackResults, StackRule, Undecided
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    with_policy: dict[tuple[str | None, str | None], set[object]] = defaultdict(set)
    for resource in resources:
        if resource.type == LIFECYCLE_POLICY and _is_set(resource.inputs.get("policy")):
            name = resource.inputs.get("repository")
            if isinstance(name, str):
                with_policy[resource.provider, resource.region].add(name)
    for resource in resources:
        # A retiring repository needs a policy too: its images cost until it is deleted.
        if resource.type == REPOSITORY:
            name, names = resource.inputs.get("name"), with_policy[resource.provider, resource.region]
            known = name is not None and not is_unknown(name)
            if known and name in names:
                continue
            undecided = names and (not known or any(map(is_unknown, names)))
            yield resource, Undecided(("name",)) if undecided else Finding("has no lifecycle policy")


def _is_set(policy: object) -> bool:
    return bool(policy.strip()) if isinstance(policy, str) else bool(policy)


RULE = StackRule(
    id="ecr-lifecycle-present",
    title="Every repository has a lifecycle policy",
    severity="medium",
    risk="Images accumulate: storage costs grow, old images with vulnerabilities stay available, and a repository that "
    "reaches its quota rejects pushes.",
    remediation="Declare a LifecyclePolicy for the repository, in the same account and region (retention in the "
    "catalog). A replica needs its own.",
    controls=(
        "Security Hub ECR.3",
        "NIST 800-53 r5 CA-9(1)",
        "NIST 800-53 r5 CM-2",
        "NIST 800-53 r5 CM-2(2)",
        "Control Tower CT.ECR.PR.1",
    ),
    parameters=Parameters,
    types=(REPOSITORY, LIFECYCLE_POLICY),
    check=check,
)
