"""The principals that a statement of a resource's policy names, each as a caller that meets its conditions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from domain.aws import ORGANIZATION_ID, Arn, is_account_id
from domain.iam.access import Caller, Context, Identity
from domain.iam.cluster_trust import service_account_of
from domain.iam.github import ISSUER, Subject
from domain.iam.oidc import AUDIENCE
from domain.iam.statement import Operator, Principal, PrincipalKind, Statement
from review.access.matrix import Grantee, GranteeKind

_NO_ACCOUNT = "000000000000"
"""The account of a caller that represents several; no account has this id."""
_NO_ORGANIZATION = "o-0000000000"
_EQUALITY = frozenset(
    (
        Operator.STRING_EQUALS,
        Operator.STRING_EQUALS_IGNORE_CASE,
        Operator.STRING_LIKE,
        Operator.ARN_EQUALS,
        Operator.ARN_LIKE,
    )
)
_OF_ONE = frozenset(("aws:principalarn", "aws:principaltype", "aws:username"))
_OF_MANY = _OF_ONE | {"aws:principalaccount"}
_MANY, _ONE = "0WILDCARD-MANY0", "0WILDCARD-ONE0"
"""Placeholders for wildcards while a subject is parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGrantee:
    """One principal of a statement."""

    principal: Grantee
    identity: Identity
    organization: str | None = None
    unsettled: frozenset[str] = frozenset()

    def caller(self, **more: object) -> Caller:
        return Caller(identity=self.identity, organization=self.organization, **more)  # type: ignore[arg-type]


def named(statement: Statement, names: Mapping[str, str]) -> Iterator[NamedGrantee]:
    """Every principal that the statement names; `names` are the render's for what pulls in clusters."""
    required = _required_values(statement)
    if statement.not_principals is not None:
        but = ", ".join(each.value for each in statement.not_principals)
        yield from _anyone(required, f" except {but}")
    for each in statement.principals or ():
        yield from _one(each, required, names)


def anyone() -> NamedGrantee:
    """A principal of an account and of an organization that no policy names."""
    (found,) = _anyone({}, "")
    return replace(found, organization=_NO_ORGANIZATION, unsettled=_OF_ONE)


def _one(
    principal: Principal, required: Mapping[str, tuple[str, ...]], names: Mapping[str, str]
) -> Iterator[NamedGrantee]:
    if principal.is_anyone:
        yield from _anyone(required, "")
    elif principal.kind is PrincipalKind.SERVICE:
        yield from _service(principal.value, required)
    elif principal.kind is PrincipalKind.FEDERATED:
        yield from _federated(principal.value, required, names)
    elif principal.is_root:
        yield any_of_account(principal.value)
    elif principal.kind is PrincipalKind.AWS:
        yield named_by_arn(principal.value, names)


def _required_values(statement: Statement) -> dict[str, tuple[str, ...]]:
    """The values that the conditions require of the caller, by key in lower case."""
    return {
        each.key.folded: each.values
        for each in statement.conditions
        if each.operator.base in _EQUALITY and not each.operator.if_exists and each.values
    }


def _anyone(required: Mapping[str, tuple[str, ...]], but: str) -> Iterator[NamedGrantee]:
    """Every principal, or those of the accounts and organizations that the conditions name."""
    organizations, accounts = required.get("aws:principalorgid", ()), required.get("aws:principalaccount", ())
    if organizations and all(map(ORGANIZATION_ID.fullmatch, organizations)):
        yield from (_organization(each, but) for each in organizations)
    elif accounts and all(map(is_account_id, accounts)):
        yield from map(any_of_account, accounts)
    else:
        principal = Grantee(kind=GranteeKind.EVERYONE, id=f"*{but}", label=f"every AWS principal{but}")
        yield NamedGrantee(principal=principal, identity=_session(_NO_ACCOUNT), unsettled=_OF_MANY)


def _organization(id: str, but: str) -> NamedGrantee:
    principal = Grantee(kind=GranteeKind.ORGANIZATION, id=f"{id}{but}", label=f"organization {id}{but}")
    return NamedGrantee(principal=principal, identity=_session(_NO_ACCOUNT), organization=id, unsettled=_OF_MANY)


def any_of_account(id: str) -> NamedGrantee:
    """Whichever principal of the account."""
    principal = Grantee(kind=GranteeKind.ACCOUNT, id=id, label=f"account {id}")
    return NamedGrantee(principal=principal, identity=_session(id), unsettled=_OF_ONE)


def _session(account: str) -> Identity:
    return Identity(
        arn=f"arn:aws:sts::{account}:assumed-role/any/session",
        account=account,
        role_arn=f"arn:aws:iam::{account}:role/any",
    )


def named_by_arn(text: str, names: Mapping[str, str]) -> NamedGrantee:
    """A role, a user, a session, or the unique id of one, whose account is not known."""
    arn = Arn.parse(text)
    kind, _, name = arn.resource.partition("/") if arn else ("principal", "", text)
    label = _arn_label(arn, text)
    label = f"{names[text]} ({label})" if text in names else label
    principal = Grantee(kind=GranteeKind.PRINCIPAL, id=text, label=label)
    if arn is None:
        return NamedGrantee(principal=principal, identity=Identity(arn=text, account=""), unsettled=_OF_MANY)
    if kind == "role":
        return NamedGrantee(principal=principal, identity=session_of(text, arn))
    role = f"arn:{arn.partition}:iam::{arn.account}:role/{name.partition('/')[0]}" if kind == "assumed-role" else None
    unsettled = frozenset(("aws:principalarn",)) if role else frozenset[str]()
    identity = Identity(arn=text, account=arn.account, role_arn=role)
    return NamedGrantee(principal=principal, identity=identity, unsettled=unsettled)


