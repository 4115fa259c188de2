"""Repositories are protected from deletion and replacement, unless they are retiring."""

from policies.checks.resource_tagging import RetirementParameters, why_not_retiring
from policies.pack.rule import CheckedResource, Finding, ResourceRule, Results, RuleContext, Undecided
from resources.ecr import REPOSITORY


def check(resource: CheckedResource, context: RuleContext[RetirementParameters]) -> Results:
    if resource.protect:
        return
    reason = why_not_retiring(resource.inputs, context)
    if isinstance(reason, Undecided):
        yield reason
    elif reason is not None:
        yield Finding(f"is not protected, and {reason}")


RULE = ResourceRule(
    id="ecr-protected",
    title="Repositories are protected from deletion and replacement",
    severity="high",
    risk="A change that looks harmless, such as another encryption, replaces the repository and deletes its images.",
    remediation="Set the resource option protect (protect in the stack's settings). To remove a repository, set retire "
    "in the catalog first, which removes the protection until that date.",
    parameters=RetirementParameters,
    types=(REPOSITORY,),
    check=check,
)
