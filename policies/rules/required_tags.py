"""Whatever can carry tags tells whose it is."""

from collections.abc import Iterator

from policies.checks.tagging import RequiredTags, missing_tags
from policies.pack.rule import Given, Resource, ResourceRule, Severity, Verdict
from resources import TYPES
from resources.ecr import PUBLIC_REPOSITORY
from resources.iam import MANAGED_POLICY


def check(resource: Resource, given: Given[RequiredTags]) -> Iterator[Verdict]:
    yield from missing_tags(resource.inputs, "tags", given.parameters.tags)


RULE = ResourceRule(
    id="required-tags",
    title="Resources carry the required tags",
    severity=Severity.LOW,
    risk="In an incident or on a bill, nobody can say whose it is, and what may be done to it.",
    remediation="Give the resource its tags; the components do. A provider's default tags are not seen here.",
    controls=("Security Hub ECR.4",),
    parameters=RequiredTags,
    types=(*(token for token, each in TYPES.items() if each.tags == "tags"), PUBLIC_REPOSITORY, MANAGED_POLICY),
    check=check,
)
