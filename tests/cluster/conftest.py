"""One control plane for all tests of the session, a namespace for each test, and the reason where there is none."""

from collections.abc import Iterator, Mapping
from itertools import count

import pytest

from localcloud.cloud import LocalCloud
from rehearsal.cluster.binaries import NotBuilt
from rehearsal.cluster.kubelet import Kubelet
from rehearsal.cluster.kubernetes_client import KubernetesClient, until
from rehearsal.cluster.local_cluster import LocalCluster
from rehearsal.cluster.local_clusters import LocalClusters
from tests.cluster.declared import DeclaredCluster

_NAMES = (f"test-{number}" for number in count(1))


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """Other tests use it too: make what has no namespace under a name of your own."""
    try:
        made = LocalCluster()
    except NotBuilt as reason:
        pytest.skip(str(reason))
    with made:
        yield made


@pytest.fixture(scope="session")
def api(cluster: LocalCluster) -> KubernetesClient:
    """The administrator's client."""
    return cluster.client


@pytest.fixture(scope="session")
def cloud(cluster: LocalCluster) -> Iterator[LocalCloud]:
    """A local cloud whose STS knows the cluster's issuer; other tests use it too."""
    with LocalCloud() as made:
        made.add_issuer(cluster.issuer, cluster.keys())
        yield made


@pytest.fixture
def namespace(api: KubernetesClient) -> Iterator[str]:
    """One of this test alone, which takes only pods of the standard `restricted`."""
    name = next(_NAMES)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    until(lambda: api.get("v1", "ServiceAccount", name, "default"))
    until(lambda: api.get("v1", "ConfigMap", name, "kube-root-ca.crt"))
    yield name
    api.delete("v1", "Namespace", None, name)


@pytest.fixture
def kubelet(api: KubernetesClient, namespace: str) -> Iterator[Kubelet]:
    """Runs the pods of the test's namespace."""
    with Kubelet(api, namespace) as running:
        yield running


@pytest.fixture(scope="session")
def prod() -> Iterator[Mapping[str, DeclaredCluster]]:
    """The clusters of the tests' project's stack prod, each with all that the stack declares in it; leave them so."""
    issuers = {"market": "https://market.example", "factory": "https://factory.example"}
    try:
        made = LocalClusters(issuers)
    except NotBuilt as reason:
        pytest.skip(str(reason))
    with made:
        found = {name: DeclaredCluster(name, cluster) for name, cluster in made.started().items()}
        for each in found.values():
            each.prepare()
            each.apply()
        yield found


@pytest.fixture(scope="session")
def market(prod: Mapping[str, DeclaredCluster]) -> DeclaredCluster:
    """Denies images."""
    return prod["market"]


@pytest.fixture(scope="session")
def factory(prod: Mapping[str, DeclaredCluster]) -> DeclaredCluster:
    """Warns of images."""
    return prod["factory"]
