"""Whatever can carry tags tells whose it is."""

from collections.abc import Iterator

from pydantic import Field

from domain.resource_tags import REQUIRED
from policies.inputs import entry, is_unknown
from policies.kinds import KEY, MANAGED_POLICY, PUBLIC_REPOSITORY, REPOSITORY, ROLE
from policies.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict

_TAGS = "tags"


class RequiredTags(Parameters):
    tags: tuple[str, ...] = Field(REQUIRED, description="the tags that every resource carries")


def check(resource: Resource, given: Given[RequiredTags]) -> Iterator[Verdict]:
    tags = resource.inputs.get(_TAGS)
    if is_unknown(tags):
        yield Undecided((_TAGS,))
        return
    for name in given.parameters.tags:
        value = entry(tags, name)
        if value is None:
            yield Finding(f"has no tag {name}", (_TAGS, name))
        elif not str(value).strip():
            yield Finding(f"has a blank tag {name}", (_TAGS, name))


RULE = ResourceRule(
    id="required-tags",
    title="Resources carry the required tags",
    severity=Severity.LOW,
    risk="In an incident or on a bill, nobody can say whose it is, and what may be done to it.",
    remediation="Give the resource its tags; the components do. A provider's default tags are not seen here.",
    controls=("Security Hub ECR.4",),
    parameters=RequiredTags,
    types=(REPOSITORY, PUBLIC_REPOSITORY, KEY, ROLE, MANAGED_POLICY),
    check=check,
)
