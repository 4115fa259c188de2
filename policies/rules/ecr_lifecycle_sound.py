"""Lifecycle policies are valid, every rule can act, and releases are kept.

No rule by age may act on an image by a protected tag, unless the rules above it select every such tag. An image expires
with all its tags: a rule for dev-* also expires an image with the tags dev-1 and v1. That is a finding only if a rule
below it keeps v*: otherwise every policy would need such a rule.
"""

from policies.checks.lifecycle_policies import LifecycleParameters, check_lifecycle_policy
from policies.pack.rule import CheckedResource, ResourceRule, Results, RuleContext
from resources.ecr import LIFECYCLE_POLICY


def check(resource: CheckedResource, context: RuleContext[LifecycleParameters]) -> Results:
    yield from check_lifecycle_policy(
        resource.inputs, "policy", context.parameters.protected_tags, context.parameters.minimum_kept
    )


RULE = ResourceRule(
    id="ecr-lifecycle-sound",
    title="Lifecycle policies are valid, every rule can act, and releases are kept",
    severity="high",
    risk="ECR expires images without confirmation: a rule that selects more than intended deletes images that run in "
    "production, and a rule that never acts keeps images that are believed to be gone. An image expires with all its "
    "tags, a release's included, unless a rule above keeps it.",
    remediation="Put a rule by count for each protected tag above the rules by age (images that a rule selects are "
    "ignored by the rules below it, of the same storage class), and remove the rules that never act.",
    parameters=LifecycleParameters,
    types=(LIFECYCLE_POLICY,),
    check=check,
)
