"""A lifecycle policy does what it says, and leaves releases alone.

No rule by age acts on an image by a protected tag, unless the rules above it identify every such tag. An image goes
with all its tags, so a rule for dev-* takes one that is dev-1 and v1 too. That is a finding where the policy keeps v*
below: who wrote it meant to keep the image. Where it keeps no v* at all it is none, or every policy would have to.
"""

from collections.abc import Iterator

from policies.checks.lifecycle_policies import SoundLifecycle, unsound
from policies.pack.rule import Given, Resource, ResourceRule, Severity, Verdict
from resources.ecr import LIFECYCLE_POLICY


def check(resource: Resource, given: Given[SoundLifecycle]) -> Iterator[Verdict]:
    yield from unsound(resource.inputs, "policy", given.parameters.protected_tags, given.parameters.minimum_kept)


RULE = ResourceRule(
    id="ecr-lifecycle-sound",
    title="Lifecycle policies are valid, every rule can act, and releases are kept",
    severity=Severity.HIGH,
    risk="ECR deletes without asking: a rule that reaches further than it reads takes the image that production starts "
    "from, and a rule that never acts keeps what everybody believes gone. An image goes with all its tags: one with a "
    "release's tag beside the one that a rule is for goes too, unless a rule above that one keeps it.",
    remediation="Put a rule by count for each protected tag above the rules by age (what a rule selects is safe from "
    "the rules below it, of its storage class), and drop the rules that never act.",
    parameters=SoundLifecycle,
    types=(LIFECYCLE_POLICY,),
    check=check,
)
