"""A repository policy in the catalog's words: whom it lets pull, and what is in it that `pull` can't say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from domain.aws import ORGANIZATION_ID, Arn, RegistryId
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import PULL_ACTIONS
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
from domain.iam.statement import Condition, Effect, Operator, Principal, PrincipalKind, Statement
from ops.adopt.service_pulls import CannotSay, served
from ops.adopt.statement_words import conditions_in_words, in_words, label, principal_in_words, rest_in_words
from review.plan.words import listed

_ROLE = "role/"
_ONE_OF = frozenset({Operator.STRING_EQUALS, Operator.STRING_LIKE})
_STRANGER = "000000000000"
_EVERYTHING = parse({"Version": CURRENT_VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
_ALL = Policy(name="all", document=_EVERYTHING)
_PUSH_HINT = "`push` names the GitHub workflows that push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """Who may pull, by the entry's words; and what else the policy says, a line each."""

    grants: tuple[Grant, ...]
    beyond: tuple[str, ...]


@cache
def read(text: str, arn: str, registry: RegistryId) -> Pulls:
    """Nothing is granted that the policy does not grant already."""
    try:
        document = parse(text)
    except InvalidDocument as invalid:
        first = invalid.problems[0]
        return Pulls(grants=(), beyond=(f"it can't be read: {first.message}",))
    grants: list[Grant] = []
    beyond: list[str] = []
    for index, statement in enumerate(document.statements):
        name = label(statement, index)
        said, lines = _said(statement, arn, registry)
        grants += said
        beyond += [f"{name}: {line}" for line in lines]
    if forbidding := [label(each, index) for index, each in enumerate(document.statements) if _forbids_pulls(each)]:
        # Without its Deny, the policy would let in whom it keeps out now.
        told = f"nobody's pull is written, for {listed(forbidding)} forbids pulls, which no entry can say"
        return Pulls(grants=(), beyond=(*beyond, told))
    kept = []
    for grant in dict.fromkeys(grants):
        widened = next((who for who in _callers(grant, registry) if not _pulls(who, document, arn, registry)), None)
        if widened is None:
            kept.append(grant)
        else:
            told = f"{grant_in_words(grant)} is not written, for it would let in more"
            beyond.append(f"{told}: {widened[0]} may not pull now")
    return Pulls(grants=tuple(kept), beyond=tuple(beyond))


def _forbids_pulls(statement: Statement) -> bool:
    return statement.effect is Effect.DENY and any(covers(statement, action) for action in PULL_ACTIONS)


def _said(statement: Statement, arn: str, registry: RegistryId) -> tuple[list[Grant], list[str]]:
    """The grants that the statement holds, and in words what else is in it."""
    elsewhere = statement.resources is not None and not {"*", arn}.intersection(statement.resources)
    whole = (
        statement.effect is Effect.DENY
        or statement.principals is None
        or statement.actions is None
        or statement.not_resources is not None
        or elsewhere
        or not all(covers(statement, action) for action in PULL_ACTIONS)
    )
    if whole or statement.principals is None:
        return [], [_with_hint(in_words(statement), statement)]
    grants: list[Grant] = []
    named: list[Principal] = []
    lines: list[str] = []
    for principal in statement.principals:
        try:
            found = _grants(principal, statement.conditions, registry)
        except CannotSay as reason:
            lines.append(f"{in_words(statement, [principal])}: {reason}")
            continue
        grants += found
        named.append(principal)
        lines += _narrower(principal, statement, found, registry)
    rest = rest_in_words(statement)
    if named and rest:
        lines.append(_with_hint(f"{listed(map(principal_in_words, named))} may {rest}", statement))
    return grants, lines


def _with_hint(words: str, statement: Statement) -> str:
    pushes = statement.effect is Effect.ALLOW and covers(statement, "ecr:PutImage")
    return f"{words}; {_PUSH_HINT}" if pushes else words


