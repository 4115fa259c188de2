"""The refresher as it is declared, at a real API server and the local cloud: its secret logs in and pulls."""

import base64
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS
from domain.iam.oidc import AUDIENCE
from domain.kubernetes.refreshed_secret import SecretRefresh, refresher_objects
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.cluster_issuer import POD_IDENTITY_AUDIENCE
from localcloud.pod_identity import PodIdentityAssociation
from localcloud.tests.clouds import Connect
from localcloud.tests.github_roles import Roles, provider, trust
from localcloud.tests.statements import allow, text, trusts
from oci.client import Client, Refused
from oci.image import image
from rehearsal.cluster.kubelet import Kubelet
from rehearsal.cluster.kubernetes_client import KubernetesClient, Object, until
from rehearsal.cluster.local_cluster import ISSUER, LocalCluster
from rehearsal.proofs.harness.principals import login
from tests.cluster.objects import pull_secret
from tests.conftest import ROOT

pytestmark = pytest.mark.cluster

REGION, HOST = "us-east-1", ISSUER.removeprefix("https://")
SCRIPT = Path(ROOT, "components", "cluster_pull", "refresh.py").read_text(encoding="utf-8")
NAME, SECRET, MANAGER = "ecr-refresher", "ecr-pull", "pulumi-kubernetes"
COMPLETE, FAILED = "Complete", "Failed"
ACCOUNTS = (f"7712000{number:05}" for number in count())


@dataclass(frozen=True)
class Scene:
    """A namespace whose refresher has a role that pulls one repository of its account."""

    api: KubernetesClient
    cloud: LocalCloud
    roles: Roles
    namespace: str
    account: str

    @property
    def host(self) -> str:
        return f"{self.account}.dkr.ecr.{REGION}.amazonaws.com"

    def role(self, trusted: str) -> str:
        role = self.roles.make(trusted, account=self.account)
        allowed = allow(*PULL_ACTIONS, resource=f"arn:aws:ecr:{REGION}:{self.account}:repository/app")
        document = text(allow(LOGIN_ACTION), allowed)
        name = role.rpartition("/")[2]
        self.roles.iam(self.account).put_role_policy(RoleName=name, PolicyName="pull", PolicyDocument=document)
        return role

    def irsa_role(self, account: str = NAME) -> str:
        self.roles.vouch(self.account, HOST)
        claims = {"sub": f"system:serviceaccount:{self.namespace}:{account}", "aud": AUDIENCE}
        return self.role(trust(claims, principal=provider(self.account, HOST), issuer=HOST))

    def refresh(self, role_arn: str | None, **more: Any) -> SecretRefresh:
        made = SecretRefresh(
            name=NAME, cluster="prod", namespace=self.namespace, secret=SECRET,
            image=f"public.ecr.aws/docker/library/python@sha256:{64 * '0'}", script=SCRIPT, hosts=(self.host,),
            role_arn=role_arn, api_port=443,
        )  # fmt: skip
        return replace(made, **more)

    def apply(self, refresh: SecretRefresh, admitted: Callable[[Object], Object] = deepcopy) -> str:
        """Declares all of it; the first job's name. `admitted` is what a webhook makes of a job."""
        manifests = [each.manifest for step in refresher_objects(refresh) for each in step]
        for each in manifests:
            self.api.apply(admitted(each) if each["kind"] == "Job" else each, manager=MANAGER)
        (job,) = (each["metadata"]["name"] for each in manifests if each["kind"] == "Job")
        return str(job)

    def kubelet(self, **more: str) -> Kubelet:
        to_the_cloud = dict.fromkeys(("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECR"), self.cloud.endpoint)
        folder = {"SERVICE_ACCOUNT_FOLDER": "/var/run/secrets/kubernetes.io/serviceaccount"}
        return Kubelet(self.api, self.namespace, {**to_the_cloud, **folder, "RETRY_SECONDS": "10", **more})

    def ended(self, job: str) -> str:
        """Complete or Failed."""
        return until(lambda: self._end(job))

    def _end(self, job: str) -> str | None:
        conditions = self.api.get("batch/v1", "Job", self.namespace, job)["status"].get("conditions", ())
        true = {each["type"] for each in conditions if each["status"] == "True"}
        return next(iter(true & {COMPLETE, FAILED}), None)

    def secret(self) -> Object:
        return self.api.get("v1", "Secret", self.namespace, SECRET)

    def push(self) -> str:
        with Clients(self.cloud.endpoint) as clients:
            clients.root("ecr", REGION, self.account).create_repository(repositoryName="app")
            host, password = login(clients, self.account, REGION)
        with Client.on_loopback(host, password) as client:
            return client.push("app", image(self.namespace), "v1")

    def pulled(self) -> str:
        """What the secret pulls, as a kubelet finds it there by the host."""
        config = json.loads(base64.b64decode(self.secret()["data"][".dockerconfigjson"]))
        password = config["auths"][self.host]["password"]
        with Clients(self.cloud.endpoint) as clients:
            host, _ = login(clients, self.account, REGION)
        with Client.on_loopback(host, password) as client:
            return client.pull("app", "v1").digest


