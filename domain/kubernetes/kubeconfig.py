"""How a program reaches a cluster: a kubeconfig without credentials, which it gets from a command."""

from domain.aws import Arn
from domain.document_text import to_json_text
from domain.kubernetes.cluster import Cluster

_EXEC_VERSION = "client.authentication.k8s.io/v1"
_EKS_VERSION = "client.authentication.k8s.io/v1beta1"
"""What `aws eks get-token` answers: https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html"""


def token_variable(cluster: str) -> str:
    """The environment variable with the token for a cluster that is not EKS."""
    return f"KUBE_TOKEN_{cluster.upper().replace('-', '_')}"


def kubeconfig(cluster: Cluster) -> str:
    name = cluster.name
    reached = {"server": cluster.endpoint, "certificate-authority-data": cluster.ca}
    return to_json_text(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": reached}],
            "users": [{"name": name, "user": {"exec": _command(cluster)}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )


def _command(cluster: Cluster) -> dict[str, object]:
    arn = Arn.parse(cluster.identifier)
    if cluster.platform.is_eks and arn is not None:
        name = arn.resource.partition("/")[2]
        arguments = ["eks", "get-token", "--cluster-name", name, "--region", arn.region, "--output", "json"]
        return _exec(_EKS_VERSION, "aws", arguments)
    variable = token_variable(cluster.name)
    credential = f'{{"apiVersion":"{_EXEC_VERSION}","kind":"ExecCredential","status":{{"token":"%s"}}}}'
    missing = f"{variable}:?has no token for the cluster {cluster.name}"
    return _exec(_EXEC_VERSION, "sh", ["-c", f"printf '{credential}' \"${{{missing}}}\""])


def _exec(version: str, command: str, arguments: list[str]) -> dict[str, object]:
    return {
        "apiVersion": version,
        "command": command,
        "args": arguments,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
