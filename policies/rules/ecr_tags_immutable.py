"""Image tags are immutable, except those of allowed patterns."""

from policies.checks.tag_mutability import MutabilityParameters, check_tag_mutability
from policies.pack.rule import CheckedResource, ResourceRule, Results, RuleContext
from resources.ecr import REPOSITORY


def check(resource: CheckedResource, context: RuleContext[MutabilityParameters]) -> Results:
    allowed = context.parameters.allowed_exclusions
    fix = f"write `mutable_tags: [...]` with one of: {', '.join(allowed)}" if allowed else "remove `mutable_tags`"
    yield from check_tag_mutability(resource.inputs, allowed, fix)


RULE = ResourceRule(
    id="ecr-tags-immutable",
    title="Image tags are immutable, except those of allowed patterns",
    severity="high",
    risk="Anyone who can push can overwrite a tag that is already deployed: what runs is no longer what was tested, "
    "and nothing shows it.",
    remediation="Set imageTagMutability to IMMUTABLE, or to IMMUTABLE_WITH_EXCLUSION with filters within "
    "allowed_exclusions (mutable_tags in the catalog). Controls of other tools may accept IMMUTABLE only.",
    controls=(
        "Security Hub ECR.2",
        "NIST 800-53 r5 CA-9(1)",
        "NIST 800-53 r5 CM-2",
        "NIST 800-53 r5 CM-8(1)",
        "Control Tower CT.ECR.PR.3",
        "checkov CKV_AWS_51",
        "trivy AWS-0031",
    ),
    parameters=MutabilityParameters,
    types=(REPOSITORY,),
    check=check,
)
