"""What the API server, its controllers and the stand-in for its nodes do: what the tests of each mode rely on."""

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from localcloud.tests.processes import NEEDS_PROC, alive, descendants, eventually
from rehearsal.cluster.binaries import VERSION
from rehearsal.cluster.kubelet import Kubelet
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, until
from rehearsal.cluster.local_cluster import ISSUER, LocalCluster
from tests.cases import case, cases
from tests.cluster.objects import config_map, cron_job, job_spec, pod, pull_secret, refresher_role, token_secret
from tests.conftest import ROOT

pytestmark = pytest.mark.cluster


def refused(status: int, match: str | None = None) -> Any:
    return pytest.raises(KubernetesRefusal, match=match, check=lambda refusal: refusal.status == status)


def test_it_is_the_version_that_was_built(api: KubernetesClient) -> None:
    assert api.request("GET", "/version")["gitVersion"] == f"v{VERSION}"


def test_an_unknown_field_is_refused(api: KubernetesClient, namespace: str) -> None:
    wrong = config_map(namespace, "wrong", {}) | {"dada": {}}
    with refused(400, 'unknown field "dada"'):
        api.create(wrong)
    with refused(500, "field not declared in schema"):  # a fault of its own that it reports as the server's
        api.apply(wrong, manager="test")


def test_a_field_of_another_manager_is_a_conflict(api: KubernetesClient, namespace: str) -> None:
    api.apply(config_map(namespace, "shared", {"a": "1"}), manager="first")
    with refused(409, 'conflict with "first"'):
        api.apply(config_map(namespace, "shared", {"a": "2"}), manager="second")
    assert api.apply(config_map(namespace, "shared", {"a": "2"}), manager="second", force=True)["data"] == {"a": "2"}


def test_a_dry_run_checks_and_keeps_nothing(api: KubernetesClient, namespace: str) -> None:
    assert api.create(pod(namespace, "tried"), dry_run=True)["metadata"]["uid"]
    with refused(404):
        api.get("v1", "Pod", namespace, "tried")
    privileged = pod(namespace, "tried")
    privileged["spec"]["containers"][0]["securityContext"] = {}
    with refused(403, "violates PodSecurity"):
        api.create(privileged, dry_run=True)


@pytest.fixture
def refresher(api: KubernetesClient, namespace: str) -> KubernetesClient:
    """An account of the namespace that may create and patch secrets of the name `ecr-pull`."""
    for each in refresher_role(namespace):
        api.create(each)
    return api.as_service_account(namespace, "refresher")


class TestAnAccountThatCanPatchOneSecret:
    """RBAC knows the name in a PATCH, not in a POST: so server-side apply alone can create it."""

    def test_it_creates_and_updates_it(
        self, api: KubernetesClient, refresher: KubernetesClient, namespace: str
    ) -> None:
        first = refresher.apply(pull_secret(namespace, "ecr-pull", {}), manager="refresher")
        again = refresher.apply(pull_secret(namespace, "ecr-pull", {"host": {"auth": "YTpi"}}), manager="refresher")
        assert again["metadata"]["uid"] == first["metadata"]["uid"]
        assert again["data"] == api.get("v1", "Secret", namespace, "ecr-pull")["data"] != first["data"]

    def test_nothing_else(self, refresher: KubernetesClient, namespace: str) -> None:
        refresher.apply(pull_secret(namespace, "ecr-pull", {}), manager="refresher")
        with refused(403, "cannot patch resource"):
            refresher.apply(pull_secret(namespace, "other", {}), manager="refresher")
        with refused(403, "cannot create resource"):
            refresher.create(pull_secret(namespace, "ecr-pull", {}))
        with refused(403, "cannot get resource"):
            refresher.get("v1", "Secret", namespace, "ecr-pull")
        with refused(403, "cannot list resource"):
            refresher.objects("v1", "Secret", namespace)
        with refused(403, "cannot delete resource"):
            refresher.delete("v1", "Secret", namespace, "ecr-pull")

    def test_a_secret_keeps_its_type(self, refresher: KubernetesClient, namespace: str) -> None:
        refresher.apply(pull_secret(namespace, "ecr-pull", {}), manager="refresher")
        with refused(422, "type: Invalid value.*field is immutable"):
            refresher.apply(token_secret(namespace, "ecr-pull", "default"), manager="refresher", force=True)

    def test_without_a_policy_it_can_become_another_account(
        self, api: KubernetesClient, refresher: KubernetesClient, namespace: str
    ) -> None:
        """Why the mode pins the secret's type by a ValidatingAdmissionPolicy."""
        refresher.apply(token_secret(namespace, "ecr-pull", "default"), manager="refresher")
        until(lambda: "token" in api.get("v1", "Secret", namespace, "ecr-pull").get("data", {}))
        answer = refresher.apply(token_secret(namespace, "ecr-pull", "default"), manager="refresher")
        stolen = api.with_token(base64.b64decode(answer["data"]["token"]).decode())
        assert user_of(stolen) == f"system:serviceaccount:{namespace}:default"


