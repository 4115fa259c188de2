"""IRSA from end to end: a pod's projected token, made by the API server, gets its role from the local STS."""

from collections.abc import Iterator

import pytest

from domain.iam.oidc import AUDIENCE
from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Connect
from localcloud.tests.github_roles import Roles, provider, trust
from rehearsal.cluster.kubelet import Kubelet
from rehearsal.cluster.kubernetes_client import KubernetesClient, until
from rehearsal.cluster.local_cluster import ISSUER
from tests.cluster.objects import config_map, pod

pytestmark = pytest.mark.cluster

ACCOUNT, HOST = "771100007777", ISSUER.removeprefix("https://")
ASSUME = """\
import os, urllib.error, urllib.parse, urllib.request
asked = {
    "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleSessionName": "pod",
    "RoleArn": os.environ["AWS_ROLE_ARN"], "WebIdentityToken": open(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read(),
}
body = urllib.parse.urlencode(asked).encode()
try:
    print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], body).read().decode())
except urllib.error.HTTPError as refusal:
    raise SystemExit(refusal.read().decode())
"""


@pytest.fixture(scope="session")
def roles(cloud: LocalCloud) -> Iterator[Roles]:
    connect = Connect()
    made = Roles(cloud, connect)
    made.vouch(ACCOUNT, HOST)
    yield made
    connect.close()


def asked_by_a_pod(api: KubernetesClient, cloud: LocalCloud, namespace: str, role: str) -> tuple[str, str]:
    """How the pod of the namespace's default account ended, and what it wrote."""
    api.create(config_map(namespace, "script", {"assume.py": ASSUME}))
    projected = {
        "sources": [{"serviceAccountToken": {"audience": AUDIENCE, "expirationSeconds": 3600, "path": "token"}}]
    }
    api.create(
        pod(
            namespace,
            "asks",
            ["python3", "-I", "-B", "/opt/script/assume.py"],
            env=[
                {"name": "AWS_ROLE_ARN", "value": role},
                {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/aws/token"},
            ],
            mounts={"script": "/opt/script", "aws": "/var/run/secrets/aws"},
            volumes=[{"name": "script", "configMap": {"name": "script"}}, {"name": "aws", "projected": projected}],
        )
    )
    with Kubelet(api, namespace, {"AWS_ENDPOINT_URL": cloud.endpoint}) as kubelet:
        phase: str = until(lambda: ended_as(api, namespace, "asks"))
        return phase, kubelet.outputs["asks"]


def ended_as(api: KubernetesClient, namespace: str, name: str) -> str | None:
    phase: str = api.get("v1", "Pod", namespace, name)["status"]["phase"]
    return phase if phase in {"Succeeded", "Failed"} else None


def trusting(namespace: str) -> str:
    claims = {"sub": f"system:serviceaccount:{namespace}:default", "aud": AUDIENCE}
    return trust(claims, principal=provider(ACCOUNT, HOST), issuer=HOST)


def test_a_pod_gets_the_role_that_trusts_its_account(
    api: KubernetesClient, cloud: LocalCloud, roles: Roles, namespace: str
) -> None:
    role = roles.make(trusting(namespace), account=ACCOUNT)
    phase, said = asked_by_a_pod(api, cloud, namespace, role)
    assert phase == "Succeeded", said
    assert f"<SubjectFromWebIdentityToken>system:serviceaccount:{namespace}:default<" in said


def test_a_pod_of_another_namespace_does_not(
    api: KubernetesClient, cloud: LocalCloud, roles: Roles, namespace: str
) -> None:
    role = roles.make(trusting("another"), account=ACCOUNT)
    phase, said = asked_by_a_pod(api, cloud, namespace, role)
    assert phase == "Failed"
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in said


def test_its_token_is_bound_to_the_pod(api: KubernetesClient, namespace: str) -> None:
    """So that it ends with the pod, as one from a kubelet."""
    made = api.create(pod(namespace, "bound"))
    token = api.service_account_token(namespace, "default", pod=made)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    extra = api.create(review)["status"]["user"]["extra"]
    assert extra["authentication.kubernetes.io/pod-name"] == ["bound"]
