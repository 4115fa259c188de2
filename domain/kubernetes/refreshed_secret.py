"""What writes a namespace's pull secret before its token expires. The secret itself is never declared."""

import hashlib
from dataclasses import dataclass

from domain.iam.oidc import AUDIENCE
from domain.kubernetes.objects import (
    KubernetesObject,
    Manifest,
    manifest,
    named_by_content,
)

SCRIPT = "refresh.py"
_POD_LABEL = "app.kubernetes.io/name"
_SCRIPT_FOLDER, _TOKEN_FOLDER = "/opt/refresh", "/var/run/secrets/sts.amazonaws.com"
_TOKEN_SECONDS = 3600
_NOBODY = 65532
_DAY = 86_400
_POD_IDENTITY_AGENT = "169.254.170.23/32"
"""https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html"""
API_PORTS = (443, 6443)
"""AWS's and the API's; 6443 where the service's address is translated before the policy is applied."""
_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRefresh:
    """One namespace's."""

    name: str
    """Of its jobs, and of all that they need."""
    cluster: str
    namespace: str
    secret: str
    image: str
    """By its digest."""
    script: str
    """The text of the program that it runs."""
    hosts: tuple[str, ...]
    """The registries that the secret is for."""
    role_arn: str | None
    """The role that it assumes by the token of its service account; without one EKS Pod Identity gives it a role."""
    api_port: int


def refresher_objects(refresh: SecretRefresh) -> tuple[tuple[KubernetesObject, ...], ...]:
    """In two steps: what the jobs need, then the jobs."""
    script = _script(refresh)
    template = _job_spec(refresh, script["metadata"]["name"])
    others = (_role(refresh), _role_binding(refresh), script, _network_policy(refresh))
    jobs = (_first_job(refresh, template), _cron(refresh, template))
    account = KubernetesObject(manifest=_account(refresh), part=refresh.name)
    return (account, *map(_only_one, others)), tuple(map(_only_one, jobs))


def _only_one(declared: Manifest) -> KubernetesObject:
    """Of its type in the component."""
    return KubernetesObject(manifest=declared)


def schedule(cluster: str, namespace: str) -> str:
    """Every six hours, each namespace at a minute of its own: an account's calls of Amazon ECR have a limit."""
    minute = int(hashlib.sha256(f"{cluster}/{namespace}".encode()).hexdigest(), 16) % _MINUTES
    return f"{minute} */6 * * *"


def _account(refresh: SecretRefresh) -> Manifest:
    return manifest("v1", "ServiceAccount", refresh.name, refresh.namespace, automountServiceAccountToken=False)


def _role(refresh: SecretRefresh) -> Manifest:
    # By server-side apply, whose request names the secret, so that `create` can be limited to one name.
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [refresh.secret]}
    rules = [{**rule, "verbs": ["create", "patch"]}]
    return manifest("rbac.authorization.k8s.io/v1", "Role", refresh.name, refresh.namespace, rules=rules)


def _role_binding(refresh: SecretRefresh) -> Manifest:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": refresh.name}
    subjects = [{"kind": "ServiceAccount", "name": refresh.name, "namespace": refresh.namespace}]
    version = "rbac.authorization.k8s.io/v1"
    return manifest(version, "RoleBinding", refresh.name, refresh.namespace, roleRef=role, subjects=subjects)


def _script(refresh: SecretRefresh) -> Manifest:
    name, data = named_by_content(refresh.name, refresh.script), {SCRIPT: refresh.script}
    return manifest("v1", "ConfigMap", name, refresh.namespace, immutable=True, data=data)


def _network_policy(refresh: SecretRefresh) -> Manifest:
    """Nothing comes in; out go names, AWS and the API, and the agent of EKS Pod Identity."""
    dns = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    https = [{"protocol": "TCP", "port": port} for port in sorted({*API_PORTS, refresh.api_port})]
    egress: list[Manifest] = [{"ports": dns}, {"ports": https}]
    if refresh.role_arn is None:
        agent = [{"ipBlock": {"cidr": _POD_IDENTITY_AGENT}}]
        egress.append({"to": agent, "ports": [{"protocol": "TCP", "port": 80}]})
    pods = {"matchLabels": {_POD_LABEL: refresh.name}}
    spec = {"podSelector": pods, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    return manifest("networking.k8s.io/v1", "NetworkPolicy", refresh.name, refresh.namespace, spec=spec)


def _first_job(refresh: SecretRefresh, spec: Manifest) -> Manifest:
    """At once, so that the secret exists before pods wait for it. A job can't be changed, so another is another."""
    return manifest("batch/v1", "Job", named_by_content(refresh.name, spec), refresh.namespace, spec=spec)


def _cron(refresh: SecretRefresh, spec: Manifest) -> Manifest:
    jobs = {
        "schedule": schedule(refresh.cluster, refresh.namespace),
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": {**spec, "ttlSecondsAfterFinished": _DAY}},
    }
    return manifest("batch/v1", "CronJob", refresh.name, refresh.namespace, spec=jobs)


def _job_spec(refresh: SecretRefresh, script: str) -> Manifest:
    interrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    return {
        "backoffLimit": 3,
        "activeDeadlineSeconds": 300,
        "podFailurePolicy": {"rules": [interrupted]},
        "template": {"metadata": {"labels": {_POD_LABEL: refresh.name}}, "spec": _pod(refresh, script)},
    }


def _pod(refresh: SecretRefresh, script: str) -> Manifest:
    """Under the Pod Security Standard `restricted`."""
    user = {"runAsNonRoot": True, "runAsUser": _NOBODY, "runAsGroup": _NOBODY, "fsGroup": _NOBODY}
    volumes: list[Manifest] = [{"name": "script", "configMap": {"name": script, "defaultMode": 0o444}}]
    mounts = [{"name": "script", "mountPath": _SCRIPT_FOLDER, "readOnly": True}]
    if refresh.role_arn is not None:
        # By hand, as EKS's webhook would: other clusters have none.
        token = {"audience": AUDIENCE, "expirationSeconds": _TOKEN_SECONDS, "path": "token"}
        volumes.append({"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}})
        mounts.append({"name": "token", "mountPath": _TOKEN_FOLDER, "readOnly": True})
    container = {
        "name": "refresh",
        "image": refresh.image,
        "command": ["python3", "-I", "-B", f"{_SCRIPT_FOLDER}/{SCRIPT}"],
        "env": _environment(refresh),
        "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"cpu": "200m", "memory": "96Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    return {
        "serviceAccountName": refresh.name,
        "automountServiceAccountToken": True,
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": volumes,
    }


def _environment(refresh: SecretRefresh) -> list[Manifest]:
    values = {"REGISTRIES": " ".join(refresh.hosts), "SECRET_NAME": refresh.secret}
    if refresh.role_arn is not None:
        values |= {"AWS_ROLE_ARN": refresh.role_arn, "AWS_WEB_IDENTITY_TOKEN_FILE": f"{_TOKEN_FOLDER}/token"}
    return [{"name": name, "value": value} for name, value in values.items()]
