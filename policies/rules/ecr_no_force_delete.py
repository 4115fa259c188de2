"""Only a repository that retires may go with the images that are in it."""

from collections.abc import Iterator

from policies.checks.input_values import is_unknown
from policies.checks.resource_tagging import RetiringParameters, not_retiring
from policies.pack.rule import Finding, Given, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.ecr import REPOSITORY

_FORCE = "forceDelete"


def check(resource: Resource, given: Given[RetiringParameters]) -> Iterator[Verdict]:
    force = resource.inputs.get(_FORCE)
    if is_unknown(force):
        yield Undecided((_FORCE,))
    elif force not in (None, False):
        reason = not_retiring(resource.inputs, given)
        if isinstance(reason, Undecided):
            yield reason
        elif reason is not None:
            yield Finding(f"would be deleted with all its images: forceDelete is set, and {reason}", (_FORCE,))


RULE = ResourceRule(
    id="ecr-no-force-delete",
    title="Only a retiring repository may be deleted with its images",
    severity=Severity.HIGH,
    risk="A renamed or dropped entry deletes every image in the repository, and ECR can't bring one back.",
    remediation="Leave forceDelete out. A repository that is to go takes retire in the catalog first, which sets it "
    "until that day (the stack needs allow_destruction).",
    parameters=RetiringParameters,
    types=(REPOSITORY,),
    check=check,
)
