"""The engine refuses to delete a key while a repository is left that it may encrypt."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from domain.resource_tags import RETIRE_UNTIL
from policies.checks.resource_tagging import RetiringParameters, not_retiring
from policies.pack.rule import Finding, Given, Resource, Severity, StackRule, Undecided, Verdict
from resources.ecr import REPOSITORY
from resources.kms import KEY


def check(resources: Sequence[Resource], given: Given[RetiringParameters]) -> Iterator[tuple[Resource, Verdict]]:
    repositories: dict[tuple[str | None, str | None], list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.type == REPOSITORY:
            repositories[resource.provider, resource.region].append(resource)
    for resource in resources:
        if resource.type == KEY and not resource.protect:
            beside = repositories[resource.provider, resource.region]
            reasons = [not_retiring(each.inputs, given) for each in beside]
            staying = [(each.name, why) for each, why in zip(beside, reasons, strict=True) if isinstance(why, str)]
            if staying or not reasons:
                first = f": {staying[0][0]} does not, since {staying[0][1]}" if staying else ""
                yield resource, Finding(f"is not protected, and not every repository of its registry retires{first}")
            elif any(isinstance(each, Undecided) for each in reasons):
                yield resource, Undecided(("tags", RETIRE_UNTIL))


RULE = StackRule(
    id="kms-protected",
    title="Keys are protected from deletion",
    severity=Severity.CRITICAL,
    risk="With its key, everything that a key has encrypted is lost: every image of the registry, in every repository.",
    remediation="Set the option protect (protect in the stack's settings). A key may go when all repositories of its "
    "account and region retire.",
    parameters=RetiringParameters,
    types=(KEY, REPOSITORY),
    check=check,
)
