"""Resources have the required tags."""

from policies.checks.resource_tagging import RequiredTagsParameters, check_required_tags
from policies.pack.rule import CheckedResource, ResourceRule, Results, RuleContext
from resources import TYPES
from resources.ecr import PUBLIC_REPOSITORY
from resources.iam import MANAGED_POLICY


def check(resource: CheckedResource, context: RuleContext[RequiredTagsParameters]) -> Results:
    yield from check_required_tags(resource.inputs, "tags", context.parameters.tags)


RULE = ResourceRule(
    id="required-tags",
    title="Resources have the required tags",
    severity="low",
    risk="The owner and environment of the resource can't be identified, in an incident or on a bill.",
    remediation="Add the tags; the components do. The rule does not see the default tags of a provider.",
    controls=("Security Hub ECR.4",),
    parameters=RequiredTagsParameters,
    types=(*(token for token, each in TYPES.items() if each.tags == "tags"), PUBLIC_REPOSITORY, MANAGED_POLICY),
    check=check,
)
