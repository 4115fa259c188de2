"""The stand-in for `kubernetes` itself, without an engine: what the real provider replaces, changes and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from domain.kubernetes.kubeconfig import kubeconfig
from resources import TYPES
from resources.kubernetes import CONFIG_MAP, CRON_JOB, NAMESPACE, SECRET, SERVICE_ACCOUNT_PATCH, is_kubernetes
from tests.cluster_values import STOREFRONT
from tests.engine.conftest import AbortedError, Context
from tests.engine.standin.cloud import Cloud
from tests.engine.standin.kubernetes import KubernetesProvider
from tests.engine.standin.provider import struct, values

MUTABLE = {"enableSecretMutable": "true", "enableConfigMapMutable": "true"}
KUBECONFIG = kubeconfig(STOREFRONT)
MOVED = KUBECONFIG.replace(STOREFRONT.endpoint, "https://moved.acme.example")
METADATA = {"metadata": {"name": "pull", "namespace": "web"}}


def _provider(tmp_path: Path, text: str = KUBECONFIG, **settings: str) -> KubernetesProvider:
    provider = KubernetesProvider(Cloud(tmp_path / "cloud.json"))
    provider.Configure(proto.ConfigureRequest(args=struct({"kubeconfig": text, **settings})), Context())
    return provider


@pytest.mark.parametrize(
    ("token", "path"),
    [(token, path) for token, record in TYPES.items() if is_kubernetes(token) for path in record.replaces],
)
def test_what_forces_a_replacement_and_what_does_not(tmp_path: Path, token: str, path: str) -> None:
    provider = _provider(tmp_path, **MUTABLE)
    old, new = _object(path, "1"), _object(path, "2")
    assert list(_diff(provider, token, old, new).replaces) == [path]
    labelled = _diff(provider, token, METADATA, {"metadata": {**METADATA["metadata"], "labels": {"a.b/c": "d"}}})
    assert {name: each.kind for name, each in labelled.detailedDiff.items()} == {
        "metadata.labels": proto.PropertyDiff.ADD
    }
    assert not labelled.replaces


@pytest.mark.parametrize("token", [SECRET, CONFIG_MAP])
def test_data_is_changed_in_place_only_where_it_is_mutable(tmp_path: Path, token: str) -> None:
    old, new = ({**METADATA, "data": {".dockerconfigjson": each}} for each in "ab")
    path = 'data[".dockerconfigjson"]'
    by_default = _diff(_provider(tmp_path), token, old, new)
    assert (list(by_default.replaces), by_default.deleteBeforeReplace) == ([path], True)
    mutable = _provider(tmp_path, **MUTABLE)
    assert (list(_diff(mutable, token, old, new).replaces), list(_diff(mutable, token, old, new).detailedDiff)) == (
        [], [path],
    )  # fmt: skip
    assert list(_diff(mutable, token, {**old, "immutable": True}, {**new, "immutable": True}).replaces) == [path]


def test_another_schedule_is_no_replacement(tmp_path: Path) -> None:
    old, new = ({**METADATA, "spec": {"schedule": each}} for each in ("0 */6 * * *", "0 */4 * * *"))
    assert not _diff(_provider(tmp_path), CRON_JOB, old, new).replaces


def test_only_what_keeps_its_name_is_deleted_first(tmp_path: Path) -> None:
    old, new = ({**METADATA, "type": each} for each in ("Opaque", "kubernetes.io/dockerconfigjson"))
    assert _diff(_provider(tmp_path), SECRET, old, new).deleteBeforeReplace
    renamed = {**new, "metadata": {"name": "other", "namespace": "web"}}
    assert not _diff(_provider(tmp_path), SECRET, old, renamed).deleteBeforeReplace


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": MOVED}, ["kubeconfig"]),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": MOVED, "clusterIdentifier": "a"}, ["kubeconfig"]),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG, "clusterIdentifier": "a"}, []),
        ({"kubeconfig": KUBECONFIG, "clusterIdentifier": "a"}, {"kubeconfig": MOVED, "clusterIdentifier": "a"}, []),
        (
            {"kubeconfig": KUBECONFIG, "clusterIdentifier": "a"},
            {"kubeconfig": KUBECONFIG, "clusterIdentifier": "b"},
            ["clusterIdentifier"],
        ),
    ],
    ids=["without", "added with the move", "added", "with", "another"],
)
def test_a_moved_cluster_is_another_one_without_an_identifier(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], replaces: list[str]
) -> None:
    request = proto.DiffRequest(olds=struct(before), news=struct(after))
    answer = _provider(tmp_path).DiffConfig(request, Context())
    assert answer.changes == proto.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == replaces


def test_a_credential_in_the_kubeconfig_is_refused(tmp_path: Path) -> None:
    config = json.loads(KUBECONFIG)
    config["users"][0]["user"] = {"token": "eyJhbGciOi"}
    with pytest.raises(AbortedError, match="holds a credential"):
        _provider(tmp_path, json.dumps(config))


def test_what_is_there_already_is_not_taken_over(logged_in: KubernetesProvider) -> None:
    request = proto.CreateRequest(urn=_urn(NAMESPACE), properties=struct({"metadata": {"name": "web"}}))
    assert logged_in.Create(request, Context()).id == "web"
    with pytest.raises(AbortedError, match="already exists"):
        logged_in.Create(request, Context())
    patch = proto.CreateRequest(urn=_urn(SERVICE_ACCOUNT_PATCH), properties=struct(METADATA))
    assert [logged_in.Create(patch, Context()).id for _ in range(2)] == ["web/pull"] * 2


def test_a_secret_is_read_as_a_secret(logged_in: KubernetesProvider) -> None:
    data = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"key": "dG9rZW4="}}
    created = logged_in.Create(
        proto.CreateRequest(urn=_urn(SECRET), properties=struct({**METADATA, "data": data})), Context()
    )
    assert logged_in.cloud.read(SECRET, "storefront", created.id) == {**METADATA, "data": {"key": "dG9rZW4="}}
    found = logged_in.Read(proto.ReadRequest(urn=_urn(SECRET), id=created.id), Context())
    assert values(found.inputs) == values(found.properties) == {**METADATA, "data": data}


def test_without_a_token_nothing_is_made(tmp_path: Path) -> None:
    provider = _provider(tmp_path)
    provider.command = {"command": "sh", "args": ["-c", "echo no role >&2; exit 1"]}
    request = proto.CreateRequest(urn=_urn(NAMESPACE), properties=struct({"metadata": {"name": "web"}}))
    with pytest.raises(AbortedError, match="unreachable: getting credentials: no role"):
        provider.Create(request, Context())
    assert not provider.cloud.types()


@pytest.fixture
def logged_in(tmp_path: Path) -> KubernetesProvider:
    provider = _provider(tmp_path, **MUTABLE)
    credential = '{"apiVersion": "v1", "status": {"token": "t"}}'
    provider.command = {"apiVersion": "v1", "command": "echo", "args": [credential]}
    return provider


def _object(path: str, value: str) -> dict[str, Any]:
    """An object with a value at a path."""
    found: dict[str, Any] = {"metadata": dict(METADATA["metadata"])}
    inner = found
    *outer, last = path.split(".")
    for name in outer:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return found


def _diff(provider: KubernetesProvider, token: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
    request = proto.DiffRequest(urn=_urn(token), old_inputs=struct(olds), news=struct(news))
    return provider.Diff(request, Context())


def _urn(token: str) -> str:
    return f"urn:pulumi:prod::project::container-registry:index:ClusterPullAccess${token}::web@storefront"
