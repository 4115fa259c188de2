"""A repository's name is the one that people write, and tells whose it is."""

from collections.abc import Iterator

from pydantic import Field

from domain.ecr.names import repository_name_problems
from policies.checks.input_values import is_unknown
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.ecr import REPOSITORY

_NAME = ("name",)


class RepositoryNames(Parameters):
    minimum_segments: int = Field(2, ge=1, description="how many parts a name has at least, as team/name has two")
    prefixes: tuple[str, ...] = Field((), description="what a name's first part may be; any, where none is given")


def check(resource: Resource, given: Given[RepositoryNames]) -> Iterator[Verdict]:
    name = resource.inputs.get("name")
    if is_unknown(name):
        yield Undecided(_NAME)
    elif not isinstance(name, str):
        yield Finding("has no name of its own, so the engine would make one up", _NAME)
    else:
        for problem in repository_name_problems(name):
            yield Finding(f"has a name that ECR refuses: {name!r} {problem.message} ({problem.fix})", _NAME)
        yield from (Finding(fault, _NAME) for fault in _faults(name, given.parameters))


def _faults(name: str, parameters: RepositoryNames) -> Iterator[str]:
    segments = name.split("/")
    least, prefixes = parameters.minimum_segments, parameters.prefixes
    if len(segments) < least:
        yield f"has a name of too few parts: {name!r} has {len(segments)}, and {least} are the least, as in team/name"
    if prefixes and segments[0] not in prefixes:
        yield f"has a name that begins with {segments[0]!r}: allowed are {', '.join(prefixes)}"


RULE = ResourceRule(
    id="ecr-name",
    title="Repositories have valid names that tell whose they are",
    severity=Severity.LOW,
    risk="Nobody knows whom to ask, grants by prefix reach too far or too short, and a name that is made up changes "
    "when the repository is replaced.",
    remediation="Name the repository team/name, in lower case.",
    parameters=RepositoryNames,
    types=(REPOSITORY,),
    check=check,
)
