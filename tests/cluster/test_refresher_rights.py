"""What the declared refresher can do, with tokens of its service account: it writes one secret of one type."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rehearsal.cluster.kubernetes_client import KubernetesClient, until
from tests.cases import case, cases
from tests.cluster.declared import DeclaredCluster
from tests.cluster.objects import config_map, image_pull_secret_data, pod, pull_secret, token_secret
from tests.cluster.test_api_server import refused

pytestmark = pytest.mark.cluster

NAMESPACE, OTHER, SECRET, ACCOUNT = "payments", "storefront", "ecr-pull", "ecr-refresher"
Call = Callable[[KubernetesClient], object]


@pytest.fixture
def refresher(market: DeclaredCluster) -> Iterator[KubernetesClient]:
    """Its secret is gone before and after."""
    yield market.api.as_service_account(NAMESPACE, ACCOUNT)
    for each in market.api.objects("v1", "Secret", NAMESPACE):
        market.api.delete("v1", "Secret", NAMESPACE, each["metadata"]["name"])


def secret(namespace: str = NAMESPACE, name: str = SECRET, **auths: object) -> dict[str, Any]:
    return pull_secret(namespace, name, auths)


def test_it_makes_its_secret_and_changes_it_in_place(refresher: KubernetesClient) -> None:
    first = refresher.apply(secret(), manager="ecr-pull-secret", force=True)
    again = refresher.apply(secret(host={"auth": "YTpi"}), manager="ecr-pull-secret", force=True)
    assert again["metadata"]["uid"] == first["metadata"]["uid"]
    assert again["data"] != first["data"]


def test_it_does_so_in_a_cluster_whose_secret_has_another_name(factory: DeclaredCluster) -> None:
    client = factory.api.as_service_account("storefront", ACCOUNT)
    assert client.apply(secret("storefront", "registry-pull"), manager="ecr-pull-secret")["metadata"]["uid"]
    with refused(403, 'secrets "ecr-pull" is forbidden'):
        client.apply(secret("storefront"), manager="ecr-pull-secret")
    factory.api.delete("v1", "Secret", "storefront", "registry-pull")


def _put(client: KubernetesClient, given: dict[str, Any]) -> object:
    about = given["metadata"]
    path = client.path("v1", "Secret", about["namespace"], about["name"])
    return client.request("PUT", path, given)


WATCH = {"watch": "true", "timeoutSeconds": "1"}
CALLS: list[Any] = [
    case("get", lambda api: api.get("v1", "Secret", NAMESPACE, SECRET), "cannot get"),
    case("list", lambda api: api.objects("v1", "Secret", NAMESPACE), "cannot list"),
    case("list by its name", lambda api: api.objects("v1", "Secret", NAMESPACE,
         fieldSelector=f"metadata.name={SECRET}"), "cannot list"),
    case("list all", lambda api: api.objects("v1", "Secret"), "at the cluster scope"),
    case("watch", lambda api: api.objects("v1", "Secret", NAMESPACE, **WATCH), "cannot watch"),
    case("delete", lambda api: api.delete("v1", "Secret", NAMESPACE, SECRET), "cannot delete"),
    case("delete all", lambda api: api.request(
         "DELETE", api.path("v1", "Secret", NAMESPACE)), "cannot deletecollection"),
    case("post", lambda api: api.create(secret()), "cannot create"),
    case("post another", lambda api: api.create(secret(name="another")), "cannot create"),
    case("put", lambda api: _put(api, secret()), "cannot update"),
    case("another name", lambda api: api.apply(secret(name="another"), manager="m"), "cannot patch"),
    case("a name that begins alike", lambda api: api.apply(secret(name=f"{SECRET}-2"), manager="m"), "cannot patch"),
    case("another namespace", lambda api: api.apply(secret(OTHER), manager="m"), "cannot patch"),
    case("kube-system", lambda api: api.apply(secret("kube-system"), manager="m"), "cannot patch"),
    case("a token of its own account", lambda api: api.service_account_token(NAMESPACE, ACCOUNT), "cannot create"),
    case("a token of another account", lambda api: api.service_account_token(NAMESPACE, "api"), "cannot create"),
    case("a pod", lambda api: api.create(pod(NAMESPACE, "made")), "cannot create"),
    case("its own role", lambda api: api.patch(
         "rbac.authorization.k8s.io/v1", "Role", NAMESPACE, ACCOUNT, {"rules": []}), "cannot patch"),
    case("its own script", lambda api: api.objects("v1", "ConfigMap", NAMESPACE), "cannot list"),
    case("a map of its secret's name", lambda api: api.apply(
         config_map(NAMESPACE, SECRET, {}), manager="m"), "cannot patch"),
]  # fmt: skip


@cases("call, words", *CALLS)
@pytest.mark.parametrize("there", [True, False], ids=["with its secret", "without"])
def test_nothing_else(refresher: KubernetesClient, call: Call, words: str, *, there: bool) -> None:
    if there:
        refresher.apply(secret(), manager="ecr-pull-secret")
    with refused(403, words):
        call(refresher)


ONE_SECRET = f"{ACCOUNT} writes the secret {SECRET} of type kubernetes.io/dockerconfigjson alone"


@cases(
    "given",
    case("a token", token_secret(NAMESPACE, SECRET, "api")),
    case("no type", {**secret(), "type": "Opaque"}),
    case("an older type", {**secret(), "type": "kubernetes.io/dockercfg", "data": {".dockercfg": "e30="}}),
    case("basic authentication", {
        **secret(), "type": "kubernetes.io/basic-auth", "data": {"username": "YQ==", "password": "Yg=="}
    }),
)  # fmt: skip
def test_another_type_is_refused_by_the_pin(
    market: DeclaredCluster, refresher: KubernetesClient, given: dict[str, Any]
) -> None:
    """Of its own name, where there is none yet: its rights alone would allow it."""
    with refused(403, ONE_SECRET):
        refresher.apply(given, manager="ecr-pull-secret")
    market.api.apply(given, manager="another", dry_run=True)  # of another account it is no business of the pin


@contextmanager
def rights_of_an_administrator(market: DeclaredCluster) -> Iterator[None]:
    """Of the refresher, in the namespace: as if someone had bound another role to it."""
    about = {"name": "too-much", "namespace": NAMESPACE}
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
    version, kind = "rbac.authorization.k8s.io/v1", "RoleBinding"
    binding = {"apiVersion": version, "kind": kind, "metadata": about, "roleRef": role, "subjects": [subject]}
    market.api.create(binding)
    attributes = {"namespace": NAMESPACE, "verb": "create", "resource": "secrets"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    client = market.api.as_service_account(NAMESPACE, ACCOUNT)
    until(lambda: client.create({**review, "spec": {"resourceAttributes": attributes}})["status"]["allowed"])
    try:
        yield
    finally:
        market.api.delete(version, kind, NAMESPACE, "too-much")


def test_the_pin_holds_it_to_its_secret_even_with_more_rights(
    market: DeclaredCluster, refresher: KubernetesClient
) -> None:
    with rights_of_an_administrator(market):
        refresher.apply(secret(), manager="ecr-pull-secret")
        _put(refresher, secret())
        for given in (secret(name="another"), token_secret(NAMESPACE, "another", "api")):
            with refused(403, ONE_SECRET):
                refresher.create(given)
            with refused(403, ONE_SECRET):
                refresher.apply(given, manager="m")


def test_a_token_that_is_in_the_secret_is_in_no_answer_to_another(
    market: DeclaredCluster, refresher: KubernetesClient
) -> None:
    """Nor in what the server writes down."""
    canary = "canary-of-an-authorization-token"
    auths = {"host": {"username": "AWS", "password": canary}}
    refresher.apply(pull_secret(NAMESPACE, SECRET, auths), manager="ecr-pull-secret")
    encoded = image_pull_secret_data(auths)
    wrong = {**pull_secret(NAMESPACE, SECRET, auths), "type": "Opaque"}
    with refused(403) as denied:
        refresher.create(wrong)
    with refused(422) as immutable:
        market.api.apply(wrong, manager="m", force=True)
    logs = [each.read_text(encoding="utf-8", errors="replace") for each in market.cluster.folder.glob("*.log")]
    assert len(logs) == 3
    said = "".join([str(denied.value), str(immutable.value), *logs])
    assert canary not in said
    assert encoded not in said
    assert base64.b64encode(canary.encode()).decode()[:-4] not in said
