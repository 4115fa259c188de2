"""The switch to read-only mode and back, on a real API server, with the rights that are declared for it alone."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from components.self_hosted import switch
from domain.selfhosted.cluster_registry import MODE_LABEL, ClusterRegistry, registry_steps
from domain.selfhosted.collection_objects import collection_steps, job_name
from domain.selfhosted.own_registry import READ_ONLY, WRITABLE
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, until
from tests.cases import case, cases
from tests.cluster.test_api_server import refused
from tests.selfhosted.own import OWN

pytestmark = pytest.mark.cluster

SCRIPT = Path(switch.__file__)
READY = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


@dataclass
class Nodes:
    """In place of nodes: each pod of a mode that is wanted runs, and is ready, as soon as it is there."""

    api: KubernetesClient
    namespace: str
    wanted: tuple[str, ...] = (WRITABLE, READ_ONLY)

    def run(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            for pod in self.api.objects("v1", "Pod", self.namespace, fieldSelector="status.phase=Pending"):
                about = pod["metadata"]
                if about["labels"].get(MODE_LABEL) in self.wanted:
                    with suppress(KubernetesRefusal):  # it is gone meanwhile
                        self.api.patch("v1", "Pod", self.namespace, f"{about['name']}/status", READY)


@dataclass
class Job:
    """The containers of the job that run the switch, as processes with its service account's token."""

    api: KubernetesClient
    placed: ClusterRegistry
    folder: Path
    nodes: Nodes

    def run(self, mode: str, *, status: str = "0", seconds: str = "20") -> subprocess.CompletedProcess[str]:
        spec = self.api.get("batch/v1", "CronJob", self.placed.namespace, job_name(self.placed))["spec"]
        pod = spec["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = [each for each in (*pod["initContainers"], *pod["containers"]) if each["name"] == mode]
        account = self.folder / "account"
        account.mkdir(exist_ok=True)
        token = self.api.service_account_token(self.placed.namespace, pod["serviceAccountName"])
        for name, text in (("namespace", self.placed.namespace), ("token", token), ("ca.crt", self.api.ca.read_text())):
            (account / name).write_text(text, encoding="utf-8")
        (self.folder / "status").write_text(f"{status}\n", encoding="utf-8")
        server = urlsplit(self.api.endpoint)
        environment = {each["name"]: each["value"] for each in container["env"]} | {
            "KUBERNETES_SERVICE_HOST": str(server.hostname), "KUBERNETES_SERVICE_PORT": str(server.port),
            "SERVICE_ACCOUNT_FOLDER": str(account), "STATUS_FILE": str(self.folder / "status"),
            "WAIT_SECONDS": seconds, "PATH": os.environ["PATH"],
        }  # fmt: skip
        command = [sys.executable, *container["command"][1:-1], str(SCRIPT)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def replicas(self) -> tuple[int, int]:
        """Of the writable and of the read-only Deployment."""
        found = (
            self.api.get("apps/v1", "Deployment", self.placed.namespace, name) for name in ("own", "own-read-only")
        )
        one, other = (each["spec"]["replicas"] for each in found)
        return one, other


@pytest.fixture
def job(api: KubernetesClient, namespace: str, tmp_path: Path) -> Iterator[Job]:
    placed = replace(OWN, namespace=namespace, create=False)
    steps = registry_steps(placed, {"htpasswd": "eA=="}, {"password": "eA=="})
    config = next(each for step in steps for each in step if each.part == "config").manifest["metadata"]["name"]
    for each in (item for step in (*steps, *collection_steps(placed, config, SCRIPT.read_text())) for item in step):
        api.create(each.manifest)
    nodes, over = Nodes(api, namespace), threading.Event()
    thread = threading.Thread(target=nodes.run, args=(over,))
    thread.start()
    try:
        until(lambda: api.get("apps/v1", "Deployment", namespace, "own")["status"].get("readyReplicas"))
        yield Job(api, placed, tmp_path, nodes)
    finally:
        over.set()
        thread.join()


def test_it_goes_to_read_only_mode_and_back(job: Job) -> None:
    assert job.replicas() == (1, 0)
    ended = job.run(READ_ONLY)
    assert (ended.returncode, ended.stdout) == (0, "own-read-only serves, and nothing writes\n"), ended.stderr
    assert job.replicas() == (0, 1)
    writers = job.api.objects("v1", "Pod", job.placed.namespace, labelSelector=f"{MODE_LABEL}={WRITABLE}")
    assert writers == []
    ended = job.run(WRITABLE)
    assert (ended.returncode, ended.stdout) == (0, "own takes pushes again\n"), ended.stderr
    assert job.replicas() == (1, 0)


def test_after_a_failed_collection_it_takes_pushes_again_and_says_so(job: Job) -> None:
    assert job.run(READ_ONLY).returncode == 0
    ended = job.run(WRITABLE, status="1")
    assert (ended.returncode, "the collection failed" in ended.stderr) == (1, True)
    assert job.replicas() == (1, 0)


def test_where_nothing_serves_it_read_only_it_stays_writable(job: Job) -> None:
    job.nodes.wanted = (WRITABLE,)
    ended = job.run(READ_ONLY, seconds="2")
    assert (ended.returncode, ended.stderr) == (1, "SwitchFailed: no pod of own-read-only is ready\n")
    assert job.replicas() == (1, 0)


def test_where_an_upload_does_not_end_it_takes_pushes_again(job: Job) -> None:
    name = writer(job)
    job.api.patch("v1", "Pod", job.placed.namespace, name, {"metadata": {"finalizers": ["tests/upload"]}})
    ended = job.run(READ_ONLY, seconds="4")
    assert (ended.returncode, "pods still write" in ended.stderr) == (1, True)
    assert job.replicas() == (1, 0)
    job.api.patch("v1", "Pod", job.placed.namespace, name, {"metadata": {"finalizers": None}})


def writer(job: Job) -> str:
    (pod,) = job.api.objects("v1", "Pod", job.placed.namespace, labelSelector=f"{MODE_LABEL}={WRITABLE}")
    return str(pod["metadata"]["name"])


def test_it_waits_for_the_last_upload(job: Job) -> None:
    """A pod that ends is no longer its Deployment's, and still writes."""
    name = writer(job)
    job.api.patch("v1", "Pod", job.placed.namespace, name, {"metadata": {"finalizers": ["tests/upload"]}})
    ended: list[float] = []

    def switched() -> None:
        assert job.run(READ_ONLY).returncode == 0
        ended.append(time.monotonic())

    thread = threading.Thread(target=switched)
    thread.start()
    until(lambda: job.replicas() == (0, 1))
    time.sleep(2)
    assert not ended
    job.api.patch("v1", "Pod", job.placed.namespace, name, {"metadata": {"finalizers": None}})
    thread.join(30)
    assert ended


Call = Callable[[KubernetesClient, str], object]
RAISED = {"spec": {"replicas": 3}}


@cases(
    "call",
    case("another pod in its Deployment", lambda api, at: api.patch("apps/v1", "Deployment", at, "own", RAISED)),
    case("another Deployment", lambda api, at: api.patch("apps/v1", "Deployment", at, "own-page/scale", RAISED)),
    case("its users", lambda api, at: api.get("v1", "Secret", at, "own-auth")),
    case("all Deployments", lambda api, at: api.objects("apps/v1", "Deployment", at)),
    case("pods", lambda api, at: api.delete("v1", "Pod", at, "any")),
    case("pods of others", lambda api, _at: api.objects("v1", "Pod", "kube-system")),
)
def test_it_can_do_nothing_else(job: Job, call: Call) -> None:
    client = job.api.as_service_account(job.placed.namespace, job_name(job.placed))
    with refused(403, "forbidden"):
        call(client, job.placed.namespace)
