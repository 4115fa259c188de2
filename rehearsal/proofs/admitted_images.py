"""A cluster admits the company's images, by digest or by a tag that can't move, and no other."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from domain.ecr.tags import WILDCARD
from domain.kubernetes.cluster import Cluster
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, Object, until
from rehearsal.proofs.harness.case import Broken, RegistryCase

PROMISE = "clusters admit the company's images, by digest or by a tag that can't move, and no other image"

_DIGEST = f"@sha256:{'0123456789abcdef' * 4}"
_TAG = "rehearsal.1"
_OTHER = "registry.example/rehearsal/app"
_NAMESPACE = "rehearsal-images"
_PATIENCE = 10.0
"""Seconds until a policy counts that has just been made."""
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def applies(case: RegistryCase) -> bool:
    return case.registry.home and bool(_judging(case))


def prove_registry(case: RegistryCase) -> str:
    refused = 0
    for cluster in _judging(case):
        api = case.clusters[cluster.name]
        _require_namespace(api, _NAMESPACE)
        foreign = list(_foreign(case))
        try:
            until(lambda api=api, image=foreign[0]: _verdict(api, _NAMESPACE, image), _PATIENCE)  # type: ignore[misc]
        except TimeoutError:
            raise Broken(f"cluster {cluster.name} admits {foreign[0]}, which is not from the company") from None
        for image in foreign:
            _require_judged(api, cluster, image)
            refused += 1
        for image in _own(case):
            if said := _verdict(api, _NAMESPACE, image):
                raise Broken(f"cluster {cluster.name} does not admit {image}: {said}")
        for namespace in cluster.admission.excepted if cluster.admission else ():
            _require_namespace(api, namespace)
            if said := _verdict(api, namespace, foreign[0]):
                raise Broken(f"namespace {namespace} of cluster {cluster.name} is excepted, and does not admit: {said}")
    return f"{refused} images of others, or with a tag that can move, were judged as declared"


def _judging(case: RegistryCase) -> list[Cluster]:
    return [each for each in case.settings.clusters if each.admission is not None and each.name in case.clusters]


def _foreign(case: RegistryCase) -> Iterator[str]:
    """Images that are refused."""
    host = case.settings.cluster_hosts[0]
    yield f"{_OTHER}{_DIGEST}"
    yield f"{host}.registry.example/rehearsal/app{_DIGEST}"
    yield f"{host}/rehearsal/undeclared:v1"
    for name, patterns in case.settings.mutable_tags.items():
        yield f"{host}/{name}"
        yield from (f"{host}/{name}:{each.replace(WILDCARD, '1')}" for each in patterns)


def _own(case: RegistryCase) -> Iterator[str]:
    """Images that are admitted."""
    for host in case.settings.cluster_hosts:
        for name, patterns in case.settings.mutable_tags.items():
            yield f"{host}/{name}{_DIGEST}"
            if not any(fnmatchcase(_TAG, each) for each in patterns):
                yield f"{host}/{name}:{_TAG}"


def _require_judged(api: KubernetesClient, cluster: Cluster, image: str) -> None:
    """Refused where images are denied, else a warning."""
    deny = cluster.admission is not None and cluster.admission.deny
    said = _verdict(api, _NAMESPACE, image)
    if said is None:
        raise Broken(f"cluster {cluster.name} admits {image}")
    if said.startswith("warning: ") is deny:
        raise Broken(f"cluster {cluster.name} is declared to {'deny' if deny else 'warn'}, and says: {said}")


def _verdict(api: KubernetesClient, namespace: str, image: str) -> str | None:
    """What is said against a pod of the image; None where nothing is."""
    asked = api.with_token(api.token)
    container = {"name": "app", "image": image, "securityContext": _RESTRICTED}
    metadata = {"name": "rehearsal", "namespace": namespace}
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    try:
        asked.create(pod, dry_run=True)
    except KubernetesRefusal as refusal:
        return str(refusal)
    return f"warning: {'; '.join(asked.warnings)}" if asked.warnings else None


def _require_namespace(api: KubernetesClient, name: str) -> None:
    try:
        api.get("v1", "Namespace", None, name)
    except KubernetesRefusal:
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    until(lambda: api.get("v1", "ServiceAccount", name, "default"))
