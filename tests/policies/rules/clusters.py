"""Objects of clusters for the tests of the rules."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from policies.pack.rule import Rule
from resources import PROVIDER
from resources.ecr import REPOSITORY
from resources.kubernetes import CRON_JOB, JOB, POLICY_ROLE, ROLE_BINDING, SECRET
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import HOME

DIGEST = "a4f5b7d0c1e29386" * 4
IMAGE = f"public.ecr.aws/docker/library/python@sha256:{DIGEST}"
HOST = f"{HOME}.dkr.ecr.us-east-1.amazonaws.com"
SECURE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RESTRICTED = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
POD = ("spec", "template", "spec")


def declared(token: str, name: str = "payments@market", provider: str = "market", **inputs: Any) -> Declared:
    return Declared(type=token, inputs=inputs, name=name, provider=provider, region=None, protect=False)


def encoded(document: object) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def secret(kind: object = "kubernetes.io/dockerconfigjson", token: str = SECRET, **inputs: Any) -> Declared:
    return declared(token, metadata={"name": "pull", "namespace": "payments"}, type=kind, **inputs)


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "refresh", "image": IMAGE, "securityContext": SECURE, **fields}


def pod_spec(*containers: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"containers": list(containers) or [container()], "securityContext": RESTRICTED, **fields}


def job(*containers: Mapping[str, Any], **fields: Any) -> Declared:
    return declared(JOB, spec={"template": {"spec": pod_spec(*containers, **fields)}})


def cron_job(spec: Any) -> Declared:
    return declared(CRON_JOB, spec={"schedule": "17 */6 * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}})


def repository(name: object = "payments/api", mode: object = "IMMUTABLE", *filters: str, **fields: Any) -> Declared:
    inputs: dict[str, Any] = {"name": name, "imageTagMutability": mode}
    if filters:
        inputs["imageTagMutabilityExclusionFilters"] = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return Declared(type=REPOSITORY, inputs=inputs, **fields)


ACCOUNT = Declared(type=PROVIDER, inputs={"allowedAccountIds": json.dumps([HOME])}, name="default_7_51_1", region=None)


def role(*rules: Any, kind: str = "Role", **inputs: Any) -> Declared:
    metadata = {"name": "ecr-refresher", **({} if kind.startswith("Cluster") else {"namespace": "payments"})}
    token = POLICY_ROLE.replace(":Role", f":{kind}")
    return declared(token, metadata=metadata, **inputs | ({"rules": list(rules)} if rules else {}))


def rule(verbs: Any = ("create", "patch"), names: Any = ("ecr-pull",), **fields: Any) -> dict[str, Any]:
    written = {"apiGroups": [""], "resources": ["secrets"], "verbs": verbs, "resourceNames": names, **fields}
    return {key: list(each) if isinstance(each, tuple) else each for key, each in written.items() if each is not None}


def service_account(name: str = "ecr-refresher", **fields: Any) -> dict[str, Any]:
    return {"kind": "ServiceAccount", "name": name, "namespace": "payments", **fields}


def binding(*subjects: Any, to: Any = ("Role", "ecr-refresher"), kind: str = "RoleBinding", **fields: Any) -> Declared:
    reference = {"kind": to[0], "name": to[1]} if isinstance(to, tuple) else to
    metadata = {"name": "ecr-refresher", **({} if kind.startswith("Cluster") else {"namespace": "payments"})}
    token = ROLE_BINDING.replace(":RoleBinding", f":{kind}")
    return declared(
        token, metadata=metadata, roleRef=reference, subjects=list(subjects or [service_account()]), **fields
    )


def beginnings(judged: Rule, *resources: Declared) -> list[str]:
    """How each finding of a rule begins: up to its colon, and without the resource's name."""
    return [each.removeprefix(f"{resources[-1].name} ").partition(": ")[0] for each in findings(judged, *resources)]
