"""Two clusters for the stack dev of the tests' project: one in its own account, one in another, with all that pulls."""

import base64
import json

from tests.stacks import TextEdit

ACCOUNT, WORKLOADS = "111122223333", "444455556666"
ISSUER, EDGE_ISSUER = "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B2C3D", "https://oidc.edge.acme.example"
_CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").decode()
_REFRESHER = {"image": f"public.ecr.aws/docker/library/python@sha256:{'ab' * 32}"}
STOREFRONT = {
    "name": "storefront",
    "platform": "eks",
    "endpoint": "https://0A1B2C3D.gr7.us-east-1.eks.amazonaws.com",
    "ca": _CA,
    "cluster_identifier": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/storefront",
    "oidc_issuer": ISSUER,
    "node_role": "eks/storefront-nodes",
    "refresher": _REFRESHER,
    "namespaces": [
        {"name": "payments", "mode": "refreshed-secret"},
        {"name": "web", "mode": "external-secrets"},
        {"name": "batch", "mode": "node-role"},
        {"name": "jobs", "mode": "node-role", "per_service_account": True, "service_accounts": ["runner", "janitor"]},
    ],
}
EDGE = {
    "name": "edge",
    "platform": "credential-provider",
    "account": "workloads",
    "endpoint": "https://edge.acme.example:6443",
    "ca": _CA,
    "cluster_identifier": "edge",
    "oidc_issuer": EDGE_ISSUER,
    "node_role": "edge-nodes",
    "secret": "registry-pull",
    "refresher": _REFRESHER,
    "namespaces": [{"name": "payments", "mode": "refreshed-secret"}, {"name": "batch", "mode": "node-role"}],
}


def _pulls(cluster: str, *namespaces: str) -> str:
    return ", ".join(f"{{cluster: {cluster}, namespace: {each}}}" for each in namespaces)


LAST_KEY = "  container-registry:allow_destruction: true\n"
_API, _LEDGER = (
    "pull: [{account: workloads}, {organization: acme}",
    "pull: [{account: workloads, role: ledger-task-execution}",
)
_BOTH = ("payments", "batch")
WITH_CLUSTERS: tuple[TextEdit, ...] = (
    ("Pulumi.dev.yaml", LAST_KEY, f"{LAST_KEY}  container-registry:clusters: {json.dumps([STOREFRONT, EDGE])}\n"),
    ("Pulumi.dev.yaml", "{service: ecs}]", f"{{service: ecs}}, {_pulls('storefront', *_BOTH)}]"),
    ("catalog.yaml", _API, f"{_API}, {_pulls('storefront', *_BOTH)}, {_pulls('edge', *_BOTH)}"),
    ("catalog.yaml", _LEDGER, f"{_LEDGER}, {_pulls('storefront', 'payments', 'web', 'jobs')}"),
)  # fmt: skip
