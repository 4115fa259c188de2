"""A registry of one's own in a cluster: the objects of Kubernetes that it is made of."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.document_text import to_json_text
from domain.iam.oidc import AUDIENCE
from domain.kubernetes.objects import NAMESPACE_NAME, KubernetesObject, Manifest, manifest, named_by_content
from domain.kubernetes.service_accounts import namespace_object
from domain.selfhosted.own_registry import (
    AUTH,
    CERTIFICATES,
    CONFIG,
    DATA,
    DEBUG_PORT,
    ENVIRONMENT,
    READ_ONLY,
    REGISTRY_PORT,
    UPSTREAM_PASSWORD,
    WRITABLE,
    Bucket,
    Disk,
    OwnRegistry,
    Page,
    registry_config,
    serve_command,
)
from domain.selfhosted.registry_page import IN_CONTAINER, NGINX, PAGE_PORT, page_config, page_start

HTPASSWD_KEY_PREFIX, UPSTREAM_KEY_PREFIX = "htpasswd-", "upstream-token-"
"""How the keys of its secrets begin."""
NAME_LABEL, PART_LABEL, MODE_LABEL = (
    "app.kubernetes.io/name", "app.kubernetes.io/component", "container-registry/mode",
)  # fmt: skip
REGISTRY, PAGE, COLLECT = "registry", "page", "collect"
USER = 65532
_AWS_TOKEN = "/var/run/secrets/sts.amazonaws.com"  # noqa: S105  a folder
_SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""A claim is bound when its first pod comes, and not every controller says where an Ingress is served: the engine would
wait for ever."""
_NGINX_BODY = {"nginx.ingress.kubernetes.io/proxy-body-size": "0"}
"""Else a layer of more than 1 MB is refused: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration"""
_DRAIN_SECONDS = 60

