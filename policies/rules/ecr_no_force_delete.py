"""Only a retiring repository may be deleted with its images."""

from policies.checks.input_values import is_unknown
from policies.checks.resource_tagging import RetirementParameters, why_not_retiring
from policies.pack.rule import CheckedResource, Finding, ResourceRule, Results, RuleContext, Undecided
from resources.ecr import REPOSITORY

_FORCE = "forceDelete"


def check(resource: CheckedResource, context: RuleContext[RetirementParameters]) -> Results:
    force = resource.inputs.get(_FORCE)
    if is_unknown(force):
        yield Undecided((_FORCE,))
    elif force not in (None, False):
        reason = why_not_retiring(resource.inputs, context)
        if isinstance(reason, Undecided):
            yield reason
        elif reason is not None:
            yield Finding(f"would be deleted with all its images: forceDelete is set, and {reason}", (_FORCE,))


RULE = ResourceRule(
    id="ecr-no-force-delete",
    title="Only a retiring repository may be deleted with its images",
    severity="high",
    risk="An entry that is renamed or removed deletes every image in the repository, and ECR can't restore images.",
    remediation="Leave forceDelete out. To remove a repository, set retire in the catalog first, which sets "
    "forceDelete until that date (the stack needs allow_destruction).",
    parameters=RetirementParameters,
    types=(REPOSITORY,),
    check=check,
)
