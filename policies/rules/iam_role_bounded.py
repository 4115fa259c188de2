"""Roles have a permissions boundary, a path and short sessions."""

from pydantic import Field

from domain.aws import Arn
from domain.iam.limits import SESSION_SECONDS
from domain.iam.patterns import matches_arn, pattern
from policies.checks.input_values import as_number, is_unknown
from policies.pack.rule import (
    CheckedResource,
    Finding,
    Parameters,
    ResourceRule,
    Results,
    RuleContext,
    Severity,
    Undecided,
)
from resources.iam import ROLE

_BOUNDARY, _PATH, _SESSION = "permissionsBoundary", "path", "maxSessionDuration"
_HOUR = 3_600
_LEAST, _MOST = (seconds // _HOUR for seconds in SESSION_SECONDS)
_SERVICE_LINKED = "/aws-service-role/"
"""The path of service-linked roles, which can't have a boundary.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
_ADMINISTRATOR = "policy/AdministratorAccess"


class RoleBoundsParameters(Parameters):
    boundary: str = Field(
        "arn:*:iam::*:policy/*",
        min_length=1,
        description="the ARN of the permissions boundary, with the wildcards `*` and `?`",
    )
    max_session_hours: int = Field(4, ge=_LEAST, le=_MOST, description="the longest allowed session, in hours")


def check(resource: CheckedResource, context: RuleContext[RoleBoundsParameters]) -> Results:
    path = resource.inputs.get(_PATH)
    if isinstance(path, str) and path.startswith(_SERVICE_LINKED):
        return
    yield from _check_boundary(resource.inputs.get(_BOUNDARY), context.parameters.boundary)
    yield from _check_path(path)
    yield from _check_session(resource.inputs.get(_SESSION), context.parameters.max_session_hours)


def _check_boundary(value: object, expected: str) -> Results:
    if is_unknown(value):
        yield Undecided((_BOUNDARY,))
    elif value is None or value == "":
        yield Finding(
            "has no permissions boundary: anyone who can edit its policies can grant it any permission", (_BOUNDARY,)
        )
    elif not isinstance(value, str) or not _matches(value, expected):
        yield Finding(f"has the permissions boundary {value!r}: it must be {expected}", (_BOUNDARY,))
    elif (arn := Arn.parse(value)) and (arn.account, arn.resource) == ("aws", _ADMINISTRATOR):
        yield Finding("has the permissions boundary AdministratorAccess, which allows everything", (_BOUNDARY,))


def _matches(arn: str, expected: str) -> bool:
    wanted = pattern(expected, None)
    return wanted is not None and bool(matches_arn(wanted, arn))


def _check_path(value: object) -> Results:
    if is_unknown(value):
        yield Undecided((_PATH,))
    elif value in (None, "", "/"):
        yield Finding("has no path: permissions to manage roles can't be limited to one project", (_PATH,))
    elif not isinstance(value, str):
        yield Finding(f"has a path that is not a string: {value!r}", (_PATH,))


def _check_session(value: object, hours: int) -> Results:
    """The default of AWS is an hour, the shortest session that it allows."""
    seconds = as_number(value)
    if value is None:
        return
    if is_unknown(value):
        yield Undecided((_SESSION,))
    elif seconds is None:
        yield Finding(f"has a {_SESSION} that is not a number: {value!r}", (_SESSION,))
    elif seconds > hours * _HOUR:
        yield Finding(f"has sessions of up to {seconds / _HOUR:g} hours: at most {hours} are allowed", (_SESSION,))


RULE = ResourceRule(
    id="iam-role-bounded",
    title="Roles have a permissions boundary, a path and short sessions",
    severity=Severity.MEDIUM,
    risk="Anyone who can edit the role's policies can escalate privileges; stolen credentials work until the session "
    "ends.",
    remediation=(
        "Set permissionsBoundary to the policy that the bootstrap creates, path to /PROJECT/STACK/ and"
        " maxSessionDuration to 3600 (session_hours under the stack's roles). RegistryRoles does."
    ),
    parameters=RoleBoundsParameters,
    types=(ROLE,),
    check=check,
)