def user_of(client: KubernetesClient) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    name: str = client.create(review)["status"]["userInfo"]["username"]
    return name


def test_a_token_for_aws_is_none_for_the_api(cluster: LocalCluster, api: KubernetesClient, namespace: str) -> None:
    assert user_of(api.as_service_account(namespace, "default")) == f"system:serviceaccount:{namespace}:default"
    token = api.service_account_token(namespace, "default", ["sts.amazonaws.com"])
    with refused(401):
        user_of(api.with_token(token))
    key = cluster.keys().key(jwt.get_unverified_header(token)["kid"])
    assert key is not None
    claims = jwt.decode(token, key, ["RS256"], audience="sts.amazonaws.com", issuer=ISSUER)
    assert claims["sub"] == f"system:serviceaccount:{namespace}:default"


_PARENT = """
import time
from rehearsal.cluster.local_cluster import LocalCluster
with LocalCluster() as cluster:
    print(cluster.folder, flush=True)
    time.sleep(60)
"""


@NEEDS_PROC
@pytest.mark.usefixtures("cluster")
def test_a_killed_parent_leaves_neither_process_nor_file() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip())
        family = descendants(parent.pid)
        assert len(family) == 6  # the three, each with its guardian
        assert folder.is_dir()
        parent.kill()
        assert eventually(lambda: not alive(family) and not folder.exists(), 10)


