"""Clusters: faults of the input, and what is declared of good input."""

import base64
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from syrupy.assertion import SnapshotAssertion

from domain.iam.limits import OIDC_PROVIDERS_MAX
from domain.iam.roles import Document
from domain.kubernetes.object_names import ClusterNamespace
from settings import load
from tests.settings.written import api, catalog, faults, words

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
DIGEST = f"public.ecr.aws/docker/library/python@sha256:{'ab' * 32}"
ISSUER = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
ARN = "arn:aws:eks:us-east-1:{}:cluster/storefront"
REFRESHED, EXTERNAL = {"name": "web", "mode": "refreshed-secret"}, {"name": "jobs", "mode": "external-secrets"}
NODES, STATIC = {"name": "batch", "mode": "node-role"}, {"name": "tools", "mode": "static-registry"}
CLUSTER = {
    "name": "shop",
    "platform": "eks",
    "endpoint": "https://EXAMPLE.gr7.us-east-1.eks.amazonaws.com",
    "ca": base64.b64encode(PEM.encode()).decode(),
    "cluster_identifier": ARN.format("111122223333"),
    "oidc_issuer": ISSUER,
    "node_role": "eks/storefront-nodes",
    "refresher": {"image": DIGEST},
    "namespaces": [REFRESHED],
}
LOGINS = {"ghcr": {"registry": "ghcr.io", "username": "acme-bot"}}
NOT_LASTING = {
    "ghcr": {"registry": "ghcr.io", "username": "AWS"},
    "google": {"registry": "europe-docker.pkg.dev", "username": "oauth2accesstoken"},
    "quay": {"registry": "quay.io", "username": "robot$acme+pull"},
    "ecr": {"registry": "444455556666.dkr.ecr.us-east-1.amazonaws.com", "username": "AWS"},
}
SECURE = "  container-registry:pull-token-{}: {{secure: v1:abc}}\n"
CANARY = "hunter2-canary"


