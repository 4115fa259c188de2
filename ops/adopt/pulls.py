"""A repository policy as the catalog's `pull` says it, and what of the policy `pull` can't say."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from domain.aws import ORGANIZATION_ID, Arn, RegistryId, is_account_id
from domain.document_text import to_json_text
from domain.iam.access import Caller, Context, Identity, Policy, Request
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS
from domain.iam.document import CURRENT_VERSION, Document, InvalidDocument, parse
from domain.iam.evaluate import evaluate
from domain.iam.grants import (
    AccountGrant,
    Grant,
    OrganizationGrant,
    PullService,
    ServiceGrant,
    repository_policy,
    role_name_problems,
)
from domain.iam.matching import covers
from domain.iam.statement import Effect, Operator, Principal, PrincipalKind, Statement
from domain.iam.statement_text import statement_text
from domain.wording import listed

_PULL = frozenset(map(str.lower, PULL_ACTIONS))
_NOT_NEEDED = frozenset(("ecr:batchchecklayeravailability", LOGIN_ACTION.lower()))
_KEYS = {PrincipalKind.SERVICE: {"aws:sourceaccount", "aws:sourcearn"}, None: {"aws:principalorgid"}}
"""The condition keys that `pull` has, by the kind of the principal; None is everyone."""
_EQUALITY = frozenset((Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.ARN_EQUALS, Operator.ARN_LIKE))
_UNLIKE = "\0" * 9
"""A name that only a wildcard matches."""
_SOURCES = {PullService.LAMBDA: f"function:{_UNLIKE}", PullService.CODEBUILD: f"project/{_UNLIKE}"}
_ANY_ACCOUNT = "000000000000"
_ALL = parse({"Version": CURRENT_VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """What `pull` says of a policy."""

    grants: tuple[Grant, ...]
    """The principals that can pull; nothing is granted that the policy does not grant."""
    policy: str
    """A policy of the same meaning: what the grants compile to, and beside it all that they don't say."""
    beyond: tuple[str, ...]
    """The statements that say all that, in words."""
    remarks: tuple[str, ...]
    """Why the grants don't say it."""


@cache
def read_pulls(text: str, arn: str, registry: RegistryId) -> Pulls:
    """Reads the policy of the repository with that ARN."""
    try:
        document = parse(text)
    except InvalidDocument as invalid:
        remark = f"it can't be read: {invalid.problems[0].message}"
        return Pulls(grants=(), policy=text, beyond=(), remarks=(remark,))
    statements = {each.sid or f"statement {n}": each for n, each in enumerate(document.statements, start=1)}
    if denying := [label for label, each in statements.items() if _denies_pulls(each)]:
        # Without its Deny, the policy would allow what it denies now.
        remark = f"no `pull` is written, for {listed(denying)} denies pulls, which an entry can't say"
        return Pulls(grants=(), policy=_text(statements), beyond=_lines(statements), remarks=(remark,))
    granted: dict[Grant, None] = {}
    rest: dict[str, Statement] = {}
    remarks: list[str] = []
    for label, statement in statements.items():
        said = set()
        for principal in statement.principals or () if _allows_pulls(statement, arn) else ():
            possible = _grants(principal, statement, registry)
            found = [each for each in possible if _is_granted(each, document, arn, registry)]
            granted |= dict.fromkeys(found)
            if not found:
                remarks.append(f"{label}: {principal.value}: {_why_none(principal, statement)}")
            elif _conditions(_compiled(found, registry)[-1]) == _conditions(statement):
                said.add(principal)
        rest |= dict(_rest(label, statement, said))
    compiled = {str(each.sid): each for each in _compiled(list(granted), registry)}
    # A statement that keeps its name is compared whole: the plan says what changes in it.
    policy = {**compiled, **rest, **{label: statements[label] for label in compiled.keys() & rest}}
    return Pulls(grants=tuple(granted), policy=_text(policy), beyond=_lines(rest), remarks=(*remarks, *_hints(rest)))


def _compiled(grants: Sequence[Grant], registry: RegistryId) -> tuple[Statement, ...]:
    policy = repository_policy(grants, registry)
    return parse(policy).statements if policy else ()


def _denies_pulls(statement: Statement) -> bool:
    return statement.effect is Effect.DENY and any(covers(statement, action) for action in PULL_ACTIONS)


def _allows_pulls(statement: Statement, arn: str) -> bool:
    """Whether it allows whole pulls from the repository to principals that it names."""
    here = statement.not_resources is None and (statement.resources is None or {"*", arn} & set(statement.resources))
    named = statement.principals is not None and statement.actions is not None
    allows = statement.effect is Effect.ALLOW and all(covers(statement, action) for action in PULL_ACTIONS)
    return allows and named and bool(here)


