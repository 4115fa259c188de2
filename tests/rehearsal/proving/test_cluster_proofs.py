"""A stack with clusters on real API servers: what is built, and each proof while its promise is broken."""

import base64
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.kubernetes.image_admission import NAME
from domain.kubernetes.objects import DOCKER_CONFIG
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.cluster_issuer import ClusterIssuer
from localcloud.tests.processes import NEEDS_PROC, alive, descendants, eventually
from rehearsal.apply.applying import NotApplied
from rehearsal.cluster.binaries import NotBuilt, require_binaries
from rehearsal.cluster.kubernetes_client import KubernetesClient, Object, until
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.upstream_registries import Upstreams
from rehearsal.stack_clusters import StackClusters
from rehearsal.up import INTERRUPTED, stand_in
from settings import load
from tests.cases import case, cases
from tests.rehearsal.conftest import PATIENCE, Start
from tests.rehearsal.proving.breaking import Breach
from tests.rehearsal.proving.cluster_breaches import IN_CLUSTERS
from tests.rehearsal.proving.stacks import FILES, Stack, build, project_of

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    try:
        require_binaries("etcd", "kube-apiserver", "kube-controller-manager")
    except NotBuilt as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The one of all ways to pull, in a cloud of its own."""
    project = project_of(tmp_path_factory.mktemp("clusters"), *FILES["clusters"])
    settings = load(project, "dev")
    with StackClusters(settings) as clusters, LocalCloud() as cloud, Upstreams(cloud) as upstreams:
        stand_in(settings, cloud)
        upstreams.play(settings)
        with Clients(cloud.endpoint) as clients:
            servers = clusters.ready(cloud)
            applied = build(project, "dev", clients, servers)
            yield Stack(applied, clients, Principals(cloud, clients), servers)


@pytest.fixture(scope="module")
def clients(stack: Stack) -> Clients:
    return stack.case("registry").clients


@pytest.fixture
def storefront(stack: Stack) -> KubernetesClient:
    return stack.case("registry").clusters["storefront"]


def test_all_is_built_but_what_another_program_reads(stack: Stack) -> None:
    assert stack.applied.clusters == ("storefront", "edge", "far")
    left_out = {label.split(":")[-1]: reason for label, reason in stack.applied.not_built.items()}
    operator = "declared in cluster storefront, proven by the cluster tests: there is no External Secrets Operator here"
    other = (
        "declared in cluster far, proven by the cluster tests: it pulls with a role that this stack does not declare"
    )
    assert left_out == {
        "ECRAuthorizationToken web@storefront.us-east-1": operator,
        "ECRAuthorizationToken web@storefront.eu-west-1": operator,
        "ExternalSecret web@storefront": operator,
        "Job team@far": other,
    }


def test_the_promises_are_kept(stack: Stack) -> None:
    mine = [pair for pair in stack.promises if pair[0] in {"admitted_images", "secret_pulls"}]
    repositories, registries = len(stack.settings.repositories), len(stack.settings.all_registries)
    assert len(mine) == repositories * registries + 1
    assert [each for pair in mine if not (each := stack.kept(*pair)).held] == []


@pytest.mark.parametrize("breach", [pytest.param(each, id=each.told[:40]) for each in IN_CLUSTERS])
def test_a_promise_that_is_broken_in_aws_or_by_a_secret_fails_its_proof(
    stack: Stack, clients: Clients, breach: Breach
) -> None:
    assert stack.kept(breach.proof, breach.subject).held
    with breach.break_it(clients):
        outcome = stack.broken(breach.proof, breach.subject)
    assert not outcome.held
    assert breach.told in outcome.happened
    assert stack.prove(breach.proof, breach.subject).held


@contextmanager
def changed(api: KubernetesClient, kind: str, namespace: str | None, name: str, changes: Object) -> Iterator[None]:
    """An object is another for a block."""
    version = "v1" if kind in ("ConfigMap", "Secret") else "admissionregistration.k8s.io/v1"
    before = api.get(version, kind, namespace, name)
    api.patch(version, kind, namespace, name, changes)
    yield
    path, now = api.path(version, kind, namespace, name), api.get(version, kind, namespace, name)
    before["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"]
    api.request("PUT", path, before)


OTHER_LOGIN = base64.b64encode(json.dumps({"auths": {"ghcr.io": {}}}).encode()).decode()


@cases(
    "changes, reason",
    case("no host", {"data": {DOCKER_CONFIG: OTHER_LOGIN}}, "has no login for 550000440001.dkr.ecr.us-east-1"),
)
def test_a_secret_without_its_login_fails_the_proof(
    stack: Stack, storefront: KubernetesClient, changes: Object, reason: str
) -> None:
    with changed(storefront, "Secret", "team", "ecr-pull", changes):
        outcome = stack.broken("secret_pulls", "team/app")
    assert not outcome.held
    assert reason in outcome.happened


POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
TRUE = [{"expression": "true"}]


def excepting(*names: str) -> Object:
    others = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", *names]}
    return {"spec": {"matchResources": {"namespaceSelector": {"matchExpressions": [others]}}}}


@cases(
    "kind, changes, reason",
    case("no validation", POLICY, {"spec": {"validations": TRUE}}, "admits registry.example/rehearsal/app@sha256"),
    case("another host", "ConfigMap", {"data": {"HOSTS": "other.example"}}, "does not admit"),
    case("one more host", "ConfigMap", lambda before: {"data": {"HOSTS": f"{before} registry.example"}}, "admits"),
    case("an immutable tag less", "ConfigMap", {"data": {"team..app": "^(rehearsal.*)$"}}, "does not admit"),
    case("a moving tag more", "ConfigMap", {"data": {"team..named": ""}}, "admits"),
    case("warnings alone", BINDING, {"spec": {"validationActions": ["Warn"]}}, "is declared to deny, and says"),
    case("no exception", BINDING, excepting(), "monitoring of cluster storefront is excepted"),
    case("everything excepted", BINDING, excepting("rehearsal-images"), "admits registry.example"),
)  # fmt: skip
def test_another_policy_fails_the_proof(
    stack: Stack, storefront: KubernetesClient, kind: str, changes: Object | Callable[[str], Object], reason: str
) -> None:
    assert stack.kept("admitted_images", "registry").held
    namespace = "kube-system" if kind == "ConfigMap" else None
    if callable(changes):
        changes = changes(storefront.get("v1", kind, namespace, NAME)["data"]["HOSTS"])

    def fails() -> bool:
        """Once the server takes the other policy."""
        outcome = stack.broken("admitted_images", "registry")
        return not outcome.held and reason in outcome.happened

    with changed(storefront, kind, namespace, NAME, changes), pytest.MonkeyPatch.context() as impatient:
        impatient.setattr("rehearsal.proofs.admitted_images._PATIENCE", 3.0)
        until(fails, 20)
    until(lambda: stack.prove("admitted_images", "registry").held, 20)


def test_a_job_that_fails_ends_the_run_with_its_words(tmp_path: Path) -> None:
    """Its token can't be proven, say."""
    project = project_of(tmp_path, *FILES["clusters"])
    settings = load(project, "dev")
    with StackClusters(settings) as clusters, LocalCloud() as cloud, Clients(cloud.endpoint) as clients:
        stand_in(settings, cloud)
        servers = clusters.ready(cloud)
        for cluster in settings.clusters:
            cloud.add_issuer(str(cluster.issuer), ClusterIssuer(str(cluster.issuer)))  # whose keys are others
        with pytest.raises(NotApplied, match=r"Job team@storefront: Failed: POST .* InvalidIdentityToken"):
            build(project, "dev", clients, servers)


@NEEDS_PROC
@cases("programs", case("they are starting", 4), case("they have started", 18))
def test_an_interrupted_rehearsal_leaves_neither_program_nor_folder(small: Path, start: Start, programs: int) -> None:
    """Three clusters, each of three programs with their guardians; `start` looks for files in the end."""
    project_of(small, *FILES["clusters"])
    with start() as running:
        assert eventually(lambda: len(descendants(running.pid)) >= programs, PATIENCE)
        family = descendants(running.pid)
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=PATIENCE)
    assert (running.returncode, errors) == (INTERRUPTED, "")
    assert "stopped before every promise was proven\n" in out
    assert eventually(lambda: not alive(family), 10)
