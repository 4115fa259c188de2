"""The policy that holds refreshers to the one secret that they are for."""

from collections.abc import Sequence

from domain.kubernetes.objects import DOCKER_CONFIG_TYPE, NAMESPACE_NAME, KubernetesObject, manifest


def refresher_pin(refresher: str, secret: str, namespaces: Sequence[str]) -> tuple[tuple[KubernetesObject, ...], ...]:
    """Refreshers write that one secret, of that one type, and no other: with another type a secret of the same name
    would be given a service account's token, which its writer reads in the answer. A policy, and its binding."""
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["secrets"]}]
    name, version = "container-registry-refresher", "admissionregistration.k8s.io/v1"
    by_refresher = f"request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':{refresher}'"
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": rules},
        "matchConditions": [{"name": "by-refresher", "expression": by_refresher}],
        "validations": [
            {
                "expression": f"object.metadata.name == '{secret}' && object.type == '{DOCKER_CONFIG_TYPE}'",
                "message": f"{refresher} writes the secret {secret} of type {DOCKER_CONFIG_TYPE} alone",
                "reason": "Forbidden",
            }
        ],
    }
    named = {"key": NAMESPACE_NAME, "operator": "In", "values": sorted(namespaces)}
    binding = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchExpressions": [named]}},
    }
    declared = manifest(version, "ValidatingAdmissionPolicy", name, spec=policy)
    bound = manifest(version, "ValidatingAdmissionPolicyBinding", name, spec=binding)
    part = "refresher"
    return (KubernetesObject(manifest=declared, part=part),), (KubernetesObject(manifest=bound, part=part),)
