"""Kubernetes objects of these tests, as short as the standard `restricted` allows."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def config_map(namespace: str, name: str, data: Mapping[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def pull_secret(namespace: str, name: str, auths: Mapping[str, object]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": image_pull_secret_data(auths)},
    }


def image_pull_secret_data(auths: Mapping[str, object]) -> str:
    return base64.b64encode(json.dumps({"auths": auths}).encode()).decode()


def token_secret(namespace: str, name: str, account: str) -> dict[str, Any]:
    """A secret into which the API writes a token of the account."""
    annotations = {"kubernetes.io/service-account.name": account}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "type": "kubernetes.io/service-account-token",
    }


def pod(
    namespace: str,
    name: str,
    command: Sequence[str] = ("true",),
    *,
    env: Sequence[Mapping[str, Any]] = (),
    mounts: Mapping[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """`mounts` is a path for each volume."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": pod_spec(command, env=env, mounts=mounts) | spec,
    }


def pod_spec(
    command: Sequence[str], *, env: Sequence[Mapping[str, Any]] = (), mounts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "registry.example/main",
        "command": list(command),
        "env": list(env),
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in (mounts or {}).items()],
    }
    return {"restartPolicy": "Never", "containers": [container]}


def job_spec(command: Sequence[str]) -> dict[str, Any]:
    return {"backoffLimit": 0, "template": {"spec": pod_spec(command)}}


def cron_job(namespace: str, name: str, schedule: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": spec}},
    }


def refresher_role(namespace: str) -> list[dict[str, Any]]:
    """The account `refresher`, which can create and patch one secret by server-side apply."""
    about = {"metadata": {"name": "refresher", "namespace": namespace}}
    rbac = "rbac.authorization.k8s.io"
    verbs = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["ecr-pull"], "verbs": ["create", "patch"]}
    account = {"kind": "ServiceAccount", "name": "refresher", "namespace": namespace}
    role = {"apiGroup": rbac, "kind": "Role", "name": "refresher"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", **about},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", **about, "rules": [verbs]},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", **about, "roleRef": role, "subjects": [account]},
    ]