def _grants(principal: Principal, statement: Statement, registry: RegistryId) -> list[Grant]:
    """What `pull` could say for the principal, as far as its conditions are such that `pull` has."""
    if not _has_conditions_of_pull(principal, statement):
        return []
    values = {each.key.folded: each.values for each in statement.conditions}
    if principal.is_anyone:
        named = values.get("aws:principalorgid", ())
        return [OrganizationGrant(organization=each) for each in named if ORGANIZATION_ID.fullmatch(each)]
    if principal.kind is PrincipalKind.SERVICE:
        service = next((each for each in PullService if each.principal == principal.value), None)
        sources = (arn.account for each in values.get("aws:sourcearn", ()) if (arn := Arn.parse(each)))
        accounts = {*filter(is_account_id, (*sources, *values.get("aws:sourceaccount", ())))} or {registry.account}
        return [ServiceGrant(service=service, account=each) for each in sorted(accounts)] if service else []
    if principal.is_root:
        return [AccountGrant(account=principal.value)]
    arn = Arn.parse(principal.value) if principal.kind is PrincipalKind.AWS else None
    kind, _, role = arn.resource.partition("/") if arn else ("", "", "")
    here = arn and (arn.partition, arn.service, kind) == (registry.partition, "iam", "role")
    return [AccountGrant(account=arn.account, role=role)] if arn and here and not role_name_problems(role) else []


def _has_conditions_of_pull(principal: Principal, statement: Statement) -> bool:
    keys = _KEYS.get(None if principal.is_anyone else principal.kind, set())
    return all(each.key.folded in keys and each.operator.base in _EQUALITY for each in statement.conditions)


def _why_none(principal: Principal, statement: Statement) -> str:
    known = [each.principal for each in PullService]
    if not _has_conditions_of_pull(principal, statement) or principal.value in known:
        return "`pull` has no such condition"
    if principal.is_anyone:
        return "`pull` has accounts, roles, organizations and services, but not everyone"
    if principal.kind is PrincipalKind.SERVICE:
        return f"`pull` has the services {listed(known)}"
    if principal.kind is PrincipalKind.AWS and not principal.is_root and Arn.parse(principal.value) is None:
        return "that is the id of a principal that was deleted"
    return "`pull` has accounts and their roles"


def _is_granted(grant: Grant, document: Document, arn: str, registry: RegistryId) -> bool:
    """Whether the document grants pulls to all that the grant means."""
    requests = [
        (caller, Request(action=action, resource=arn, account=registry.account, context=context))
        for caller, context in _callers(grant, registry)
        for action in PULL_ACTIONS
    ]
    return all(evaluate(caller, request, [Policy(name="", document=document)]).allowed for caller, request in requests)


def _callers(grant: Grant, registry: RegistryId) -> Iterator[tuple[Caller, Context]]:
    """Whom a grant means, each with what its request brings along."""
    match grant:
        case AccountGrant(account=account, role=role):
            yield _session(account, role or _UNLIKE, registry), {}
        case OrganizationGrant(organization=organization):
            yield replace(_session(_ANY_ACCOUNT, _UNLIKE, registry), organization=organization), {}
        case ServiceGrant(service=service, account=account):
            source = Arn(registry.partition, service.value, registry.region, account, _SOURCES[service])
            context = {"aws:SourceArn": (str(source),), "aws:SourceAccount": (account,)}
            yield Caller(identity=Identity(arn=service.principal, account=None)), context
            if service is PullService.LAMBDA and account != registry.account:
                yield _session(account, _UNLIKE, registry), {}


def _session(account: str, role: str, registry: RegistryId) -> Caller:
    """A session of a role that its own account allows everything."""
    role_arn = Arn(registry.partition, "iam", "", account, f"role/{role}")
    session = Arn(registry.partition, "sts", "", account, f"assumed-role/{role.rpartition('/')[2]}/session")
    identity = Identity(arn=str(session), account=account, role_arn=str(role_arn))
    return Caller(identity=identity, policies=(Policy(name="", document=_ALL),))


def _rest(label: str, statement: Statement, said: Collection[Principal]) -> Iterator[tuple[str, Statement]]:
    """What of a statement grants don't say that say its pulls for some of the principals."""
    others = tuple(each for each in statement.principals or () if each not in said)
    beyond = tuple(each for each in statement.actions or () if each.folded not in _PULL)
    if others or not said:
        yield label, replace(statement, principals=others) if said else statement
    if said and beyond:
        name = f"{label} (beyond pulls)" if others else label
        yield name, replace(statement, principals=tuple(said), actions=beyond)


def _conditions(statement: Statement) -> set[object]:
    """Whatever operator of equality they have: a grant is found only where it holds."""
    return {
        (each.operator.qualifier, each.operator.if_exists, each.key.folded, frozenset(each.values))
        for each in statement.conditions
    }


def _hints(rest: Mapping[str, Statement]) -> Iterator[str]:
    """What people should know of statements beside the pulls."""
    allowing = {label: each for label, each in rest.items() if each.effect is Effect.ALLOW}
    if pushing := [label for label, each in allowing.items() if covers(each, "ecr:PutImage")]:
        yield f"{listed(pushing)}: `push` names the GitHub workflows that push"
    for label, each in allowing.items():
        if each.actions and {action.folded for action in each.actions} <= _NOT_NEEDED:
            yield f"{label}: a pull does not need {listed(action.written for action in each.actions)}"


def _text(statements: Mapping[str, Statement]) -> str:
    written = [replace(each, sid=label).to_json() for label, each in statements.items()]
    return to_json_text({"Version": CURRENT_VERSION, "Statement": written})


def _lines(statements: Mapping[str, Statement]) -> tuple[str, ...]:
    return tuple(f"{label}: {statement_text(each)}" for label, each in statements.items())
