"""The images that a cluster admits: of the company's registries, by digest or by a tag that can't move.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from domain.ecr.tags import WILDCARD
from domain.kubernetes.cluster import Refresher
from domain.kubernetes.objects import NAMESPACE_NAME, KubernetesObject, Manifest, manifest

NAME = "container-registry-images"
SYSTEM_NAMESPACE = "kube-system"
_VERSION = "admissionregistration.k8s.io/v1"
_KEY_MAX = 253
"""Of a ConfigMap's key: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsConfigMapKey"""
_SLASH = ".."
"""In place of `/`, which a ConfigMap's key can't have, and no repository's name has two dots in a row."""
_HOSTS, _ACCOUNT, _IMAGE, _NAMESPACES = "HOSTS", "REFRESHER", "REFRESHER_IMAGE", "REFRESHER_NAMESPACES"
"""Keys beside the repositories', whose names have no capitals."""

_IMAGES = (
    "{0}.spec.containers.map(c, c.image)"
    " + {0}.spec.?initContainers.orValue([]).map(c, c.image)"
    " + {0}.spec.?ephemeralContainers.orValue([]).map(c, c.image)"
    " + {0}.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))"
)
_IS_REFRESHER = (
    f"request.namespace in params.data[?'{_NAMESPACES}'].orValue('').split(' ')"
    f" && object.spec.?serviceAccountName.orValue('') == params.data[?'{_ACCOUNT}'].orValue('')"
)
_FIXED_TAG = (
    "i.matches('^[^/:@]+/([a-z0-9_/-]|[.][a-z0-9_-])+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$')"
    f" && [i.substring(i.indexOf('/') + 1, i.lastIndexOf(':')).replace('/', '{_SLASH}')].exists(repository,"
    " repository in params.data && (params.data[repository] == ''"
    " || !i.substring(i.lastIndexOf(':') + 1).matches(params.data[repository])))"
)
_VARIABLES = {
    "images": _IMAGES.format("object"),
    "before": f"request.operation == 'CREATE' ? [] : {_IMAGES.format('oldObject')}",
    "refresher": f"{_IS_REFRESHER} ? params.data[?'{_IMAGE}'].orValue('') : ''",
    "fresh": "variables.images.filter(i, !(i in variables.before) && i != variables.refresher)",
    "foreign": f"variables.fresh.filter(i, !params.data.{_HOSTS}.split(' ').exists(h, i.startsWith(h + '/')))",
    "movable": (
        "variables.fresh.filter(i, !(i in variables.foreign) && !i.matches('@sha256:[0-9a-f]{64}$')"
        f" && !({_FIXED_TAG}))"
    ),
}
"""What is admitted once stays: an update is judged by the images that it adds."""
_VALIDATIONS = {
    "foreign": "not from the company's registries",
    "movable": "neither by digest nor by a tag that can't move",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedImages:
    """What the policy is given as data."""

    hosts: tuple[str, ...]
    mutable_tags: Mapping[str, tuple[str, ...]]
    """By repository whose other tags are immutable. Any other repository's images are admitted by digest alone: also a
    cache's, since ECR makes its tags follow the upstream's."""
    refresher: Refresher | None
    refreshed: tuple[str, ...]
    """The namespaces whose refresher is admitted with its image, which is of another registry."""


@cache
def tags_regex(patterns: tuple[str, ...]) -> str:
    """The tags that fit one of the patterns, in the grammar of RE2; empty for no pattern."""
    if not patterns:
        return ""
    return f"^({'|'.join('.*'.join(map(re.escape, each.split(WILDCARD))) for each in patterns)})$"


def admission_objects(
    images: AdmittedImages, *, deny: bool, excepted: Sequence[str]
) -> tuple[tuple[KubernetesObject, ...], ...]:
    """The policy with its data, and then the binding by which it counts."""
    data = manifest("v1", "ConfigMap", NAME, SYSTEM_NAMESPACE, data=_data(images))
    policy = manifest(_VERSION, "ValidatingAdmissionPolicy", NAME, spec=_POLICY)
    others = {"key": NAMESPACE_NAME, "operator": "NotIn", "values": sorted({SYSTEM_NAMESPACE, *excepted})}
    spec = {
        "policyName": NAME,
        "validationActions": ["Deny"] if deny else ["Warn", "Audit"],
        "paramRef": {"name": NAME, "namespace": SYSTEM_NAMESPACE, "parameterNotFoundAction": "Deny"},
        "matchResources": {"namespaceSelector": {"matchExpressions": [others]}},
    }
    binding = manifest(_VERSION, "ValidatingAdmissionPolicyBinding", NAME, spec=spec)
    return (
        (KubernetesObject(manifest=data), KubernetesObject(manifest=policy, part="images")),
        (KubernetesObject(manifest=binding, part="images"),),
    )


_POLICY: Manifest = {
    "failurePolicy": "Fail",
    "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
    "matchConstraints": {
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["pods", "pods/ephemeralcontainers"],
            }
        ]
    },
    "variables": [{"name": name, "expression": expression} for name, expression in _VARIABLES.items()],
    "validations": [
        {
            "expression": f"variables.{name}.size() == 0",
            "message": f"images are {message}",  # in place of names that are longer than the API's 5 KiB
            "messageExpression": f'"{message}: " + variables.{name}.join(", ")',
            "reason": "Forbidden",
        }
        for name, message in _VALIDATIONS.items()
    ],
}


def _data(images: AdmittedImages) -> dict[str, str]:
    keys = ((name.replace("/", _SLASH), patterns) for name, patterns in sorted(images.mutable_tags.items()))
    data = {_HOSTS: " ".join(images.hosts)}
    if images.refresher is not None and images.refreshed:
        data |= {_ACCOUNT: images.refresher.name, _IMAGE: images.refresher.image}
        data[_NAMESPACES] = " ".join(images.refreshed)
    return data | {key: tags_regex(patterns) for key, patterns in keys if len(key) <= _KEY_MAX}
