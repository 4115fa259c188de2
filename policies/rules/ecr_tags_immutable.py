"""A tag means one image for ever, but for the few that are made to move."""

from collections.abc import Iterator

from policies.checks.tag_mutability import MutableTags, movable_tags
from policies.pack.rule import Given, Resource, ResourceRule, Severity, Verdict
from resources.ecr import REPOSITORY


def check(resource: Resource, given: Given[MutableTags]) -> Iterator[Verdict]:
    yield from movable_tags(resource.inputs, given.parameters.allowed_exclusions)


RULE = ResourceRule(
    id="ecr-tags-immutable",
    title="Image tags are immutable, but for those that may move",
    severity=Severity.HIGH,
    risk="Whoever may push can put another image under a tag that is deployed already: what runs is no longer what was "
    "tested, and nobody is told.",
    remediation="Set imageTagMutability to IMMUTABLE, or to IMMUTABLE_WITH_EXCLUSION with filters within "
    "allowed_exclusions (mutable_tags in the catalog). Other people's controls may pass plain IMMUTABLE alone.",
    controls=("Security Hub ECR.2", "Control Tower CT.ECR.PR.3", "checkov CKV_AWS_51", "trivy AWS-0031"),
    parameters=MutableTags,
    types=(REPOSITORY,),
    check=check,
)
