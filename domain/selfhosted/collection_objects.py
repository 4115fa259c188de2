"""Garbage collection of a registry of one's own in a cluster: a CronJob that stops all writes while it runs.

The registry is two Deployments behind one Service. The job scales the read-only one up and the writable one down, waits
until the last upload has ended, collects, and scales both back: pulls go on, and its right is to scale these two."""

from domain.kubernetes.objects import KubernetesObject, Manifest, manifest, named_by_content
from domain.kubernetes.refreshed_secret import API_PORTS
from domain.selfhosted.cluster_registry import (
    COLLECT,
    CONTAINER_SECURITY,
    DNS,
    MODE_LABEL,
    NAME_LABEL,
    ClusterRegistry,
    Steps,
    deployment_name,
    network_policy,
    ports,
    registry_container,
    registry_pod,
)
from domain.selfhosted.own_registry import READ_ONLY, WRITABLE, Collection, collect_command

SCRIPT = "switch.py"
_SCRIPTS, _RBAC = "/opt/switch", "rbac.authorization.k8s.io/v1"
_STATUS = "/tmp/status"  # noqa: S108  of the container alone
_RETRIES, _DEADLINE, _KEPT = 3, 3600, 86_400


def collection_steps(placed: ClusterRegistry, config: str, script: str) -> Steps:
    """`config` is the name of the registry's map."""
    collection = placed.registry.collection
    if collection is None:
        return ()
    program = manifest(
        "v1", "ConfigMap", named_by_content(f"{placed.name}-switch", script), placed.namespace, immutable=True,
        data={SCRIPT: script},
    )  # fmt: skip
    cron = _cron(placed, collection, config, program["metadata"]["name"])
    needed = (_account(placed), _role(placed), _binding(placed), program, _policy(placed))
    return tuple(KubernetesObject(manifest=each, part=COLLECT) for each in needed), (KubernetesObject(manifest=cron),)


def job_name(placed: ClusterRegistry) -> str:
    return f"{placed.name}-{COLLECT}"


def _account(placed: ClusterRegistry) -> Manifest:
    return manifest("v1", "ServiceAccount", job_name(placed), placed.namespace, automountServiceAccountToken=False)


def _role(placed: ClusterRegistry) -> Manifest:
    names = [deployment_name(placed, mode) for mode in (WRITABLE, READ_ONLY)]
    rules = [
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": names, "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": names, "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]
    return manifest(_RBAC, "Role", job_name(placed), placed.namespace, rules=rules)


def _binding(placed: ClusterRegistry) -> Manifest:
    name = job_name(placed)
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": placed.namespace}]
    return manifest(_RBAC, "RoleBinding", name, placed.namespace, roleRef=role, subjects=subjects)


def _policy(placed: ClusterRegistry) -> Manifest:
    out = [DNS, {"ports": ports(*sorted({*API_PORTS, placed.api_port}))}]
    return network_policy(placed, COLLECT, [], out)


def _cron(placed: ClusterRegistry, collection: Collection, config: str, script: str) -> Manifest:
    template = {"metadata": {"labels": placed.labels(COLLECT)}, "spec": _pod(placed, collection, config, script)}
    job = {"backoffLimit": _RETRIES, "ttlSecondsAfterFinished": _KEPT, "template": template}
    spec = {
        "schedule": collection.schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": _DEADLINE,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": job},
    }
    return manifest("batch/v1", "CronJob", job_name(placed), placed.namespace, spec=spec)


def _pod(placed: ClusterRegistry, collection: Collection, config: str, script: str) -> Manifest:
    """One container after another. The collection's status is kept in a file, so that the way back is always gone."""
    pod = registry_pod(placed, config)
    command = f"registry {' '.join(collect_command(placed.registry))} && echo 0 > {_STATUS} || echo 1 > {_STATUS}"
    collecting = {
        **registry_container(placed, read_only=False),
        "name": COLLECT,
        "command": ["/bin/sh", "-uc", command],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    switches = [_switch(placed, collection, mode) for mode in (READ_ONLY, WRITABLE)]
    volumes = [*pod["volumes"], {"name": "script", "configMap": {"name": script, "defaultMode": 0o444}}]
    return {
        **pod,
        "serviceAccountName": job_name(placed),
        "automountServiceAccountToken": True,
        "restartPolicy": "Never",
        "initContainers": [switches[0], collecting],
        "containers": [switches[1]],
        "volumes": volumes,
    }


def _switch(placed: ClusterRegistry, collection: Collection, mode: str) -> Manifest:
    values = {
        "MODE": mode,
        "WRITABLE": deployment_name(placed, WRITABLE),
        "READ_ONLY": deployment_name(placed, READ_ONLY),
        "WRITERS": f"{NAME_LABEL}={placed.name},{MODE_LABEL}={WRITABLE}",
        "STATUS_FILE": _STATUS,
    }
    return {
        "name": mode,
        "image": collection.image,
        "command": ["python3", "-I", "-B", f"{_SCRIPTS}/{SCRIPT}"],
        "env": [{"name": key, "value": value} for key, value in values.items()],
        "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"memory": "96Mi"}},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "script", "mountPath": _SCRIPTS, "readOnly": True},
            {"name": "work", "mountPath": "/tmp"},  # noqa: S108  of the container alone
        ],
    }
