"""A tag means one image for ever, but for the few that are made to move."""

from collections.abc import Iterator

from pydantic import Field

from domain.ecr.globs import TooEntangled, contains, witness
from domain.ecr.tags import WILDCARD, TagMutability, exclusion_filter_problems
from policies.inputs import entries, entry, is_unknown
from policies.kinds import REPOSITORY
from policies.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict

_MUTABILITY = "imageTagMutability"
_FILTERS = "imageTagMutabilityExclusionFilters"


class MutableTags(Parameters):
    allowed_exclusions: tuple[str, ...] = Field(
        ("latest", "dev-*", "preview-*", "cache-*"),
        description="patterns of the tags that a repository may exclude from immutability; never all tags",
    )


def check(resource: Resource, given: Given[MutableTags]) -> Iterator[Verdict]:
    mode = resource.inputs.get(_MUTABILITY)
    if is_unknown(mode):
        yield Undecided((_MUTABILITY,))
    elif mode == TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        yield from _exclusions(resource.inputs.get(_FILTERS), given.parameters.allowed_exclusions)
    elif mode is None:
        yield Finding("is mutable: it says nothing of its tags, and MUTABLE is the default", (_MUTABILITY,))
    elif mode != TagMutability.IMMUTABLE.value:
        yield Finding(f"is mutable: {_MUTABILITY} is {mode}", (_MUTABILITY,))


def _exclusions(written: object, allowed: tuple[str, ...]) -> Iterator[Verdict]:
    if is_unknown(written):
        yield Undecided((_FILTERS,))
        return
    filters = [each if isinstance(each, str) else entry(each, "filter") for each in entries(written)]
    if not any(map(is_unknown, filters)) and all(isinstance(each, str) for each in filters):
        for problem in exclusion_filter_problems(filters):
            told = f"has the exclusion {problem.value!r}, which {problem.message}" if problem.path else problem.message
            yield Finding(f"{told}: {problem.fix}", (_FILTERS, *problem.path))
    for index, text in enumerate(filters):
        where = (_FILTERS, index, "filter")
        if is_unknown(text):
            yield Undecided(where)
        elif not isinstance(text, str):
            yield Finding(f"has an exclusion that names no tags, but {text!r}", where)
        elif (fault := _fault(text, allowed)) is not None:
            yield Finding(fault, where)


def _fault(text: str, allowed: tuple[str, ...]) -> str | None:
    try:
        if contains(text, WILDCARD):
            return f"is mutable: the exclusion {text!r} lets every tag move"
        moving = witness([text], allowed)
    except TooEntangled:
        return f"has an exclusion too entangled to be judged: {text!r}"
    if moving is None:
        return None
    return f"lets the tag {moving!r} move, by the exclusion {text!r}: allowed are {', '.join(allowed) or 'none'}"


RULE = ResourceRule(
    id="ecr-tags-immutable",
    title="Image tags are immutable, but for those that may move",
    severity=Severity.HIGH,
    risk="Whoever may push can put another image under a tag that is deployed already: what runs is no longer what was "
    "tested, and nobody is told.",
    remediation="Set imageTagMutability to IMMUTABLE, or to IMMUTABLE_WITH_EXCLUSION with filters within "
    "allowed_exclusions (mutable_tags in the catalog). Other people's controls may pass plain IMMUTABLE alone.",
    controls=("Security Hub ECR.2", "Control Tower CT.ECR.PR.3", "checkov CKV_AWS_51", "trivy AWS-0031"),
    parameters=MutableTags,
    types=(REPOSITORY,),
    check=check,
)
