"""Keys are protected from deletion, unless all repositories of their registry are retiring."""

from collections import defaultdict
from collections.abc import Sequence

from domain.resource_tags import RETIRE_UNTIL
from policies.checks.resource_tagging import RetirementParameters, why_not_retiring
from policies.pack.rule import CheckedResource, Finding, RuleContext, StackResults, StackRule, Undecided
from resources.ecr import REPOSITORY
from resources.kms import KEY


def check(resources: Sequence[CheckedResource], context: RuleContext[RetirementParameters]) -> StackResults:
    repositories: dict[tuple[str | None, str | None], list[CheckedResource]] = defaultdict(list)
    for resource in resources:
        if resource.type == REPOSITORY:
            repositories[resource.provider, resource.region].append(resource)
    for resource in resources:
        if resource.type == KEY and not resource.protect:
            in_registry = repositories[resource.provider, resource.region]
            reasons = [why_not_retiring(each.inputs, context) for each in in_registry]
            staying = [(each.name, why) for each, why in zip(in_registry, reasons, strict=True) if isinstance(why, str)]
            if staying or not reasons:
                first = f": {staying[0][0]} is not, because {staying[0][1]}" if staying else ""
                yield (
                    resource,
                    Finding(f"is not protected, and not every repository of its registry is retiring{first}"),
                )
            elif any(isinstance(each, Undecided) for each in reasons):
                yield resource, Undecided(("tags", RETIRE_UNTIL))


RULE = StackRule(
    id="kms-protected",
    title="Keys are protected from deletion",
    severity="critical",
    risk="Images can't be decrypted after their key is deleted: all images of the registry are lost.",
    remediation="Set the resource option protect (protect in the stack's settings). A key may be deleted when all "
    "repositories of its account and region are retiring.",
    parameters=RetirementParameters,
    types=(KEY, REPOSITORY),
    check=check,
)