def _grants(principal: Principal, conditions: Sequence[Condition], registry: RegistryId) -> list[Grant]:
    """What the catalog says for one principal; raises CannotSay."""
    if principal.is_anyone:
        return list(_organizations(conditions))
    if principal.kind is PrincipalKind.SERVICE:
        return list(served(principal, conditions, registry))
    if principal.kind is not PrincipalKind.AWS:
        raise CannotSay("`pull` knows accounts, roles, organizations and services")
    if conditions:
        raise CannotSay("`pull` has no conditions")
    if principal.is_root:
        return [AccountGrant(account=principal.value)]
    arn = Arn.parse(principal.value)
    if arn is None:
        raise CannotSay("that is the id of a principal that is gone")
    role = arn.resource.removeprefix(_ROLE)
    if arn.service != "iam" or role == arn.resource:
        raise CannotSay("`pull` knows accounts and their roles")
    if arn.partition != registry.partition or role_name_problems(role):
        raise CannotSay("no role of this partition has that name")
    return [AccountGrant(account=arn.account, role=role)]


def _organizations(conditions: Sequence[Condition]) -> Iterator[Grant]:
    if not conditions:
        raise CannotSay("`pull` names who may, and knows no everybody")
    (condition, *others) = conditions
    plain = condition.operator.qualifier is None and not condition.operator.if_exists
    if others or not plain or condition.operator.base not in _ONE_OF or condition.key.folded != "aws:principalorgid":
        raise CannotSay("`pull` has no such condition")
    if not all(map(ORGANIZATION_ID.fullmatch, condition.values)):
        raise CannotSay("that is no organization's id")
    yield from (OrganizationGrant(organization=value) for value in condition.values)


def _narrower(principal: Principal, statement: Statement, found: list[Grant], registry: RegistryId) -> Iterator[str]:
    """What the grants leave out of a service's statement, whose conditions may be wider than theirs."""
    services = [each for each in found if isinstance(each, ServiceGrant)]
    if not services:
        return
    built = parse(repository_policy(services, registry) or {}).statements[-1]
    if _conditions(built) != _conditions(statement):
        before, after = conditions_in_words(statement.conditions), conditions_in_words(built.conditions)
        yield f"{principal.value} may pull {before or 'for whomever it works'}; from then on only {after}"


def _conditions(statement: Statement) -> frozenset[object]:
    return frozenset((each.operator, each.key.folded, frozenset(each.values)) for each in statement.conditions)


Who = tuple[str, Caller, Mapping[str, tuple[str, ...]]]


def _callers(grant: Grant, registry: RegistryId) -> Iterator[Who]:
    """Whom a grant lets in, each with what its request brings along."""
    match grant:
        case AccountGrant(account=account, role=role):
            yield grant_in_words(grant), _somebody(account, role, registry), {}
        case OrganizationGrant(organization=organization):
            yield grant_in_words(grant), _somebody(_STRANGER, None, registry, organization), {}
        case ServiceGrant(service=service, account=account):
            what = {PullService.LAMBDA: "function:probe", PullService.CODEBUILD: "project/probe"}[service]
            source = str(Arn(registry.partition, service.value, registry.region, account, what))
            context = {"aws:SourceArn": (source,), "aws:SourceAccount": (account,)}
            yield service.principal, Caller(identity=Identity(arn=service.principal, account=None)), context
            if service is PullService.LAMBDA and account != registry.account:
                yield f"account {account}", _somebody(account, None, registry), {}


def _somebody(account: str, role: str | None, registry: RegistryId, organization: str | None = None) -> Caller:
    """A session of a role that its own account lets do everything."""
    path = role or "probe"
    arn = str(Arn(registry.partition, "iam", "", account, f"{_ROLE}{path}"))
    session = str(Arn(registry.partition, "sts", "", account, f"assumed-role/{path.rpartition('/')[2]}/probe"))
    identity = Identity(arn=session, account=account, role_arn=arn)
    return Caller(identity=identity, policies=(_ALL,), organization=organization)


def _pulls(who: Who, document: Document, arn: str, registry: RegistryId) -> bool:
    _, caller, context = who
    requests = [
        Request(action=action, resource=arn, account=registry.account, context=context) for action in PULL_ACTIONS
    ]
    return all(evaluate(caller, each, [Policy(name="found", document=document)]).allowed for each in requests)


def grant_in_words(grant: Grant) -> str:
    match grant:
        case AccountGrant(account=account, role=role):
            return f"role {role} of account {account}" if role else f"account {account}"
        case OrganizationGrant(organization=organization):
            return f"organization {organization}"
        case ServiceGrant(service=service, account=account):
            return f"service {service.value} for account {account}"
