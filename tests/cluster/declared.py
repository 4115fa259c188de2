"""What the tests' project declares in the clusters of its stack prod, as the render has it: each in one of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from domain.document_text import SECRET
from domain.kubernetes.objects import DOCKER_CONFIG
from domain.kubernetes.static_registry import docker_config
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, Object, until
from rehearsal.cluster.local_cluster import LocalCluster
from render.resource import Resource
from resources.kubernetes import is_kubernetes
from resources.providers import cluster_of
from tests.cluster.objects import pod
from tests.stacks import rendered

MANAGER = "pulumi-kubernetes"
CANARY = "canary-of-a-token"
ENFORCED = {"pod-security.kubernetes.io/enforce": "restricted"}
FOREIGN = "docker.io/library/nginx:1.29"
OLD = "before"
"""A namespace that nothing is declared for, with a pod of its name and of a foreign image, there before the policies;
and with a service account that is called as a refresher's."""
_CRDS = Path(__file__).with_name("external_secrets_crds.yaml")


def declared_in(cluster: str) -> list[Resource]:
    """Each after all that it depends on."""
    found = {
        each.urn: each
        for each in rendered("prod").resources
        if cluster_of(each.provider) == cluster and is_kubernetes(each.type)
    }
    graph = {urn: set(each.dependencies) & set(found) for urn, each in found.items()}
    return [found[urn] for urn in TopologicalSorter(graph).static_order()]


def manifest_of(declared: Resource) -> Object:
    """What goes to the API, where a render has no secret: these stand in for it."""
    if declared.inputs.get("data") == SECRET:
        if declared.inputs["type"] == "Opaque":
            return {**declared.inputs, "data": {"htpasswd": ""}}
        logins = [("ghcr.io", "acme-bot", CANARY), ("docker.io", "acme", CANARY)]
        return {**declared.inputs, "data": {DOCKER_CONFIG: docker_config(logins)}}
    return declared.inputs


def pod_template(declared: Resource) -> Object | None:
    """Of a Job or a Deployment, or of the Jobs that a CronJob makes."""
    spec = declared.inputs.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    template: Object | None = (
        spec.get("template") if declared.inputs["kind"] in {"Job", "CronJob", "Deployment"} else None
    )
    return template


@dataclass(frozen=True)
class DeclaredCluster:
    """One of the stack's, with everything in it that is declared there."""

    name: str
    cluster: LocalCluster

    @cached_property
    def api(self) -> KubernetesClient:
        return self.cluster.client

    @property
    def resources(self) -> list[Resource]:
        return declared_in(self.name)

    def of_kind(self, kind: str) -> list[Object]:
        return [each.inputs for each in self.resources if each.inputs["kind"] == kind]

    def prepare(self) -> None:
        """What is there before: the operator's types, namespaces, and what runs in one of them."""
        for each in yaml.safe_load_all(_CRDS.read_text(encoding="utf-8")):
            self._make_type(each)
        made = {each.inputs["metadata"]["name"] for each in self.resources if each.inputs["kind"] == "Namespace"}
        named = {each.inputs["metadata"].get("namespace", "default") for each in self.resources}
        for name in sorted({*named, OLD, "monitoring"} - made - {"kube-system", "default"}):
            self.namespace(name)
        self.api.create(image_pod(OLD, OLD, FOREIGN))
        account = {"name": "ecr-refresher", "namespace": OLD}
        self.api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})

    def namespace(self, name: str) -> None:
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": ENFORCED}})
        self._await_account(name)

    def apply(self) -> None:
        """All of it, and returns when its policies count."""
        for each in self.resources:
            manifest = manifest_of(each)
            self.api.apply(manifest, manager=MANAGER, force=each.type.endswith("Patch"))
            if manifest["kind"] == "Namespace":
                self._await_account(manifest["metadata"]["name"])
        until(lambda: self.verdict(image_pod(OLD, "tried", FOREIGN)))

    def _await_account(self, namespace: str) -> None:
        until(lambda: self.api.get("v1", "ServiceAccount", namespace, "default"))

    def _make_type(self, definition: Object) -> None:
        def established() -> bool:
            found = self.api.get(*where)["status"].get("conditions") or ()
            return any(each["type"] == "Established" and each["status"] == "True" for each in found)

        self.api.create(definition)
        where = (definition["apiVersion"], definition["kind"], None, definition["metadata"]["name"])
        until(established)

    def verdict(self, tried: Object, client: KubernetesClient | None = None) -> str | None:
        """What the API says against a pod: as a refusal or as a warning."""
        asked = (client or self.api).with_token((client or self.api).token)
        try:
            asked.create(tried, dry_run=True)
        except KubernetesRefusal as refusal:
            return str(refusal)
        return "; ".join(asked.warnings) or None


def image_pod(namespace: str, name: str, *images: str, **spec: Any) -> Object:
    """A pod with a container for each image."""
    made = pod(namespace, name, **spec)
    (container,) = made["spec"]["containers"]
    made["spec"]["containers"] = list(containers(container, *images))
    return made


def containers(like: Object, *images: str) -> Iterator[Object]:
    for number, image in enumerate(images):
        yield {**like, "name": f"{like['name']}-{number}", "image": image}
