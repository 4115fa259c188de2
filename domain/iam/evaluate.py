"""IAM's answer to a request, by AWS's documented logic.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Organizations' own policies (SCP, RCP) and the policies of VPC endpoints are not considered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.aws import Arn
from domain.iam.access import Caller, Context, Decision, Identity, Outcome, Policy, PolicyKind, Request
from domain.iam.matching import Reach, applies, reach
from domain.iam.statement import Effect, Statement
from domain.wording import a

_LIMITS = (PolicyKind.BOUNDARY, PolicyKind.SESSION)
"""Kinds that grant nothing: where one is present, it has to allow as well."""

_KEY = ("kms", "kms", "key/")
_TRUST = ("sts", "iam", "role/")
_OWN_POLICY_REQUIRED = (_KEY, _TRUST)
"""Service of the action, service and kind of the resource: here identity policies count only if the resource's policy
allows it, and not even the root user has access without it.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""


@dataclass(frozen=True, slots=True)
class _Finding:
    """A statement that applies to the request and the caller."""

    source: PolicyKind
    policy: str
    index: int
    statement: Statement
    reach: Reach


@dataclass(frozen=True, slots=True)
class _Case:
    """A request with the statements that allow it; nothing denies it."""

    caller: Caller
    request: Request
    allows: tuple[_Finding, ...]

    def first(self, source: PolicyKind) -> _Finding | None:
        return next((each for each in self.allows if each.source is source), None)

    def grant(self) -> _Finding | None:
        """The resource's own grant that names the caller nearest."""
        grants = (each for each in self.allows if each.source is PolicyKind.RESOURCE)
        return max(grants, key=lambda each: each.reach, default=None)


def evaluate(caller: Caller, request: Request, resource_policies: Sequence[Policy] = ()) -> Decision:
    """IAM's answer; `resource_policies` are those of the requested resource."""
    context = request_context(caller, request)
    findings = tuple(
        _Finding(source, policy.name, index, statement, near)
        for source, policy in _policies(caller, resource_policies)
        for index, statement in enumerate(policy.document.statements)
        if applies(statement, policy.document.version, request.action, request.resource, context)
        and (near := reach(statement, caller) if source is PolicyKind.RESOURCE else Reach.DIRECT) is not None
    )
    denied = next((each for each in findings if each.statement.effect is Effect.DENY), None)
    if denied is not None:
        return _by(denied, Outcome.EXPLICIT_DENY)
    case = _Case(caller, request, findings)
    if caller.identity.account is None:
        # A service, the holder of a token, or an anonymous caller: they have no policies of their own.
        return _by_resource_policies(case)
    return _in_account(case) if caller.identity.account == request.account else _across_accounts(case)


def reason(decision: Decision, caller: Caller, request: Request) -> str:
    """The decision as AWS words it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    who = f"User: {caller.identity.arn or 'anonymous'}"
    what, kind = f"{request.action} on resource: {request.resource}", decision.source.value
    match decision.outcome:
        case Outcome.ALLOWED:
            return f"{who} is authorized to perform: {what} by {a(kind)}"
        case Outcome.EXPLICIT_DENY:
            return f"{who} is not authorized to perform: {what} with an explicit deny in {a(kind)}"
        case Outcome.IMPLICIT_DENY:
            return f"{who} is not authorized to perform: {what} because no {kind} allows the {request.action} action"


def request_context(caller: Caller, request: Request) -> dict[str, tuple[str, ...]]:
    """Every condition key of the request, in lower case; what the request brings itself comes first.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    identity = caller.identity
    around = {"aws:PrincipalOrgID": caller.organization, "aws:ResourceAccount": request.account}
    implied = _principal_keys(identity) | around
    context: dict[str, tuple[str, ...]] = {key.lower(): (value,) for key, value in implied.items() if value is not None}
    own_tags: Context = {f"aws:PrincipalTag/{key}": (value,) for key, value in caller.tags.items()}
    for given in (own_tags, identity.session_context, request.context):
        context |= {key.lower(): values for key, values in given.items()}
    return context


