"""Objects of clusters, in an API server of this machine that stands in for each cluster's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.aws import Arn
from domain.document_text import SECRET as HIDDEN
from domain.kubernetes.objects import DOCKER_CONFIG, DOCKER_CONFIG_TYPE
from domain.kubernetes.static_registry import docker_config
from rehearsal.apply.builder import Builder, Order
from rehearsal.cluster.kubelet import Kubelet
from rehearsal.cluster.kubernetes_client import KubernetesClient, Object, until
from resources import Answer, Inputs
from resources.kubernetes import (
    ADMISSION_BINDING,
    ADMISSION_POLICY,
    CLAIM,
    CONFIG_MAP,
    CRON_JOB,
    DEPLOYMENT,
    EXTERNAL_SECRET,
    INGRESS,
    JOB,
    NAMESPACE,
    NETWORK_POLICY,
    POLICY_ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    SERVICE_ACCOUNT_PATCH,
    TOKEN_GENERATOR,
)
from settings import Settings

_MANAGER = "pulumi-kubernetes"
_JOB_SECONDS = 60.0
OPERATORS_OWN = (EXTERNAL_SECRET, TOKEN_GENERATOR)
"""What an operator reads that no API server of the rehearsal has."""
_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class JobFailed(Exception):
    """What its pods said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServers:
    """Where the objects of clusters are made."""

    clients: Mapping[str, KubernetesClient] = field(default_factory=dict)
    """The administrator's, for each cluster that one stands in for."""
    reason: str = "no API server was started"
    """Why there is none for the others."""


def not_built(token: str, inputs: Inputs, cluster: str, account: str, servers: ApiServers) -> str | None:
    """Why this object is not made; None where it is."""
    by_tests = f"declared in cluster {cluster}, proven by the cluster tests"
    if cluster not in servers.clients:
        return f"{by_tests}: {servers.reason}"
    if token in OPERATORS_OWN:
        return f"{by_tests}: there is no External Secrets Operator here"
    if token == JOB and _role_account(inputs) != account:
        return f"{by_tests}: it pulls with a role that this stack does not declare"
    return None


def make_namespaces(settings: Settings, servers: ApiServers) -> None:
    """Those that exist before the stack, which declares only what is in them."""
    declared = [(cluster.name, each.name, each.create) for cluster in settings.clusters for each in cluster.namespaces]
    declared += [(each.cluster, each.namespace, each.create) for each in settings.self_hosted]
    made = {(cluster, name) for cluster, name, create in declared if create}
    for cluster, name in dict.fromkeys((cluster, name) for cluster, name, _ in declared):
        if (api := servers.clients.get(cluster)) is not None and (cluster, name) not in made:
            _make_namespace(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def _role_account(inputs: Inputs) -> str | None:
    """The account of the role that a job's pod assumes by its token."""
    containers = inputs["spec"]["template"]["spec"]["containers"]
    values = {each["name"]: each["value"] for container in containers for each in container["env"]}
    role = Arn.parse(values.get("AWS_ROLE_ARN", ""))
    return role.account if role is not None else None


def _make_namespace(api: KubernetesClient, manifest: Object) -> Object:
    made = api.create(manifest)
    name = made["metadata"]["name"]
    # Pods need both, which the cluster's controllers make.
    until(lambda: api.get("v1", "ServiceAccount", name, "default"))
    until(lambda: api.get("v1", "ConfigMap", name, "kube-root-ca.crt"))
    return made


def _create(order: Order) -> Answer:
    return _answer(_api(order).create(order.inputs))


def _namespace(order: Order) -> Answer:
    return _answer(_make_namespace(_api(order), dict(order.inputs)))


def _patch(order: Order) -> Answer:
    """Of an object that another makes."""
    api, about = _api(order), order.inputs["metadata"]
    until(lambda: api.get(order.inputs["apiVersion"], order.inputs["kind"], about["namespace"], about["name"]))
    forced = about.get("annotations", {}).get("pulumi.com/patchForce") == "true"
    return _answer(api.apply(order.inputs, manager=_MANAGER, force=forced))


def _secret(order: Order) -> Answer:
    """In place of the declared value, which a rehearsal can't read: no login at all."""
    empty = {DOCKER_CONFIG: docker_config(())} if order.inputs["type"] == DOCKER_CONFIG_TYPE else {}
    given = empty if order.inputs["data"] == HIDDEN else order.inputs["data"]
    return _answer(_api(order).create({**order.inputs, "data": given}))


def _job(order: Order) -> Answer:
    """Returns when it is complete, as the provider does; its pods run as processes of this machine."""
    api = _api(order)
    made = api.create(order.inputs)
    about = made["metadata"]

    def end() -> str | None:
        status = api.get("batch/v1", "Job", about["namespace"], about["name"])["status"]
        if status.get("failed"):
            return "Failed"  # nothing passes by itself here: another try would only take its time
        return next((each["type"] for each in status.get("conditions", ()) if each["type"] == "Complete"), None)

    services = dict.fromkeys(("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECR"), order.clients.endpoint)
    environment = {**services, "SERVICE_ACCOUNT_FOLDER": _SERVICE_ACCOUNT, "RETRY_SECONDS": "3"}
    with Kubelet(api, about["namespace"], environment) as kubelet:
        try:
            ended = until(end, _JOB_SECONDS)
        except TimeoutError:
            ended = f"not complete within {_JOB_SECONDS:.0f} s"
    if ended != "Complete":
        said = "; ".join(dict.fromkeys(text.strip() for text in kubelet.outputs.values())) or "no pod ran"
        raise JobFailed(f"{ended}: {said}")
    return _answer(made)


def _api(order: Order) -> KubernetesClient:
    if order.api is None:
        raise LookupError(f"{order.name} has no cluster")
    return order.api


def _answer(made: Object) -> Answer:
    """The id that the provider gives, and what the API added."""
    about = made["metadata"]
    return "/".join(about[each] for each in ("namespace", "name") if each in about), {}


_OBJECT = ("apiVersion", "kind", "metadata")
_ACCOUNT = (*_OBJECT, "automountServiceAccountToken", "imagePullSecrets")

BUILDERS = {
    NAMESPACE: Builder(build=_namespace, properties=_OBJECT),
    SERVICE_ACCOUNT: Builder(build=_create, properties=_ACCOUNT),
    SERVICE_ACCOUNT_PATCH: Builder(build=_patch, properties=_ACCOUNT),
    CONFIG_MAP: Builder(build=_create, properties=(*_OBJECT, "data", "immutable")),
    SECRET: Builder(build=_secret, properties=(*_OBJECT, "data", "type")),
    POLICY_ROLE: Builder(build=_create, properties=(*_OBJECT, "rules")),
    ROLE_BINDING: Builder(build=_create, properties=(*_OBJECT, "roleRef", "subjects")),
    JOB: Builder(build=_job, properties=(*_OBJECT, "spec")),
    CRON_JOB: Builder(build=_create, properties=(*_OBJECT, "spec")),
    **dict.fromkeys(
        (NETWORK_POLICY, DEPLOYMENT, SERVICE, INGRESS, CLAIM), Builder(build=_create, properties=(*_OBJECT, "spec"))
    ),
    ADMISSION_POLICY: Builder(build=_create, properties=(*_OBJECT, "spec")),
    ADMISSION_BINDING: Builder(build=_create, properties=(*_OBJECT, "spec")),
}
"""Fields within these are checked by the API server, which refuses one that it does not know."""
