"""The clusters of a stack, as the domain and the components have them."""

from domain.kubernetes.cluster import PULL_TOKEN_PREFIX, Admission, Cluster, Namespace, PullCredential

__all__ = ("PULL_TOKEN_PREFIX", "Admission", "Cluster", "Namespace", "PullCredential")