def _principal_keys(identity: Identity) -> dict[str, str | None]:
    if identity.is_anonymous:
        return {"aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous"}
    keys = {"aws:PrincipalIsAWSService": str(identity.is_service).lower()}
    if identity.account is None:
        return {**keys, "aws:PrincipalServiceName": identity.arn if identity.is_service else None}
    kind, _, name = identity.arn.rpartition(":")[2].partition("/")
    return {
        **keys,
        "aws:PrincipalArn": identity.principal_arn,
        "aws:PrincipalAccount": identity.account,
        "aws:PrincipalType": {"root": "Account", "user": "User", "assumed-role": "AssumedRole"}.get(kind),
        "aws:username": name.rpartition("/")[2] if kind == "user" else None,
    }


def _policies(caller: Caller, resource_policies: Sequence[Policy]) -> Iterator[tuple[PolicyKind, Policy]]:
    yield from ((PolicyKind.IDENTITY, each) for each in caller.policies)
    if caller.boundary is not None:
        yield PolicyKind.BOUNDARY, caller.boundary
    yield from ((PolicyKind.SESSION, each) for each in caller.identity.session_policies)
    yield from ((PolicyKind.RESOURCE, each) for each in resource_policies)


def _by_resource_policies(case: _Case) -> Decision:
    grant = case.grant()
    return _by(grant) if grant else _implicit_deny(PolicyKind.RESOURCE)


def _across_accounts(case: _Case) -> Decision:
    """Both accounts must allow.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    own = _by_own_policies(case)
    return _by_resource_policies(case) if own.allowed else own


def _in_account(case: _Case) -> Decision:
    """The resource's policy can allow by itself, as far as it names the caller and not the account."""
    grant = case.grant()
    if _is_one_of(case.request, _OWN_POLICY_REQUIRED):
        if grant is None:
            return _implicit_deny(PolicyKind.RESOURCE)
        if case.caller.identity.is_root:
            return _by(grant)
    if grant is None or grant.reach is Reach.ACCOUNT:
        return _by_own_policies(case)
    # Of a user that its role's trust policy names: "If a permissions boundary is set for the user, then it must allow
    # the sts:AssumeRole action." https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
    if grant.reach is Reach.ROLE or _is_one_of(case.request, (_TRUST,)):
        limit = _limit_without_allow(case)
        return _implicit_deny(limit) if limit else _by(grant)
    return _by(grant)


def _by_own_policies(case: _Case) -> Decision:
    """What the caller's own account answers."""
    if case.caller.identity.is_root:
        return Decision(outcome=Outcome.ALLOWED, source=PolicyKind.ROOT)
    allow = case.first(PolicyKind.IDENTITY)
    if allow is None:
        return _implicit_deny(PolicyKind.IDENTITY)
    limit = _limit_without_allow(case)
    return _implicit_deny(limit) if limit else _by(allow)


def _limit_without_allow(case: _Case) -> PolicyKind | None:
    present = {source for source, _ in _policies(case.caller, ())}
    return next((each for each in _LIMITS if each in present and case.first(each) is None), None)


def _is_one_of(request: Request, kinds: Sequence[tuple[str, str, str]]) -> bool:
    arn = Arn.parse(request.resource)
    service = request.action.partition(":")[0].lower()
    return arn is not None and any(
        (service, arn.service) == (of_action, of_resource) and arn.resource.startswith(kind)
        for of_action, of_resource, kind in kinds
    )


def _by(finding: _Finding, outcome: Outcome = Outcome.ALLOWED) -> Decision:
    where = finding.index, finding.statement.sid
    return Decision(outcome=outcome, source=finding.source, policy=finding.policy, statement=where[0], sid=where[1])


def _implicit_deny(source: PolicyKind) -> Decision:
    return Decision(outcome=Outcome.IMPLICIT_DENY, source=source)