@pytest.fixture
def scene(api: KubernetesClient, cluster: LocalCluster, namespace: str) -> Iterator[Scene]:
    """With a cloud of its own, whose clock it can move."""
    connect = Connect()
    with LocalCloud() as cloud:
        cloud.add_issuer(cluster.issuer, cluster.keys())
        yield Scene(api, cloud, Roles(cloud, connect), namespace, next(ACCOUNTS))
        connect.close()


def test_by_irsa_the_first_job_and_each_later_one_writes_a_secret_that_pulls(scene: Scene) -> None:
    digest, job = scene.push(), scene.apply(scene.refresh(scene.irsa_role()))
    with scene.kubelet() as kubelet:
        assert scene.ended(job) == COMPLETE, kubelet.outputs
        first = scene.secret()
        assert first["type"] == "kubernetes.io/dockerconfigjson"
        assert datetime.fromisoformat(first["metadata"]["annotations"]["container-registry/expires-at"])
        managers = [(each["manager"], each["operation"]) for each in first["metadata"]["managedFields"]]
        assert managers == [("ecr-pull-secret", "Apply")]
        assert scene.pulled() == digest
        scene.cloud.move_registry_clock(timedelta(hours=13))
        with pytest.raises(Refused, match="authorization token has expired"):
            scene.pulled()
        # What another writes by hand doesn't stop it either.
        scene.api.apply(pull_secret(scene.namespace, SECRET, {}), manager="kubectl", force=True)
        cron = scene.api.get("batch/v1", "CronJob", scene.namespace, NAME)
        later = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "later", "namespace": scene.namespace}}
        scene.api.create(later | {"spec": cron["spec"]["jobTemplate"]["spec"]})
        assert scene.ended("later") == COMPLETE, kubelet.outputs
        assert scene.pulled() == digest
    second = scene.secret()
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]
    password = json.loads(base64.b64decode(second["data"][".dockerconfigjson"]))["auths"][scene.host]["password"]
    assert password not in str(kubelet.outputs)


def test_by_pod_identity(scene: Scene) -> None:
    role = scene.role(text(trusts({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole", "sts:TagSession")))
    association = PodIdentityAssociation(
        cluster=f"arn:aws:eks:{REGION}:{scene.account}:cluster/prod", issuer=ISSUER, namespace=scene.namespace,
        service_account=NAME, role=role,
    )  # fmt: skip
    uri = scene.cloud.associate(association)
    digest, job = scene.push(), scene.apply(scene.refresh(None), lambda given: with_pod_identity(given, uri))
    with scene.kubelet() as kubelet:
        assert scene.ended(job) == COMPLETE, kubelet.outputs
    assert scene.pulled() == digest


def with_pod_identity(job: Object, uri: str) -> Object:
    """As EKS's webhook changes a pod that has an association."""
    made, folder = deepcopy(job), "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
    spec = made["spec"]["template"]["spec"]
    token = {"audience": POD_IDENTITY_AUDIENCE, "expirationSeconds": 3600, "path": "eks-pod-identity-token"}
    volume = {"name": "eks-pod-identity-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    spec["volumes"].append(volume)
    (container,) = spec["containers"]
    container["volumeMounts"].append({"name": volume["name"], "mountPath": folder, "readOnly": True})
    container["env"] += [
        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": uri},
        {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": f"{folder}/eks-pod-identity-token"},
    ]
    return made


def failure(scene: Scene, refresh: SecretRefresh, **environment: str) -> str:
    """What the first job's only pod says, and that it failed."""
    job = scene.apply(refresh, _once)
    with scene.kubelet(RETRY_SECONDS="0", **environment) as kubelet:
        assert scene.ended(job) == FAILED
    (said,) = kubelet.outputs.values()
    return said.strip()


def _once(job: Object) -> Object:
    made = deepcopy(job)
    made["spec"]["backoffLimit"] = 0
    return made


def test_it_writes_no_other_secret(scene: Scene) -> None:
    said = failure(scene, scene.refresh(scene.irsa_role()), SECRET_NAME="another")  # noqa: S106 - a name
    path = f"{scene.api.endpoint}/api/v1/namespaces/{scene.namespace}/secrets/another"
    user = f"system:serviceaccount:{scene.namespace}:{NAME}"
    assert said.startswith(f'PATCH {path} answered 403 Forbidden: secrets "another" is forbidden: User "{user}"')
    assert scene.api.objects("v1", "Secret", scene.namespace) == []


def test_another_accounts_role_is_refused(scene: Scene) -> None:
    said = failure(scene, scene.refresh(scene.irsa_role("another")))
    words = "answered 403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert said == f"POST {scene.cloud.endpoint} {words}"
    assert scene.api.objects("v1", "Secret", scene.namespace) == []