def session_of(role_arn: str, arn: Arn) -> Identity:
    """A session of the role."""
    name = arn.resource.rpartition("/")[2]
    session = f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name}/session"
    return Identity(arn=session, account=arn.account, role_arn=role_arn)


def _arn_label(arn: Arn | None, text: str) -> str:
    if arn is None:
        return f"principal {text}"
    kind, _, name = arn.resource.partition("/")
    words = {"assumed-role": "session", "federated-user": "federated user"}.get(kind, kind)
    return f"{words} {name} of account {arn.account}"


def _service(name: str, required: Mapping[str, tuple[str, ...]]) -> Iterator[NamedGrantee]:
    """The service on behalf of each account, or organization, that the conditions name."""
    accounts, sources = required.get("aws:sourceaccount", ()), required.get("aws:sourcearn", ())
    organizations = required.get("aws:sourceorgid", ())
    by_arn = {source: arn.account for source in sources if (arn := Arn.parse(source)) and is_account_id(arn.account)}
    if accounts and all(map(is_account_id, accounts)):
        for each in accounts:
            yield _at_work(name, f" for account {each}", _source(each, by_arn, sources))
    elif by_arn and len(by_arn) == len(sources):
        for each in sorted(set(by_arn.values())):
            yield _at_work(name, f" for account {each}", _source(each, by_arn, sources))
    elif organizations and all(map(ORGANIZATION_ID.fullmatch, organizations)):
        for each in organizations:
            yield _at_work(name, f" for organization {each}", {"aws:SourceOrgID": (each,)})
    else:
        yield _at_work(name, "", {})


def _source(account: str, by_arn: Mapping[str, str], sources: tuple[str, ...]) -> Context:
    """The context of a request on behalf of the account: a source of it, or one that could be of any."""
    own = [source for source in sources if by_arn.get(source, account) == account]
    return {"aws:SourceAccount": (account,), **({"aws:SourceArn": (own[0],)} if own else {})}


def _at_work(name: str, whom: str, context: Context) -> NamedGrantee:
    principal = Grantee(kind=GranteeKind.SERVICE, id=f"{name}{whom}", label=f"{name}{whom}")
    return NamedGrantee(principal=principal, identity=Identity(arn=name, account=None, session_context=context))


def _federated(
    provider: str, required: Mapping[str, tuple[str, ...]], names: Mapping[str, str]
) -> Iterator[NamedGrantee]:
    written = provider.rpartition("oidc-provider/")[2]
    issuer = written.lower()
    if issuer == ISSUER or issuer.startswith(f"{ISSUER}/"):
        yield from _workflows(provider, issuer, required)
        return
    whose, subjects = names.get(written, f"`{provider}`"), required.get(f"{issuer}:sub", ())
    if not subjects or None in map(service_account_of, subjects):
        principal = Grantee(kind=GranteeKind.PROVIDER, id=provider, label=f"every identity of {whose}")
        yield NamedGrantee(principal=principal, identity=Identity(arn=provider, account=None))
        return
    for subject in subjects:
        context: Context = {f"{issuer}:sub": (subject,), **_audience(issuer, required)}
        label = f"{whose}, {_namespace(subject)}"
        principal = Grantee(kind=GranteeKind.NAMESPACE, id=f"{written} {subject}", label=label)
        yield NamedGrantee(principal=principal, identity=Identity(arn=provider, account=None, session_context=context))


def _audience(issuer: str, required: Mapping[str, tuple[str, ...]]) -> Context:
    """One that the conditions take; where they name none, any."""
    return {key: required[key][:1] for key in (f"{issuer}:aud",) if key in required}


def _namespace(subject: str) -> str:
    """The namespace of a service account, in which any pod can be given any service account; else the pattern."""
    namespace, _ = service_account_of(subject) or ("*", "")
    return f"service accounts `{subject}`" if {"*", "?"} & set(namespace) else f"namespace {namespace}"


def _workflows(provider: str, issuer: str, required: Mapping[str, tuple[str, ...]]) -> Iterator[NamedGrantee]:
    audience = required.get(f"{issuer}:aud", (AUDIENCE,))[0]
    for subject in required.get(f"{issuer}:sub", (None,)):
        context: dict[str, tuple[str, ...]] = {f"{issuer}:aud": (audience,)}
        label = "every GitHub workflow"
        if subject is not None:
            context[f"{issuer}:sub"], label = (subject,), workflow(subject)
        principal = Grantee(kind=GranteeKind.GITHUB, id=subject or "*", label=label)
        yield NamedGrantee(principal=principal, identity=Identity(arn=provider, account=None, session_context=context))


def workflow(subject: str) -> str:
    """The workflows whose tokens have this subject, which may hold wildcards."""
    found = Subject.parse(subject.replace("*", _MANY).replace("?", _ONE))
    if found is None:
        return f"GitHub subject `{subject}`"

    def written(text: str) -> str:
        return f"`{text.replace(_MANY, '*').replace(_ONE, '?')}`"

    repository = written(f"{found.owner}/{found.repository}")
    if found.environment is not None:
        return f"{repository} in environment {written(found.environment)}"
    if found.pull_request:
        return f"pull requests of {repository}"
    kind, _, name = str(found.ref).removeprefix("refs/").partition("/")
    return f"{repository} on {'tag ' if kind == 'tags' else ''}{written(name)}"
