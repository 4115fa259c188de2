"""An image that a deployment pinned outlives the tag that moved on from it.

Amazon ECS resolves a tag to a digest, once for each deployment, and starts every later task from that digest
(https://github.com/aws/amazon-ecs-agent/pull/4226). The next push moves the tag, and the image has none. Its age counts
from its push, so that even a long term is no promise; a tag that stays is one."""

from collections.abc import Sequence

from pydantic import Field

from domain.ecr.retention import RetentionEffect, Selector
from policies.checks.moving_tags import POLICY, moving_repositories
from policies.pack.rule import CheckedResource, Finding, Parameters, RuleContext, StackResults, StackRule, Undecided
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY


class OutlivesParameters(Parameters):
    untagged_days_min: int = Field(
        90, ge=1, description="how many days an untagged image must be kept, where tags can move"
    )


def check(resources: Sequence[CheckedResource], context: RuleContext[OutlivesParameters]) -> StackResults:
    least = context.parameters.untagged_days_min
    for resource, found in moving_repositories(resources):
        if isinstance(found, Undecided):
            yield resource, found
            continue
        for rule in found.rules:
            of = rule.rule
            expires = of.selector is Selector.UNTAGGED and of.effect is RetentionEffect.EXPIRE_AFTER_DAYS
            if expires and of.count < least:
                moving = ", ".join(pattern for pattern, _ in found.tags.patterns)
                message = (
                    f"{rule} deletes an image that still runs, once its tag ({moving}) has moved to another: keep "
                    f"untagged images for {least} days"
                )
                yield found.policy, Finding(message, (POLICY, "rules", rule.index))


RULE = StackRule(
    id="ecr-moving-tag-outlives-deployment",
    title="An image that runs outlives the tag that moved on from it",
    severity="medium",
    risk="A deployment by a tag such as latest runs the digest that the tag had. When the tag moves, that image is "
    "untagged and soon deleted: a task that is started, or moved to another host, then can't pull it.",
    remediation="Expire untagged images later than the longest time between two deployments, or deploy by tags that "
    "don't move (no mutable_tags in the catalog).",
    parameters=OutlivesParameters,
    types=(REPOSITORY, LIFECYCLE_POLICY),
    check=check,
)