class TestPods:
    """A pod as a process: its volumes, its environment, how it ends."""

    def run(self, api: KubernetesClient, namespace: str, command: list[str], **spec: Any) -> dict[str, Any]:
        api.create(pod(namespace, "ran", command, **spec))
        return until(lambda: finished(api, namespace, "ran"))

    def test_a_command_gets_its_environment_and_the_folders_of_its_volumes(
        self, api: KubernetesClient, kubelet: Kubelet, namespace: str
    ) -> None:
        api.create(config_map(namespace, "script", {"show.py": SHOW}))
        audience = {"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}}
        status = self.run(
            api,
            namespace,
            ["python3", "-I", "-B", "/opt/script/show.py"],
            env=[
                {"name": "TOKEN", "value": "/var/run/secrets/aws/token"},
                {"name": "ACCOUNT", "value": "/var/run/secrets/kubernetes.io/serviceaccount"},
                {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
                {"name": "FROM_MAP", "valueFrom": {"configMapKeyRef": {"name": "script", "key": "show.py"}}},
                {"name": "BOTH", "value": "$(NAMESPACE) $(UNKNOWN) /opt/scripts"},
            ],
            mounts={"script": "/opt/script", "aws": "/var/run/secrets/aws"},
            volumes=[
                {"name": "script", "configMap": {"name": "script"}},
                {"name": "aws", "projected": {"sources": [audience]}},
            ],
        )
        assert status["phase"] == "Succeeded"
        shown = json.loads(kubelet.outputs["ran"])
        assert jwt.decode(shown["token"], options={"verify_signature": False})["aud"] == ["sts.amazonaws.com"]
        assert shown["user"] == f"system:serviceaccount:{namespace}:default"
        assert shown["both"] == f"{namespace} $(UNKNOWN) /opt/scripts"
        assert shown["from map"] == SHOW

    @cases(
        "command, expected",
        case("its own code", ["sh", "-c", "echo no credentials; exit 3"], (3, "no credentials")),
        case("no such program", ["/opt/missing"], (127, "FileNotFoundError")),
        case("too long", ["sleep", "60"], (137, "killed after 1 s")),
        case("nothing to run", [], (128, "a container without a command is not stood in for")),
    )
    def test_a_failure_is_in_the_pods_status(
        self, api: KubernetesClient, kubelet: Kubelet, command: list[str], expected: tuple[int, str]
    ) -> None:
        status = self.run(api, kubelet.namespace, command, activeDeadlineSeconds=1)
        code, words = expected
        assert status["phase"] == "Failed"
        terminated = status["containerStatuses"][0]["state"]["terminated"]
        assert terminated["exitCode"] == code
        assert words in terminated["message"]
        assert words in kubelet.outputs["ran"]

    def test_a_volume_that_is_not_there_fails_the_pod(
        self, api: KubernetesClient, kubelet: Kubelet, namespace: str
    ) -> None:
        missing = {"name": "script", "configMap": {"name": "missing"}}
        status = self.run(api, namespace, ["true"], volumes=[missing])
        assert status["phase"] == "Failed"
        assert 'configmaps "missing" not found' in kubelet.outputs["ran"]


SHOW = """\
import json, os, ssl, urllib.request
account = os.environ["ACCOUNT"]
request = urllib.request.Request(
    "https://{KUBERNETES_SERVICE_HOST}:{KUBERNETES_SERVICE_PORT}"
    "/apis/authentication.k8s.io/v1/selfsubjectreviews".format_map(os.environ),
    data=b'{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}',
    headers={"Content-Type": "application/json", "Authorization": "Bearer " + open(account + "/token").read()},
)
answer = urllib.request.urlopen(request, context=ssl.create_default_context(cafile=account + "/ca.crt"))
print(json.dumps({
    "token": open(os.environ["TOKEN"]).read(), "both": os.environ["BOTH"], "from map": os.environ["FROM_MAP"],
    "user": json.load(answer)["status"]["userInfo"]["username"],
}))
"""


def finished(api: KubernetesClient, namespace: str, name: str) -> dict[str, Any] | None:
    status: dict[str, Any] = api.get("v1", "Pod", namespace, name)["status"]
    return status if status["phase"] in ("Succeeded", "Failed") else None


def conditions(api: KubernetesClient, namespace: str, job: str) -> set[str]:
    status = api.get("batch/v1", "Job", namespace, job)["status"]
    return {each["type"] for each in status.get("conditions", ()) if each["status"] == "True"}


def test_a_pod_that_will_be_refused_is_a_warning_in_its_cron_job(api: KubernetesClient, namespace: str) -> None:
    """So a test of a template creates the pod itself, too (dry_run)."""
    job = job_spec(["true"])
    job["template"]["spec"]["containers"][0]["securityContext"] = {}
    spec = {"schedule": "17 */6 * * *", "jobTemplate": {"spec": job}}
    client = api.with_token(api.token)
    client.create(
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "later", "namespace": namespace},
            "spec": spec,
        }
    )
    [warning] = client.warnings
    assert warning.startswith('would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false')


@cases("command, end", case("well", ["true"], "Complete"), case("with a fault", ["false"], "Failed"))
def test_a_job_ends_as_its_pod_does(
    api: KubernetesClient, kubelet: Kubelet, namespace: str, command: list[str], end: str
) -> None:
    metadata = {"name": "once", "namespace": namespace}
    api.create({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job_spec(command)})
    until(lambda: end in conditions(api, namespace, "once"))
    assert list(kubelet.outputs.values()) == [""]


def test_a_cron_job_makes_its_job(api: KubernetesClient, kubelet: Kubelet, namespace: str) -> None:
    """The controller's clock is this machine's; a time that it seems to have missed is made up for at once."""
    api.create(cron_job(namespace, "each-minute", "* * * * *", job_spec(["echo", "refreshed"])))
    before = (datetime.now(UTC) - timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    api.patch("batch/v1", "CronJob", namespace, "each-minute/status", {"status": {"lastScheduleTime": before}})
    [job, *_] = until(lambda: api.objects("batch/v1", "Job", namespace), 90)
    assert job["metadata"]["ownerReferences"][0]["name"] == "each-minute"
    until(lambda: "Complete" in conditions(api, namespace, job["metadata"]["name"]))
    assert "refreshed\n" in kubelet.outputs.values()
