"""Callers, policies and requests in few words, and the form of the tables that expect an answer to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.iam.access import ANONYMOUS, Caller, Context, Decision, Identity, Outcome, Policy, PolicyKind, Request
from domain.iam.document import CURRENT_VERSION, parse

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
REPOSITORY = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/api"
ANOTHER_REPOSITORY = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/web"
KEY = f"arn:aws:kms:us-east-1:{HOME}:key/0a1b2c3d-1111-2222-3333-444455556666"
ROLE = f"arn:aws:iam::{HOME}:role/deployer"

Statement = dict[str, object]


def each_of(name: str, *values: object) -> list[Statement]:
    """The same element of a statement with each value."""
    return [{name: value} for value in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    outcome: Outcome
    source: PolicyKind
    sid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    caller: Caller
    request: Request
    resource_policies: tuple[Policy, ...] = ()
    expected: Expected


def case(
    id: str, expected: Expected, caller: Caller, *resource_policies: Policy, request: Request | None = None
) -> Case:
    return Case(id=id, caller=caller, request=request or pull(), resource_policies=resource_policies, expected=expected)


def allowed(source: PolicyKind, sid: str | None = None) -> Expected:
    return Expected(outcome=Outcome.ALLOWED, source=source, sid=sid)


def denied(source: PolicyKind, sid: str | None = None) -> Expected:
    return Expected(outcome=Outcome.EXPLICIT_DENY, source=source, sid=sid)


def silent(source: PolicyKind) -> Expected:
    return Expected(outcome=Outcome.IMPLICIT_DENY, source=source)


def answered(decision: Decision) -> Expected:
    return Expected(outcome=decision.outcome, source=decision.source, sid=decision.sid)


def request(action: str, resource: str, context: Context | None = None) -> Request:
    return Request(action=action, resource=resource, account=HOME, context=context or {})


def pull(resource: str = REPOSITORY, context: Context | None = None) -> Request:
    return request("ecr:BatchGetImage", resource, context)


def allow(sid: str, **elements: object) -> Statement:
    return _statement("Allow", sid, elements)


def deny(sid: str, **elements: object) -> Statement:
    return _statement("Deny", sid, elements)


def _statement(effect: str, sid: str, elements: Mapping[str, object]) -> Statement:
    action = {} if "NotAction" in elements else {"Action": "ecr:BatchGetImage"}
    return {"Sid": sid, "Effect": effect, **action, **elements}


def own(*statements: Statement, name: str = "own", version: str = CURRENT_VERSION) -> Policy:
    """A policy of the caller, which is about every resource where it does not say which."""
    complete = [each if "NotResource" in each else {"Resource": "*", **each} for each in statements]
    return on_resource(*complete, name=name, version=version)


def on_resource(*statements: Statement, name: str = "resource", version: str = CURRENT_VERSION) -> Policy:
    return Policy(name=name, document=parse({"Version": version, "Statement": list(statements)}))


def grants(sid: str, *principals: str, name: str = "resource", **elements: object) -> Policy:
    """A policy of a resource, which allows these, or else all."""
    return on_resource(allow(sid, Principal=to(*principals) if principals else "*", **elements), name=name)


def refuses(sid: str, *principals: str, name: str = "resource", **elements: object) -> Policy:
    return on_resource(deny(sid, Principal=to(*principals) if principals else "*", **elements), name=name)


def to(*principals: str) -> dict[str, list[str]]:
    return {"AWS": list(principals)}


def account(id: str) -> str:
    return f"arn:aws:iam::{id}:root"


def user_arn(account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:user/staff/ana"


def role_arn(account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:role/teams/puller"


def session_arn(account: str = HOME, name: str = "build-7") -> str:
    return f"arn:aws:sts::{account}:assumed-role/puller/{name}"


def user(*policies: Policy, account: str = HOME, boundary: Policy | None = None) -> Caller:
    identity = Identity(arn=user_arn(account), account=account)
    return Caller(identity=identity, policies=policies, boundary=boundary, organization=ORGANIZATION)


def session(
    *policies: Policy,
    account: str = HOME,
    boundary: Policy | None = None,
    within: Sequence[Policy] = (),
    context: Context | None = None,
) -> Caller:
    """`within` are the policies of the session."""
    identity = Identity(arn=session_arn(account), account=account, role_arn=role_arn(account))
    identity = replace(identity, session_policies=tuple(within), session_context=context or {})
    return Caller(identity=identity, policies=policies, boundary=boundary, organization=ORGANIZATION)


def root(id: str = HOME) -> Caller:
    return Caller(identity=Identity(arn=account(id), account=id), organization=ORGANIZATION)


def service(name: str, context: Context | None = None) -> Caller:
    return Caller(identity=Identity(arn=name, account=None, session_context=context or {}))


TOKEN_PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"


def token_holder(context: Context, provider: str = TOKEN_PROVIDER) -> Caller:
    return Caller(identity=Identity(arn=provider, account=None, session_context=context))


UNSIGNED = Caller(identity=ANONYMOUS)
