"""A role has a most that it can ever do, a place of its own, and short sessions."""

from collections.abc import Iterator

from pydantic import Field

from domain.aws import Arn
from domain.iam.limits import SESSION_SECONDS
from domain.iam.patterns import matches_arn, pattern
from policies.checks.input_values import is_unknown, number
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.iam import ROLE

_BOUNDARY, _PATH, _SESSION = "permissionsBoundary", "path", "maxSessionDuration"
_HOUR = 3_600
_LEAST, _MOST = (seconds // _HOUR for seconds in SESSION_SECONDS)
_OF_SERVICES = "/aws-service-role/"
"""Where AWS puts the roles that a service makes for itself, which take no boundary.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
_EVERYTHING = "policy/AdministratorAccess"


class RoleBounded(Parameters):
    boundary: str = Field(
        "arn:*:iam::*:policy/*",
        min_length=1,
        description="the ARN that the boundary must have; `*` stands for any text, `?` for one character",
    )
    max_session_hours: int = Field(4, ge=_LEAST, le=_MOST, description="how long a session may last at most")


def check(resource: Resource, given: Given[RoleBounded]) -> Iterator[Verdict]:
    path = resource.inputs.get(_PATH)
    if isinstance(path, str) and path.startswith(_OF_SERVICES):
        return
    yield from _boundary(resource.inputs.get(_BOUNDARY), given.parameters.boundary)
    yield from _path(path)
    yield from _session(resource.inputs.get(_SESSION), given.parameters.max_session_hours)


def _boundary(value: object, expected: str) -> Iterator[Verdict]:
    if is_unknown(value):
        yield Undecided((_BOUNDARY,))
    elif value is None or value == "":
        yield Finding("has no permissions boundary: whoever may change its policy makes it do anything", (_BOUNDARY,))
    elif not isinstance(value, str) or not _fits(value, expected):
        yield Finding(f"has the boundary {value!r}, which is not {expected}", (_BOUNDARY,))
    elif (arn := Arn.parse(value)) and (arn.account, arn.resource) == ("aws", _EVERYTHING):
        yield Finding("has the boundary AdministratorAccess, within which everything is allowed", (_BOUNDARY,))


def _fits(arn: str, expected: str) -> bool:
    wanted = pattern(expected, None)
    return wanted is not None and bool(matches_arn(wanted, arn))


def _path(value: object) -> Iterator[Verdict]:
    if is_unknown(value):
        yield Undecided((_PATH,))
    elif value in (None, "", "/"):
        yield Finding("has no path: who may change the roles of one project may change this one, too", (_PATH,))
    elif not isinstance(value, str):
        yield Finding(f"has no path, but {value!r}", (_PATH,))


def _session(value: object, hours: int) -> Iterator[Verdict]:
    """AWS takes an hour where nothing is said, which is its least."""
    seconds = number(value)
    if value is None:
        return
    if is_unknown(value):
        yield Undecided((_SESSION,))
    elif seconds is None:
        yield Finding(f"has no number of seconds for its sessions, but {value!r}", (_SESSION,))
    elif seconds > hours * _HOUR:
        yield Finding(f"has sessions of up to {seconds / _HOUR:g} hours: {hours} are the most", (_SESSION,))


RULE = ResourceRule(
    id="iam-role-bounded",
    title="Roles have a boundary, a path and short sessions",
    severity=Severity.MEDIUM,
    risk="Whoever may write a role's policy gives itself what it likes; a stolen session works until it ends.",
    remediation=(
        "Set permissionsBoundary to the policy that the bootstrap makes, path to /PROJECT/STACK/ and maxSessionDuration"
        " to an hour (session_hours under the stack's roles); RegistryRoles does."
    ),
    parameters=RoleBounded,
    types=(ROLE,),
    check=check,
)