def clusters(
    project: Path, *entries: Mapping[str, Any], logins: Mapping[str, Any] | None = None, more: str = ""
) -> None:
    """The stack dev with these clusters, and a repository that the namespace web of the first pulls."""
    keys = {"container-registry:clusters": [*entries]} | (
        {"container-registry:pull_credentials": logins} if logins else {}
    )
    lines = (f"  {key}: {json.dumps(value)}\n" for key, value in keys.items())
    with (project / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write("".join(lines) + more)


def of(**keys: Any) -> Any:
    """A case: the cluster with other keys; None leaves one out."""
    return partial(_of, keys=keys)


def given(*entries: Mapping[str, Any], logins: Mapping[str, Any] | None = None, more: str = "") -> Any:
    """A case: these clusters as they are."""
    return lambda project: clusters(project, *entries, logins=logins, more=more)


def _of(project: Path, keys: Mapping[str, Any]) -> None:
    clusters(project, {key: value for key, value in {**CLUSTER, **keys}.items() if value is not None})


def namespace(**keys: Any) -> Any:
    return of(namespaces=[{"name": "web", "mode": "refreshed-secret", **keys}])


def pulls(text: str, **keys: Any) -> Any:
    def case(project: Path) -> None:
        _of(project, keys)
        catalog(project, api(f"pull: [{text}]"))

    return case


SECOND = {
    **CLUSTER,
    "name": "other",
    "cluster_identifier": ARN.format("111122223333") + "2",
    "oidc_issuer": f"{ISSUER}2",
}


def numbered(number: int) -> dict[str, str]:
    return {
        "name": f"other-{number}",
        "cluster_identifier": f"{SECOND['cluster_identifier']}-{number}",
        "oidc_issuer": f"{ISSUER}{number}",
    }


CASES = {
    "an unknown platform": of(platform="eks-autopilot"),
    "a name that is not a label": of(name="Store_front"),
    "a plain endpoint": of(endpoint="http://10.0.0.1:6443"),
    "an endpoint with a login": of(endpoint="https://admin:secret@example.com"),
    "an authority that is a file": of(ca="ca.crt"),
    "a private key": of(ca=base64.b64encode(b"-----BEGIN PRIVATE KEY-----\n" + CANARY.encode()).decode()),
    "a token": of(token=CANARY),
    "a kubeconfig": of(kubeconfig=CANARY),
    "an unknown account": of(account="worklods"),
    "a cluster elsewhere": of(cluster_identifier=ARN.format("444455556666")),
    "an EKS cluster by its name": of(cluster_identifier="storefront"),
    "an issuer over http": of(oidc_issuer=ISSUER.replace("https", "http")),
    "an issuer inside": of(oidc_issuer="https://kubernetes.default.svc.cluster.local"),
    "an image by its tag": of(refresher={"image": "public.ecr.aws/docker/library/python:3.13"}),
    "a refresher without an image": of(refresher={}),
    "a long name of a CronJob": of(refresher={"image": DIGEST, "name": "r" * 53}),
    "an action that is none": of(admission={"action": "enforce"}),
    "no namespace": of(namespaces=[]),
    "two of one name": given(CLUSTER, {**SECOND, "name": "shop"}),
    "two of one identifier": given(CLUSTER, {**SECOND, "cluster_identifier": CLUSTER["cluster_identifier"]}),
    "two of one issuer": given(CLUSTER, {**SECOND, "oidc_issuer": ISSUER}),
    "more issuers than an account can have": given(*({**SECOND, **numbered(n)} for n in range(OIDC_PROVIDERS_MAX))),
    "a namespace twice": of(namespaces=[REFRESHED, REFRESHED]),
    "an unknown mode": namespace(mode="refresh-secret"),
    "a mode of nodes without a role": of(platform="gke", cluster_identifier="gke-1", namespaces=[NODES]),
    "no refresher": of(refresher=None),
    "no issuer": of(oidc_issuer=None, namespaces=[EXTERNAL]),
    "no node role": of(node_role=None, namespaces=[NODES]),
    "an interval of words": of(namespaces=[{**EXTERNAL, "refresh_interval": "six hours"}]),
    "an interval over a token's life": of(namespaces=[{**EXTERNAL, "refresh_interval": "13h"}]),
    "keys of other modes": namespace(refresh_interval="6h", credentials=["ghcr"], per_service_account=True),
    "service accounts that nothing uses": of(namespaces=[{**NODES, "service_accounts": ["api"]}]),
    "no service account": of(namespaces=[{**NODES, "per_service_account": True}]),
    "declared and patched": namespace(service_accounts=["api"], patch_service_accounts=["api"]),
    "no credentials": of(namespaces=[STATIC]),
    "other registries where they are denied": given(
        {**CLUSTER, "namespaces": [{**STATIC, "credentials": ["ghcr"]}], "admission": {"action": "deny"}},
        logins=LOGINS,
        more=SECURE.format("ghcr"),
    ),
    "unknown credentials": of(namespaces=[{**STATIC, "credentials": ["ghrc"]}]),
    "a login that nothing uses": given(logins=LOGINS, more=SECURE.format("ghcr")),
    "a login without its token": given({**CLUSTER, "namespaces": [{**STATIC, "credentials": ["ghcr"]}]}, logins=LOGINS),
    "a token in plain text": given(
        {**CLUSTER, "namespaces": [{**STATIC, "credentials": ["ghcr"]}]},
        logins=LOGINS,
        more=SECURE.format("ghcr").replace("{secure: v1:abc}", CANARY),
    ),
    "logins that can't last": given(
        {**CLUSTER, "namespaces": [{**STATIC, "credentials": [*NOT_LASTING]}]},
        logins=NOT_LASTING,
        more="".join(SECURE.format(each) for each in NOT_LASTING),
    ),
    "a user with a password": given(logins={"harbor": {"registry": "harbor.acme.example", "username": "robot$a:b"}}),
    "a login with its password": given(logins={"ghcr": {**LOGINS["ghcr"], "password": CANARY}}),
    "a registry with a scheme": given(logins={"ghcr": {"registry": "https://ghcr.io/acme", "username": "a"}}),
    "two logins at one registry": given(
        {**CLUSTER, "namespaces": [{**STATIC, "credentials": ["ghcr", "again"]}]},
        logins={**LOGINS, "again": LOGINS["ghcr"]},
        more=SECURE.format("ghcr") + SECURE.format("again"),
    ),
    "more service accounts than a trust policy holds": of(
        namespaces=[{**NODES, "per_service_account": True, "service_accounts": [f"{'a' * 60}-{n}" for n in range(40)]}]
    ),
    "a grant to an unknown cluster": pulls("{cluster: shopp, namespace: web}"),
    "a grant to an unknown namespace": pulls("{cluster: shop, namespace: wbe}"),
    "a grant to a cluster alone": pulls("{cluster: shop}"),
    "a grant to a namespace alone": pulls("{namespace: web}"),
    "a grant to other registries": pulls("{cluster: shop, namespace: tools}", namespaces=[STATIC]),
}


def statements(document: Document) -> list[Any]:
    found = document["Statement"]
    assert isinstance(found, list)
    return found


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    found = words(project, CASES)
    assert found == snapshot
    assert CANARY not in found


def test_a_namespace_pulls_with_a_role_that_its_service_account_can_assume(project: Path) -> None:
    clusters(project, {**CLUSTER, "namespaces": [REFRESHED, EXTERNAL]})
    catalog(project, api("pull: [{cluster: shop, namespace: web}]"))
    settings = load(project, "dev")
    web, jobs = (role for role in settings.roles if role.name.startswith("dev.pull."))
    assert [web.name, jobs.name] == ["dev.pull.shop.web", "dev.pull.shop.jobs"]
    (trust,), issuer = statements(web.trust), ISSUER.removeprefix("https://")
    assert trust["Principal"] == {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
    assert trust["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": ["system:serviceaccount:web:ecr-refresher"],
        }
    }
    login, pull = statements(web.policy)
    assert pull["Resource"] == ["arn:aws:ecr:us-east-1:111122223333:repository/payments/api"]
    assert [each["Sid"] for each in statements(jobs.policy)] == [login["Sid"]]
    assert settings.repositories[0].pull == ()


def test_nodes_and_other_accounts_are_named_in_the_repositorys_policy(project: Path) -> None:
    elsewhere = {"account": "workloads", "cluster_identifier": ARN.format("444455556666")}
    clusters(project, {**CLUSTER, **elsewhere, "namespaces": [REFRESHED, NODES]})
    granted = "{cluster: shop, namespace: web}, {cluster: shop, namespace: batch}"
    catalog(project, api(f"pull: [{granted}]"))
    settings = load(project, "dev")
    (cluster,), (copy,) = settings.clusters, settings.copies(settings.home)
    (statement,) = json.loads(copy.policy_text or "")["Statement"]
    roles = ["role/container-registry/dev/dev.pull.shop.web", "role/eks/storefront-nodes"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::444455556666:{each}" for each in roles]}
    assert not any(role.name.startswith("dev.pull.") for role in settings.roles)
    assert settings.pull_role_arn(cluster, cluster.namespaces[0]) == f"arn:aws:iam::444455556666:{roles[0]}"
    assert settings.pull_role_arn(cluster, cluster.namespaces[1]) is None


def test_a_stack_without_the_cluster_makes_no_grant(project: Path) -> None:
    clusters(project, CLUSTER)
    catalog(project, api("pull: [{cluster: shop, namespace: web}]"))
    assert load(project, "dev").repositories[0].namespaces == (ClusterNamespace("shop", "web"),)
    assert load(project, "prod").repositories[0].namespaces == ()


def test_a_cache_lets_nodes_and_roles_import(project: Path) -> None:
    clusters(project, {**CLUSTER, "namespaces": [REFRESHED, NODES]})
    file = project / "Pulumi.dev.yaml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    pull = [{"cluster": "shop", "namespace": each} for each in ("web", "batch")]
    written["config"]["container-registry:caches"] = [{"upstream": "quay", "pull": pull}]
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    settings = load(project, "dev")
    (web,) = (role for role in settings.roles if role.name == "dev.pull.shop.web")
    assert "ecr:BatchImportUpstreamImage" in json.dumps(web.policy)
    policy = json.loads(settings.registry_policy_of(settings.home) or "{}")
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::111122223333:role/eks/storefront-nodes"]}


def test_a_faulty_cluster_leaves_the_others_to_be_checked(project: Path) -> None:
    far = {key: value for key, value in CLUSTER.items() if key != "oidc_issuer"} | {"name": "far"}
    clusters(project, {**CLUSTER, "platform": "eke"}, far)
    found = [str(each).partition("container-registry:")[2].partition(":")[0] for each in faults(project)]
    assert found == ["clusters[0].platform", "clusters[1].namespaces[0].mode"]
