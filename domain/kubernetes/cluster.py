"""A cluster: its namespaces, and how each pulls."""

from dataclasses import dataclass

from domain.kubernetes.object_names import ClusterNamespace
from domain.kubernetes.platforms import Platform, PullMode

PULL_TOKEN_PREFIX = "pull-token-"  # noqa: S105  how the keys begin


@dataclass(frozen=True, slots=True, kw_only=True)
class PullCredential:
    """The login at another registry; its token is one of the stack's secrets."""

    name: str
    registry: str
    """As people write it: ghcr.io, docker.io, registry.example.com:5000."""
    username: str

    @property
    def token_key(self) -> str:
        return f"{PULL_TOKEN_PREFIX}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One namespace of a cluster."""

    id: ClusterNamespace
    mode: PullMode
    create: bool
    """Whether the namespace itself is declared, with the Pod Security Standard `restricted`."""
    service_accounts: tuple[str, ...]
    """Declared, with the pull secret (or, of node-role, the role's annotation)."""
    patched_service_accounts: tuple[str, ...]
    """That exist already: their list of pull secrets is replaced."""
    role: str | None
    """The name of its pull role; None where no role of its own pulls (node-role, static-registry)."""
    trusted: tuple[str, ...]
    """The service accounts that can assume that role."""
    refresh_interval: str
    """Of external-secrets: a duration as Go writes it."""
    credentials: tuple[PullCredential, ...]
    """Of static-registry."""

    @property
    def name(self) -> str:
        return self.id.namespace

    @property
    def has_objects(self) -> bool:
        """Whether something is declared in it."""
        accounts = self.service_accounts or self.patched_service_accounts
        return self.mode is not PullMode.NODE_ROLE or self.create or bool(accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Which images the cluster admits."""

    deny: bool
    """Refused, or only written to the audit log and warned of."""
    excepted: tuple[str, ...]
    """Namespaces that it does not judge, beside kube-system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresher:
    """What writes the pull secrets of refreshed-secret."""

    name: str
    """Of its CronJob, service account, role."""
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One Kubernetes cluster, reached through an explicit provider."""

    name: str
    account: str
    platform: Platform
    endpoint: str
    ca: str
    """The certificate of its authority: PEM in base64, as a kubeconfig has it."""
    identifier: str
    """What stays when the endpoint moves: of an EKS cluster its ARN."""
    issuer: str | None
    """The https URL of its OIDC issuer."""
    node_role: str | None
    """The role of its nodes (of Fargate the pod execution role), with its path, in the cluster's account."""
    secret: str
    """The name of the pull secret in each of its namespaces."""
    refresher: Refresher | None
    admission: Admission | None
    namespaces: tuple[Namespace, ...]
    own_account: bool
    """Whether its account is the stack's: its pull roles are declared here, else they are printed."""

    @property
    def has_objects(self) -> bool:
        """Whether something is declared in it."""
        return self.admission is not None or any(each.has_objects for each in self.namespaces)
