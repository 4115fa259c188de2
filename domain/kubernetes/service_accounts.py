"""Namespaces, and the service accounts by which their pods pull."""

from domain.kubernetes.objects import KubernetesObject, manifest, patch

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
KUBELET_ROLE_ANNOTATION = "eks.amazonaws.com/ecr-role-arn"
"""With whose role the kubelet's ecr-credential-provider pulls for the account's pods:
https://github.com/kubernetes/cloud-provider-aws, cmd/ecr-credential-provider/main.go"""
_ENFORCED = "pod-security.kubernetes.io"
RESTRICTED = "restricted"


def namespace_object(name: str) -> KubernetesObject:
    """With the Pod Security Standard `restricted`, of which workloads are warned and pods refused."""
    labels = {f"{_ENFORCED}/{mode}": RESTRICTED for mode in ("enforce", "warn")}
    return KubernetesObject(manifest=manifest("v1", "Namespace", name, labels=labels))


def workload_account(
    name: str, namespace: str, *, secret: str | None = None, kubelet_role: str | None = None, exists: bool = False
) -> KubernetesObject:
    """A service account whose pods pull with the secret, or by the kubelet with a role of their own.

    Of one that exists these fields alone are declared; its list of pull secrets is one field, replaced as a whole.
    """
    annotations = {KUBELET_ROLE_ANNOTATION: kubelet_role} if kubelet_role is not None else {}
    make = patch if exists else manifest
    made = make("v1", "ServiceAccount", name, namespace, annotations=annotations)
    if secret is not None:
        made["imagePullSecrets"] = [{"name": secret}]
    return KubernetesObject(manifest=made, part=name, is_patch=exists)
