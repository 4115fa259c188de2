"""Roles have a permissions boundary, a path and short sessions."""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from domain.aws import Arn
from domain.iam.limits import SESSION_SECONDS
from domain.iam.patterns import matches_arn, pattern
from policies.checks.input_values import as_number, check_value
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
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
    inputs, parameters = resource.inputs, context.parameters
    if not str(inputs.get(_PATH)).startswith(_SERVICE_LINKED):
        yield from check_value(inputs, _BOUNDARY, partial(_check_boundary, parameters.boundary))
        yield from check_value(inputs, _PATH, _check_path)
        yield from check_value(inputs, _SESSION, partial(_check_session, parameters.max_session_hours))


def _check_boundary(expected: str, value: object) -> Iterator[str]:
    if value is None or value == "":
        yield "has no permissions boundary: anyone who can edit its policies can grant it any permission"
    elif not isinstance(value, str) or not _matches(value, expected):
        yield f"has the permissions boundary {value!r}: it must be {expected}"
    elif (arn := Arn.parse(value)) and (arn.account, arn.resource) == ("aws", _ADMINISTRATOR):
        yield "has the permissions boundary AdministratorAccess, which allows everything"


def _matches(arn: str, expected: str) -> bool:
    wanted = pattern(expected, None)
    return wanted is not None and bool(matches_arn(wanted, arn))


def _check_path(value: object) -> Iterator[str]:
    if value in (None, "", "/"):
        yield "has no path: permissions to manage roles can't be limited to one project"
    elif not isinstance(value, str):
        yield f"has a path that is not a string: {value!r}"


def _check_session(hours: int, value: object) -> Iterator[str]:
    """The default of AWS is an hour, the shortest session that it allows."""
    seconds = as_number(value)
    if seconds is None and value is not None:
        yield f"has a {_SESSION} that is not a number: {value!r}"
    elif seconds is not None and seconds > hours * _HOUR:
        yield f"has sessions of up to {seconds / _HOUR:g} hours: at most {hours} are allowed"


RULE = ResourceRule(
    id="iam-role-bounded",
    title="Roles have a permissions boundary, a path and short sessions",
    severity="medium",
    risk="Anyone who can edit the role's policies can escalate privileges; stolen credentials work until the session "
    "ends.",
    remediation="Set permissionsBoundary to the policy that the bootstrap creates, path to /PROJECT/STACK/ and"
    " maxSessionDuration to 3600 (session_hours under the stack's roles). RegistryRoles does.",
    parameters=RoleBoundsParameters,
    types=(ROLE,),
    check=check,
)
