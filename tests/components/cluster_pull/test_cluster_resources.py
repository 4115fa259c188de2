"""What is declared in a cluster, by which provider, and what of it waits for what."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pulumi
import pytest

from components import ClusterResources, PulledRegistry
from domain.kubernetes.cluster import Cluster, Namespace
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Render, Resource
from resources.kubernetes import (
    ADMISSION_BINDING,
    CLAIM,
    CRON_JOB,
    EXTERNAL_SECRET,
    JOB,
    NAMESPACE,
    NETWORK_POLICY,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
    is_kubernetes,
)
from resources.providers import CLUSTER_PROVIDER, cluster_of
from tests.cases import cases
from tests.cluster_values import BATCH, HOST, PAYMENTS, STOREFRONT, TOOLS, WEB


def declared(cluster: Cluster) -> list[Resource]:
    """With a pull role whose policy is declared beside it."""
    monitor = RecordingMonitor(project="container-registry", stack="prod", account="111122223333", preview=False)

    def program() -> None:
        policy = pulumi.CustomResource("kubernetes:core/v1:ConfigMap", "policy", {"metadata": {"name": "a"}})
        registry = PulledRegistry(hosts=(HOST,), mutable_tags={}, role_policies={str(PAYMENTS.role): policy})
        ClusterResources(cluster, registry, {each.name: None for each in cluster.namespaces})

    config = {f"container-registry:pull-token-{name}": "token" for name in ("ghcr", "docker-hub")}
    declared_by(program, monitor, config=config, secrets=sorted(config))
    return [each for each in monitor.declared if each.name != "policy"]


def names(urns: tuple[str, ...]) -> Iterator[str]:
    return (urn.split("::")[2].rpartition("$")[2].rpartition(":")[2] for urn in urns)


def waits_for(resources: list[Resource], token: str, part: str = "") -> set[str]:
    (found,) = [each for each in resources if each.type == token and each.name.endswith(f"@storefront{part}")]
    return set(names(found.dependencies))


def test_jobs_come_after_all_that_they_need() -> None:
    found = declared(replace(STOREFRONT, namespaces=(PAYMENTS,)))
    needed = {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "NetworkPolicy"}
    for token in (JOB, CRON_JOB):
        assert waits_for(found, token) == needed
    assert waits_for(found, NETWORK_POLICY) == {"Namespace"}


def test_the_refresher_gets_its_rights_after_the_policy_that_holds_it() -> None:
    """And after the role's policy, without which its first job would fail."""
    found = declared(replace(STOREFRONT, namespaces=(replace(PAYMENTS, create=False),)))
    assert waits_for(found, ROLE_BINDING) == {"ValidatingAdmissionPolicyBinding", "ConfigMap"}
    assert waits_for(declared(replace(STOREFRONT, namespaces=(PAYMENTS,))), NAMESPACE) == {
        "ValidatingAdmissionPolicyBinding",
        "ConfigMap",
    }


def test_a_binding_comes_after_its_policy_and_its_data() -> None:
    found = declared(replace(STOREFRONT, namespaces=(PAYMENTS,)))
    assert waits_for(found, ADMISSION_BINDING, ".images") == {"ValidatingAdmissionPolicy", "ConfigMap"}


def test_a_secret_comes_after_its_generators() -> None:
    found = declared(replace(STOREFRONT, namespaces=(WEB,), admission=None))
    assert waits_for(found, EXTERNAL_SECRET) == {"ECRAuthorizationToken"}


def test_one_provider_declares_all_of_a_cluster() -> None:
    found = declared(STOREFRONT)
    (provider,) = [each for each in found if each.type == CLUSTER_PROVIDER]
    assert {cluster_of(each.provider) for each in found if is_kubernetes(each.type)} == {"storefront"}
    assert provider.name == "storefront"
    assert provider.inputs["clusterIdentifier"] == STOREFRONT.identifier
    assert json.loads(provider.inputs["kubeconfig"])["current-context"] == "storefront"
    turned_on = {key for key, value in provider.inputs.items() if value == "true"}
    assert turned_on == {"enableSecretMutable", "enableConfigMapMutable", "enableServerSideApply"}


@pytest.mark.parametrize("name", ["KUBECONFIG", "PULUMI_K8S_ENABLE_PATCH_FORCE", "PULUMI_K8S_DELETE_UNREACHABLE"])
def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (before,) = [each for each in declared(STOREFRONT) if each.type == CLUSTER_PROVIDER]
    monkeypatch.setenv(name, "true")
    (after,) = [each for each in declared(STOREFRONT) if each.type == CLUSTER_PROVIDER]
    assert after == before


@cases("namespaces, admitted, expected", ((BATCH,), False, 0), ((BATCH,), True, 5), ((TOOLS,), False, 4))
def test_a_cluster_without_objects_has_no_provider(
    namespaces: tuple[Namespace, ...], admitted: bool, expected: int
) -> None:
    """It needs no SDK, and no one who can reach it."""
    admission = STOREFRONT.admission if admitted else None
    found = declared(replace(STOREFRONT, namespaces=namespaces, admission=admission))
    assert len(found) == expected


def test_only_what_someone_needs_stays_behind(prod: Render) -> None:
    """What leaves the stack is not deleted: all that runs in a namespace would be, and the images of a claim."""
    kept = {each.type for each in prod.resources if each.options.get("retainOnDelete")}
    assert kept == {NAMESPACE, CLAIM}
    assert not any(each.protect for each in prod.resources if is_kubernetes(each.type))


def test_the_same_name_in_two_clusters_is_two_resources(prod: Render) -> None:
    accounts = [each for each in prod.resources if each.type == SERVICE_ACCOUNT and each.name.startswith("storefront@")]
    assert {cluster_of(each.provider) for each in accounts} == {"market", "factory"}
    assert len({each.urn for each in accounts}) == len(accounts)