Steps = tuple[tuple[KubernetesObject, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How the Ingress serves it."""

    class_name: str
    namespace: str
    """In which the controller's pods are."""
    annotations: Mapping[str, str]
    certificate: str
    """The secret with the certificate of its hosts."""
    issuer: str | None
    """The ClusterIssuer of cert-manager that writes that secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRegistry:
    """A registry in one namespace of a cluster."""

    registry: OwnRegistry
    cluster: str
    namespace: str
    create: bool
    """Whether the namespace is declared, too."""
    served: Served
    scraped_from: str | None
    """The namespace whose pods read the metrics."""
    api_port: int

    @property
    def name(self) -> str:
        return self.registry.name

    @property
    def htpasswd_key(self) -> str | None:
        return None if self.registry.login else f"{HTPASSWD_KEY_PREFIX}{self.name}"

    @property
    def upstream_key(self) -> str | None:
        upstream = self.registry.upstream
        return f"{UPSTREAM_KEY_PREFIX}{self.name}" if upstream and upstream.username else None

    def labels(self, part: str) -> dict[str, str]:
        return {NAME_LABEL: self.name, PART_LABEL: part}


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def registry_steps(placed: ClusterRegistry, htpasswd: Any, upstream: Any) -> Steps:
    """`htpasswd` and `upstream` are the data of secrets, and no text yet: None where the registry has none."""
    config = _config(placed)
    needed = [_object(config, "config"), _object(_account(placed)), *_policies(placed), *_logins(placed, htpasswd)]
    if upstream is not None:
        name = f"{placed.name}-upstream"
        needed.append(_object(_secret(placed, name, upstream), "upstream"))
    if isinstance(placed.registry.storage, Disk):
        needed.append(_object(_claim(placed, placed.registry.storage)))
    names = config["metadata"]["name"]
    running = [_object(_deployment(placed, names, mode), mode) for mode in _modes(placed)]
    running += [_object(_service(placed, REGISTRY, REGISTRY_PORT), REGISTRY), _object(_ingress(placed))]
    if page := placed.registry.page:
        files = _page_config(placed, page)
        needed.append(_object(files, PAGE))
        running.append(_object(_page(placed, page, files["metadata"]["name"]), PAGE))
        running.append(_object(_service(placed, PAGE, PAGE_PORT), PAGE))
    made = ((namespace_object(placed.namespace),),) if placed.create else ()
    return (*made, tuple(needed), tuple(running))


def _modes(placed: ClusterRegistry) -> tuple[str, ...]:
    return (WRITABLE, READ_ONLY) if placed.registry.collection else (WRITABLE,)


def _object(declared: Manifest, part: str = "") -> KubernetesObject:
    return KubernetesObject(manifest=declared, part=part)


def deployment_name(placed: ClusterRegistry, mode: str) -> str:
    return placed.name if mode == WRITABLE else f"{placed.name}-{mode}"


def _config(placed: ClusterRegistry) -> Manifest:
    modes = {WRITABLE: False, READ_ONLY: True}
    data = {
        f"{mode}.json": to_json_text(registry_config(placed.registry, tls=False, read_only=frozen))
        for mode, frozen in modes.items()
    }
    return _fixed(placed, f"{placed.name}-config", data)


def _page_config(placed: ClusterRegistry, page: Page) -> Manifest:
    proxied = f"http://{placed.name}.{placed.namespace}.svc:{REGISTRY_PORT}"
    return _fixed(placed, f"{placed.name}-page", {NGINX: page_config(page, proxied, tls=False)})


def _fixed(placed: ClusterRegistry, name: str, data: dict[str, str]) -> Manifest:
    """A map under a name of its content, so that pods start anew with another."""
    return manifest("v1", "ConfigMap", named_by_content(name, data), placed.namespace, immutable=True, data=data)


def _account(placed: ClusterRegistry) -> Manifest:
    return manifest("v1", "ServiceAccount", placed.name, placed.namespace, automountServiceAccountToken=False)


def _logins(placed: ClusterRegistry, htpasswd: Any) -> list[KubernetesObject]:
    """What the registry knows its users by; of a token server its certificates, which are no secret."""
    name, login = f"{placed.name}-auth", placed.registry.login
    if login is None:
        return [_object(_secret(placed, name, htpasswd), "auth")]
    data = {CERTIFICATES: login.certificates}
    return [_object(manifest("v1", "ConfigMap", name, placed.namespace, data=data), "auth")]


def _secret(placed: ClusterRegistry, name: str, data: Any) -> Manifest:
    return manifest("v1", "Secret", name, placed.namespace, type="Opaque", data=data)


def _claim(placed: ClusterRegistry, disk: Disk) -> Manifest:
    named = {"storageClassName": disk.storage_class} if disk.storage_class else {}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": disk.size}}, **named}
    annotations = _SKIP_AWAIT
    return manifest("v1", "PersistentVolumeClaim", placed.name, placed.namespace, annotations=annotations, spec=spec)


def _deployment(placed: ClusterRegistry, config: str, mode: str) -> Manifest:
    """How many pods the writable one has is not declared: the collection stops them, and no deployment in between
    starts them again. All of one volume are on one node."""
    labels = {**placed.labels(REGISTRY), MODE_LABEL: mode}
    pod = registry_pod(placed, config)
    container = {
        **registry_container(placed, read_only=mode == READ_ONLY),
        "args": serve_command(mode),
        "ports": [{"name": "images", "containerPort": REGISTRY_PORT}, {"name": "metrics", "containerPort": DEBUG_PORT}],
        "readinessProbe": {"httpGet": {"path": "/debug/health", "port": DEBUG_PORT}},
        "livenessProbe": {"httpGet": {"path": "/", "port": REGISTRY_PORT}, "initialDelaySeconds": 10},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    pod = {**pod, "terminationGracePeriodSeconds": _DRAIN_SECONDS, "containers": [container]}
    replicas = {"replicas": 0} if mode == READ_ONLY else {}
    return _deployed(placed, deployment_name(placed, mode), labels, pod, strategy={"type": "Recreate"}, **replicas)


def _page(placed: ClusterRegistry, page: Page, config: str) -> Manifest:
    work = {"name": "work", "emptyDir": {}}
    container = {
        "name": PAGE,
        "image": page.image,
        "command": ["/bin/sh", "-euc", page_start(placed.registry, page)],
        "ports": [{"name": PAGE, "containerPort": PAGE_PORT}],
        "readinessProbe": {"httpGet": {"path": "/", "port": PAGE_PORT}},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG, "readOnly": True},
            {"name": "work", "mountPath": IN_CONTAINER.work},
        ],
    }
    volumes = [{"name": "config", "configMap": {"name": config}}, work]
    pod = {**pod_of(placed.name), "containers": [container], "volumes": volumes}
    return _deployed(placed, f"{placed.name}-page", placed.labels(PAGE), pod)


def _deployed(placed: ClusterRegistry, name: str, labels: Mapping[str, str], pod: Manifest, **more: object) -> Manifest:
    template = {"metadata": {"labels": dict(labels)}, "spec": pod}
    spec = {"selector": {"matchLabels": dict(labels)}, "template": template, **more}
    return manifest("apps/v1", "Deployment", name, placed.namespace, spec=spec)


CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
}  # fmt: skip


def pod_of(account: str) -> Manifest:
    """Under the Pod Security Standard `restricted`."""
    user = {"runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER}
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
    }


def registry_pod(placed: ClusterRegistry, config: str) -> Manifest:
    """Of what runs distribution, but for its containers."""
    storage, name = placed.registry.storage, f"{placed.name}-auth"
    login: Manifest = {"configMap": {"name": name}} if placed.registry.login else {"secret": {"secretName": name}}
    volumes: list[Manifest] = [
        {"name": "config", "configMap": {"name": config}},
        {"name": "auth", **login},
        {"name": "work", "emptyDir": {}},
    ]
    affinity: Manifest = {}
    if isinstance(storage, Disk):
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": placed.name}})
        beside = {"matchLabels": placed.labels(REGISTRY)}
        term = {"labelSelector": beside, "topologyKey": "kubernetes.io/hostname"}
        affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    elif storage.role:
        token = {"audience": AUDIENCE, "expirationSeconds": 3600, "path": "token"}
        volumes.append({"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}})
    return {**pod_of(placed.name), **({"affinity": affinity} if affinity else {}), "volumes": volumes}


def registry_container(placed: ClusterRegistry, *, read_only: bool) -> Manifest:
    """What runs distribution, but for what it does."""
    storage, environment = placed.registry.storage, dict(ENVIRONMENT)
    mounts: list[Manifest] = [
        {"name": "config", "mountPath": CONFIG, "readOnly": True},
        {"name": "auth", "mountPath": AUTH, "readOnly": True},
        {"name": "work", "mountPath": IN_CONTAINER.work},
    ]
    if isinstance(storage, Disk):
        mounts.append({"name": "data", "mountPath": DATA, **({"readOnly": True} if read_only else {})})
    elif storage.role:
        environment |= {"AWS_ROLE_ARN": storage.role, "AWS_WEB_IDENTITY_TOKEN_FILE": f"{_AWS_TOKEN}/token"}
        mounts.append({"name": "token", "mountPath": _AWS_TOKEN, "readOnly": True})
    values: list[Manifest] = [{"name": key, "value": value} for key, value in environment.items()]
    if placed.upstream_key:
        source = {"secretKeyRef": {"name": f"{placed.name}-upstream", "key": "password"}}
        values.append({"name": UPSTREAM_PASSWORD, "valueFrom": source})
    image = placed.registry.image
    return {
        "name": REGISTRY, "image": image, "env": values, "securityContext": CONTAINER_SECURITY, "volumeMounts": mounts
    }  # fmt: skip


def _service(placed: ClusterRegistry, part: str, port: int) -> Manifest:
    name = placed.name if part == REGISTRY else f"{placed.name}-{part}"
    spec = {"selector": placed.labels(part), "ports": [{"name": "http", "port": port, "targetPort": port}]}
    return manifest("v1", "Service", name, placed.namespace, spec=spec)


def _ingress(placed: ClusterRegistry) -> Manifest:
    """With a certificate for each host; https://kubernetes.io/docs/concepts/services-networking/ingress/#tls"""
    served, page = placed.served, placed.registry.page
    hosts = [(placed.registry.host, placed.name, REGISTRY_PORT)]
    hosts += [(page.host, f"{placed.name}-page", PAGE_PORT)] if page else []
    rules = [
        {
            "host": host,
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": _backend(service, port)}}]},
        }
        for host, service, port in hosts
    ]
    tls = [{"hosts": [host for host, _, _ in hosts], "secretName": served.certificate}]
    issuer = {"cert-manager.io/cluster-issuer": served.issuer} if served.issuer else {}
    annotations = {**_SKIP_AWAIT, **_NGINX_BODY, **issuer, **served.annotations}
    spec = {"ingressClassName": served.class_name, "tls": tls, "rules": rules}
    return manifest(
        "networking.k8s.io/v1", "Ingress", placed.name, placed.namespace, annotations=annotations, spec=spec
    )


def _backend(service: str, port: int) -> Manifest:
    return {"name": service, "port": {"number": port}}


def network_policy(placed: ClusterRegistry, part: str, ingress: list[Manifest], egress: list[Manifest]) -> Manifest:
    """Of the pods of one part: what is not named neither comes in nor goes out."""
    spec = {
        "podSelector": {"matchLabels": placed.labels(part)},
        "policyTypes": ["Ingress", "Egress"],
        **({"ingress": ingress} if ingress else {}),
        **({"egress": egress} if egress else {}),
    }
    name = f"{placed.name}-{part}"
    return manifest("networking.k8s.io/v1", "NetworkPolicy", name, placed.namespace, spec=spec)


def ports(*numbers: int, protocol: str = "TCP") -> list[Manifest]:
    return [{"protocol": protocol, "port": each} for each in numbers]


DNS = {"ports": [*ports(53, protocol="UDP"), *ports(53)]}


def _policies(placed: ClusterRegistry) -> list[KubernetesObject]:
    controller = [_in_namespace(placed.served.namespace)]
    page = [{"podSelector": {"matchLabels": placed.labels(PAGE)}}] if placed.registry.page else []
    reached = [{"from": [*controller, *page], "ports": ports(REGISTRY_PORT)}]
    if placed.scraped_from:
        reached.append({"from": [_in_namespace(placed.scraped_from)], "ports": ports(DEBUG_PORT)})
    away = isinstance(placed.registry.storage, Bucket) or placed.registry.upstream
    out: list[Manifest] = [DNS, {"ports": ports(443)}] if away else []
    found = [_object(network_policy(placed, REGISTRY, reached, out), REGISTRY)]
    if placed.registry.page:
        own = {"to": [{"podSelector": {"matchLabels": placed.labels(REGISTRY)}}], "ports": ports(REGISTRY_PORT)}
        shown = [{"from": controller, "ports": ports(PAGE_PORT)}]
        found.append(_object(network_policy(placed, PAGE, shown, [DNS, own]), PAGE))
    return found


def _in_namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: name}}}
