"""Namespaces enforce the Pod Security Standard `restricted`, and the pods of the stack satisfy it."""

import re

from domain.kubernetes.service_accounts import RESTRICTED, pod_security_label
from policies.checks.cluster_objects import POD_TYPES, ClusterObject, declarable, objects_in, pods_in
from policies.checks.input_values import is_unknown, value_within
from policies.checks.pod_security import check_restricted
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.kubernetes import NAMESPACE

_ENFORCE = pod_security_label("enforce")
_VERSION = f"{_ENFORCE}-version"
_LATEST = "latest"
_RELEASE = re.compile(r"v1\.([0-9]+)")
_OLDEST = 25
"""The first release of Kubernetes whose standard has every control of pods of Linux:
https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    for each in objects_in(resource):
        if each.type == NAMESPACE:
            yield from _check_namespace(each)
    for pod in pods_in(resource):
        yield from check_restricted(pod)


def _check_namespace(namespace: ClusterObject) -> Results:
    labels = ("metadata", "labels")
    level, version = (value_within(namespace.value, (*labels, key)) for key in (_ENFORCE, _VERSION))
    where = (*namespace.path, *labels, _ENFORCE)
    if is_unknown(level):
        yield Undecided(where)
    elif level != RESTRICTED and not (level is None and namespace.is_patch):
        written = "enforces no Pod Security Standard" if level is None else f"enforces the level {level!r}"
        yield Finding(f"{written}: its pods can run as root, and on the host's network and files", where)
    if is_unknown(version):
        yield Undecided((*where[:-1], _VERSION))
    elif version is not None and not _has_every_control(version):
        message = (
            f"enforces the standard of {version!r}, which has fewer controls: allowed are latest, or v1.{_OLDEST} on"
        )
        yield Finding(message, (*where[:-1], _VERSION))


def _has_every_control(version: object) -> bool:
    release = _RELEASE.fullmatch(str(version))
    return version == _LATEST or (release is not None and int(release[1]) >= _OLDEST)


RULE = ResourceRule(
    id="k8s-namespace-restricted",
    title="Namespaces enforce the Pod Security Standard restricted, which the stack's pods satisfy",
    severity="high",
    risk="A pod that is privileged or mounts the host's files takes over its node, with every pull secret, token and "
    "image on it. A CronJob that the standard forbids is accepted with a warning, and never runs: the pull secret then "
    "expires.",
    remediation=f"Set the label {_ENFORCE} to {RESTRICTED} on the namespace. On pods set runAsNonRoot and the "
    "seccompProfile RuntimeDefault; on each container allowPrivilegeEscalation false and capabilities.drop [ALL].",
    controls=(
        "CIS Kubernetes 5.2.1", "CIS Kubernetes 5.2.2", "CIS Kubernetes 5.2.3", "CIS Kubernetes 5.2.4",
        "CIS Kubernetes 5.2.5", "CIS Kubernetes 5.2.6", "CIS Kubernetes 5.2.7", "CIS Kubernetes 5.2.9",
        "CIS Kubernetes 5.7.2", "NIST SP 800-190 4.4.3",
    ),
    parameters=Parameters,
    types=(*declarable(NAMESPACE), *POD_TYPES),
    check=check,
)  # fmt: skip
