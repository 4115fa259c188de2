"""The engine refuses to delete a key while a repository is left that it may encrypt."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from domain.resource_tags import RETIRE_UNTIL
from policies.kinds import KEY, REPOSITORY
from policies.retiring import not_retiring
from policies.rule import Finding, Given, Parameters, Resource, Severity, StackRule, Undecided, Verdict


def check(resources: Sequence[Resource], given: Given[Parameters]) -> Iterator[tuple[Resource, Verdict]]:
    repositories: dict[tuple[str | None, str | None], list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.type == REPOSITORY:
            repositories[resource.provider, resource.region].append(resource)
    for resource in resources:
        if resource.type == KEY and not resource.protect:
            beside = repositories[resource.provider, resource.region]
            reasons = [not_retiring(each.inputs, given.today) for each in beside]
            if not reasons or any(isinstance(each, str) for each in reasons):
                yield resource, Finding("is not protected, and not every repository of its registry retires")
            elif any(isinstance(each, Undecided) for each in reasons):
                yield resource, Undecided(("tags", RETIRE_UNTIL))


RULE = StackRule(
    id="kms-protected",
    title="Keys are protected from deletion",
    severity=Severity.CRITICAL,
    risk="With its key, everything that a key has encrypted is lost: every image of the registry, in every repository.",
    remediation="Set the option protect (protect in the stack's settings). A key may go when all repositories of its "
    "account and region retire.",
    parameters=Parameters,
    types=(KEY, REPOSITORY),
    check=check,
)
