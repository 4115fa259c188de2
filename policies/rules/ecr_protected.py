"""The engine refuses to delete or replace a repository, but for one that retires."""

from collections.abc import Iterator

from policies.checks.resource_tagging import RetiringParameters, not_retiring
from policies.pack.rule import Finding, Given, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.ecr import REPOSITORY


def check(resource: Resource, given: Given[RetiringParameters]) -> Iterator[Verdict]:
    if resource.protect:
        return
    reason = not_retiring(resource.inputs, given)
    if isinstance(reason, Undecided):
        yield reason
    elif reason is not None:
        yield Finding(f"is not protected, and {reason}")


RULE = ResourceRule(
    id="ecr-protected",
    title="Repositories are protected from deletion and replacement",
    severity=Severity.HIGH,
    risk="A change that looks harmless, such as another encryption, replaces the repository: its images are gone.",
    remediation="Set the option protect (protect in the stack's settings). A repository that is to go takes retire in "
    "the catalog first, which lifts it until that day.",
    parameters=RetiringParameters,
    types=(REPOSITORY,),
    check=check,
)
