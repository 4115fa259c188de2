"""Namespaces, and the service accounts by which their pods pull."""

from domain.kubernetes.objects import KubernetesObject, manifest, patch

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
KUBELET_ROLE_ANNOTATION = "eks.amazonaws.com/ecr-role-arn"
"""With whose role the kubelet's ecr-credential-provider pulls for the account's pods:
https://github.com/kubernetes/cloud-provider-aws, cmd/ecr-credential-provider/main.go"""
RESTRICTED = "restricted"


def pod_security_label(mode: str) -> str:
    """The label by which a namespace has a Pod Security Standard: enforce, warn or audit."""
    return f"pod-security.kubernetes.io/{mode}"


def namespace_object(name: str) -> KubernetesObject:
    """With the Pod Security Standard `restricted`, of which workloads are warned and pods refused."""
    labels = {pod_security_label(mode): RESTRICTED for mode in ("enforce", "warn")}
    return KubernetesObject(manifest=manifest("v1", "Namespace", name, labels=labels))


def secret_account(name: str, namespace: str, secret: str, *, exists: bool) -> KubernetesObject:
    """A service account whose pods pull with the secret.

    Of one that exists this field alone is declared: the list of its pull secrets, which is replaced as a whole.
    """
    make = patch if exists else manifest
    made = make("v1", "ServiceAccount", name, namespace, imagePullSecrets=[{"name": secret}])
    return KubernetesObject(manifest=made, part=name, is_patch=exists)


def role_account(name: str, namespace: str, role_arn: str | None) -> KubernetesObject:
    """A service account for whose pods the kubelet pulls with a role of their own."""
    annotations = {KUBELET_ROLE_ANNOTATION: role_arn} if role_arn is not None else None
    made = manifest("v1", "ServiceAccount", name, namespace, annotations=annotations)
    return KubernetesObject(manifest=made, part=name)
