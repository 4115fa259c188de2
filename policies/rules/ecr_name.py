"""Repository names are valid and begin with the owning team."""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from domain.ecr.names import repository_name_problems
from domain.wording import counted
from policies.checks.input_values import check_value
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import REPOSITORY


class RepositoryNameParameters(Parameters):
    minimum_segments: int = Field(2, ge=1, description="how many segments a name must have at least; team/name has two")
    prefixes: tuple[str, ...] = Field((), description="the allowed first segments of a name; empty allows any")


def check(resource: CheckedResource, context: RuleContext[RepositoryNameParameters]) -> Results:
    yield from check_value(resource.inputs, "name", partial(_check_name, context.parameters))


def _check_name(parameters: RepositoryNameParameters, name: object) -> Iterator[str]:
    if not isinstance(name, str):
        yield "has no name: the engine would generate one"
        return
    for problem in repository_name_problems(name):
        yield f"has an invalid name: {name!r} {problem.message} ({problem.fix})"
    segments = name.split("/")
    least, prefixes = parameters.minimum_segments, parameters.prefixes
    if len(segments) < least:
        found = counted(len(segments), "segment")
        yield f"has the name {name!r} with {found}: at least {least} are required, as in team/name"
    if prefixes and segments[0] not in prefixes:
        yield f"has a name that begins with {segments[0]!r}: allowed are {', '.join(prefixes)}"


RULE = ResourceRule(
    id="ecr-name",
    title="Repository names are valid and begin with the owning team",
    severity="low",
    risk="The owner can't be identified, grants by prefix match too many or too few repositories, and a generated name "
    "changes when the repository is replaced.",
    remediation="Name the repository team/name, in lower case.",
    parameters=RepositoryNameParameters,
    types=(REPOSITORY,),
    check=check,
)
