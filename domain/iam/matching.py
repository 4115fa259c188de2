"""Whether a statement applies to a request, and how directly it names the caller."""

from enum import IntEnum

from domain.iam.access import Caller, Identity
from domain.iam.conditions import hold
from domain.iam.document import CURRENT_VERSION
from domain.iam.patterns import Variables, matches, matches_resource, pattern, resource_pattern
from domain.iam.statement import Caseless, Effect, Principal, PrincipalKind, Statement


class Reach(IntEnum):
    """How a resource's policy names a caller; the more directly, the less the caller's own account must allow as well.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""

    ACCOUNT = 1
    """Its account, which then decides by its own policies."""
    ROLE = 2
    """The role of its session: a boundary or a session policy still limits it."""
    DIRECT = 3
    """Itself, or every principal."""


def applies(statement: Statement, version: str, action: str, resource: str, context: Variables) -> bool:
    """Whether the statement, of a document of this version, applies to this action on this resource in this context."""
    variables = version == CURRENT_VERSION
    return (
        covers(statement, action)
        and _names_resource(statement, resource, context if variables else None)
        and hold(statement.conditions, context, variables=variables)
    )


def reach(statement: Statement, caller: Caller) -> Reach | None:
    """How directly the statement of a resource's policy names the caller; None where it names others."""
    if statement.not_principals is None:
        return _nearest(statement.principals or (), caller.identity)
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: NotPrincipal with Deny "will
    # always deny any IAM principal that has a permissions boundary policy attached".
    if statement.effect is Effect.DENY and caller.boundary is not None:
        return Reach.DIRECT
    named = _excepted if statement.effect is Effect.DENY else _nearest
    return None if named(statement.not_principals, caller.identity) else Reach.DIRECT


def _excepted(principals: tuple[Principal, ...], identity: Identity) -> bool:
    """Whether a Deny to all but these principals excepts the caller."""
    if identity.account is None or any(each.is_anyone for each in principals):
        return _nearest(principals, identity) is not None
    # "You must also specify the account ARN of the not-denied principal. Otherwise, the policy might deny access to the
    # entire account": AWS "might validate the account first and then the user", or "the account first, then the role,
    # and then the assumed-role user". What AWS might deny is denied here.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    validated = {identity.account} if identity.is_root else {identity.account, identity.principal_arn, identity.arn}
    return validated <= {each.value for each in principals if each.kind is PrincipalKind.AWS}


def _nearest(principals: tuple[Principal, ...], identity: Identity) -> Reach | None:
    found = (_named(each, identity) for each in principals)
    return max((each for each in found if each is not None), default=None)


def _named(principal: Principal, identity: Identity) -> Reach | None:
    if principal.is_anyone:
        return Reach.DIRECT
    if principal.kind is not _kind(identity):
        return None
    if principal.value == identity.arn:
        return Reach.DIRECT
    if principal.value == identity.role_arn:
        return Reach.ROLE
    return Reach.ACCOUNT if principal.value == identity.account else None


def _kind(identity: Identity) -> PrincipalKind | None:
    if identity.is_anonymous:
        return None
    if identity.is_federated:
        return PrincipalKind.FEDERATED
    return PrincipalKind.SERVICE if identity.is_service else PrincipalKind.AWS


def covers(statement: Statement, action: str) -> bool:
    """Whether Action or NotAction of the statement matches the action."""
    name = action.lower()
    if statement.not_actions is not None:
        return not any(_means(each, name) for each in statement.not_actions)
    return any(_means(each, name) for each in statement.actions or ())


def _means(written: Caseless, name: str) -> bool:
    if written.folded == name or not ("*" in written.folded or "?" in written.folded):
        return written.folded == name
    read = pattern(written.folded, None)
    return read is not None and matches(read, name)


def _names_resource(statement: Statement, resource: str, variables: Variables | None) -> bool:
    """A policy without resources applies to the one that it is attached to, as a repository's does."""
    if statement.not_resources is not None:
        # A variable without a value makes the statement invalid, so it must not come to mean every resource.
        return all(_is_resource(each, resource, variables) is False for each in statement.not_resources)
    if statement.resources is None:
        return True
    return any(_is_resource(each, resource, variables) for each in statement.resources)


def _is_resource(text: str, resource: str, variables: Variables | None) -> bool | None:
    read = resource_pattern(text, variables)
    return None if read is None else matches_resource(read, resource)
