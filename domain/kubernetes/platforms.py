"""Where clusters run, and how their namespaces can pull from Amazon ECR."""

from enum import Enum


class PullMode(Enum):
    """Whose credentials the kubelet pulls with."""

    NODE_ROLE = "node-role"
    """The node's own role, by the kubelet's credential provider."""
    REFRESHED_SECRET = "refreshed-secret"  # noqa: S105  a mode
    """A secret that a CronJob writes anew before its token expires."""
    EXTERNAL_SECRETS = "external-secrets"
    """A secret that the External Secrets Operator keeps."""
    STATIC_REGISTRY = "static-registry"
    """A secret with the credentials of other registries."""

    @property
    def pulls_from_ecr(self) -> bool:
        return self is not PullMode.STATIC_REGISTRY


class Platform(Enum):
    """What a cluster's nodes are, which decides who can authenticate a pull."""

    EKS = "eks"
    EKS_AUTO = "eks-auto"
    EKS_FARGATE = "eks-fargate"
    CREDENTIAL_PROVIDER = "credential-provider"
    """Other nodes with ecr-credential-provider: EKS Hybrid Nodes, kubeadm, k3s, RKE2, Talos."""
    GKE = "gke"
    AKS = "aks"
    OTHER = "other"
    """Other clouds, on premises, laptops."""

    @property
    def is_eks(self) -> bool:
        return self in {Platform.EKS, Platform.EKS_AUTO, Platform.EKS_FARGATE}

    @property
    def modes(self) -> tuple[PullMode, ...]:
        """Those that it serves: without a credential provider a node has no role to pull with."""
        has_role = self.is_eks or self is Platform.CREDENTIAL_PROVIDER
        return tuple(each for each in PullMode if has_role or each is not PullMode.NODE_ROLE)
