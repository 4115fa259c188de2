"""The namespaces of a stack's clusters that pull with a role of its own, and service accounts with their tokens."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from domain.iam.grants import AccountGrant
from domain.iam.oidc import AUDIENCE
from domain.kubernetes.cluster import Cluster, Namespace
from localcloud.clients import AwsCredentials
from rehearsal.proofs.harness.case import Broken, Case, RegistryCase
from rehearsal.proofs.harness.denied_calls import RegistryPrincipal
from rehearsal.proofs.harness.workflows import DENIED, EXPIRED, INVALID
from settings import Settings

_OTHER = "rehearsal-other"
_NO_PROVIDER = "https://issuer.rehearsal.example"
"""An issuer that the account has no provider of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullingNamespace:
    """One of a cluster in the stack's own account."""

    cluster: Cluster
    namespace: Namespace
    issuer: str
    role: str

    @property
    def who(self) -> str:
        return f"namespace {self.namespace.id}"

    def by_name(self, settings: Settings) -> AccountGrant:
        """The grant of a repository that names its role."""
        return AccountGrant(account=settings.home.account, role=f"{settings.role_path.removeprefix('/')}{self.role}")

    def pulls(self, case: Case) -> bool:
        """In the account's own registries where it is declared; and wherever a grant names its role."""
        own = self.namespace.id in case.repository.namespaces and case.registry.role is None
        return own or self.by_name(case.settings) in case.repository.pull


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccountToken:
    """Whose token comes to a role, and with which code STS refuses it where it is not trusted."""

    who: str
    issuer: str
    namespace: str
    service_account: str
    audience: str = AUDIENCE
    age: timedelta = timedelta()
    code: str = DENIED


def pulling_namespaces(settings: Settings) -> tuple[PullingNamespace, ...]:
    return tuple(
        PullingNamespace(cluster=cluster, namespace=each, issuer=cluster.issuer, role=each.role)
        for cluster in settings.clusters
        if cluster.own_account and cluster.issuer
        for each in cluster.namespaces
        if each.role
    )


def trusted_tokens(pulling: PullingNamespace) -> list[ServiceAccountToken]:
    """One of each service account that the namespace's mode trusts."""
    name = pulling.namespace.name
    return [
        ServiceAccountToken(
            who=f"service account {each} of {pulling.who}", issuer=pulling.issuer, namespace=name, service_account=each
        )
        for each in pulling.namespace.trusted
    ]


def other_tokens(pulling: PullingNamespace, settings: Settings) -> Iterator[ServiceAccountToken]:
    """Tokens that resemble a trusted one."""
    own, *_ = trusted_tokens(pulling)
    others = {each.name for each in pulling.cluster.namespaces if each.name != own.namespace}
    for each in sorted({*others, f"{own.namespace}-2", "kube-system"} - {own.namespace}):
        yield replace(own, who=f"service account {own.service_account} of another namespace ({each})", namespace=each)
    yield replace(own, who="another service account of the namespace", service_account=_OTHER)
    yield replace(own, who="a service account whose name begins alike", service_account=f"{own.service_account}-2")
    for cluster in settings.clusters:
        if cluster.own_account and cluster.issuer not in (None, own.issuer):
            known = any(each.role for each in cluster.namespaces)
            yield replace(
                own, who=f"cluster {cluster.name}", issuer=str(cluster.issuer), code=DENIED if known else INVALID
            )
    yield replace(own, who="a cluster that is not declared", issuer=_NO_PROVIDER, code=INVALID)
    yield replace(own, who="a token for the API server", audience="https://kubernetes.default.svc", code=INVALID)
    yield replace(own, who="a token of yesterday", age=timedelta(days=1), code=EXPIRED)


def namespace_session(case: RegistryCase, pulling: PullingNamespace, token: ServiceAccountToken) -> AwsCredentials:
    """Of the namespace's role; raises ClientError where STS refuses the token."""
    issuer, at = case.principals.issuer(token.issuer), datetime.now(UTC) - token.age
    text = issuer.token(token.namespace, token.service_account, audience=token.audience, at=at)
    return case.principals.by_token(case.role_arn(pulling.role), text, case.registry.region)


def namespace_principals(case: RegistryCase, pulling: PullingNamespace) -> list[RegistryPrincipal]:
    """The namespace's service accounts at the registry."""
    found = []
    for token in trusted_tokens(pulling):
        try:
            session = namespace_session(case, pulling, token)
        except ClientError as refused:
            raise Broken(f"{token.who} is declared, and was refused: {refused}") from refused
        password = case.principals.password(session, case.registry.region)
        found.append(RegistryPrincipal(who=token.who, password=password))
    return found
