"""bootstrap/cluster.yaml: a deployment can make all that is declared in a cluster, and a preview changes nothing."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml

from domain.kubernetes.object_names import ClusterNamespace
from domain.kubernetes.pull_access import Steps, cluster_steps
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, Object, until
from tests.cluster.objects import pull_secret
from tests.cluster_values import HOST, PAYMENTS, STOREFRONT, TOOLS, WEB, access
from tests.conftest import ROOT

pytestmark = pytest.mark.cluster

FORBIDDEN = 403
GROUPS = {"registry-deploy": "deployers", "registry-preview": "previewers"}
DATA = {".dockerconfigjson": "e30="}


@dataclass(frozen=True)
class Identities:
    admin: KubernetesClient
    deploy: KubernetesClient
    preview: KubernetesClient


@pytest.fixture(scope="session")
def identities(api: KubernetesClient) -> Identities:
    """The administrator, and an account in each of the groups: the groups of its namespace's accounts."""
    text = (ROOT / "bootstrap" / "cluster.yaml").read_text(encoding="utf-8")
    for group, home in GROUPS.items():
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}})
        until(lambda home=home: api.get("v1", "ServiceAccount", home, "default"))  # type: ignore[misc]
        text = text.replace(f"name: {group}}}", f"name: system:serviceaccounts:{home}}}")
        text = text.replace(f"'{group}'", f"'system:serviceaccounts:{home}'")
    for each in yaml.safe_load_all(text):
        api.apply(each, manager="administrator")
    deploy, preview = (api.as_service_account(home, "default") for home in GROUPS.values())
    made = Identities(api, deploy, preview)
    until(lambda: _is_held(preview))
    return made


def _is_held(preview: KubernetesClient) -> bool | None:
    """Whether the policy counts already, which takes the server a moment."""
    probe = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "probe-"}}
    try:
        preview.create(probe)
    except KubernetesRefusal as refusal:
        return "a preview changes nothing" in str(refusal) or None
    return None


def _refused(client: KubernetesClient, given: Object) -> str:
    with pytest.raises(KubernetesRefusal) as refusal:
        client.create(given)
    return str(refusal.value).rpartition("denied request: ")[2]


@pytest.fixture
def bound(identities: Identities, namespace: str) -> str:
    """A namespace in which both groups have their rights, as docs/clusters.md binds them."""
    for role, home in (("deploy", "deployers"), ("preview", "previewers")):
        group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"system:serviceaccounts:{home}"}
        reference = {"apiGroup": group["apiGroup"], "kind": "ClusterRole", "name": f"container-registry-{role}"}
        identities.admin.create(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": role, "namespace": namespace},
                "roleRef": reference,
                "subjects": [group],
            }
        )
    return namespace


def objects(namespace: str) -> list[Object]:
    """What the modes declare in this namespace and in the cluster, but for custom resources."""
    where = ClusterNamespace(STOREFRONT.name, namespace)
    steps: Steps = cluster_steps(STOREFRONT, (HOST,), {"payments/api": ("latest",)})
    for each in (replace(PAYMENTS, create=False), TOOLS):
        steps += access(replace(each, id=where)).steps(DATA if each is TOOLS else None)
    found = [each.manifest for step in steps for each in step if not each.is_patch]
    return [each for each in found if "external-secrets" not in each["apiVersion"]]


def about(each: Object) -> tuple[str, str, str | None, str]:
    return each["apiVersion"], each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]


def test_a_deployment_makes_changes_and_deletes_all_that_is_declared(identities: Identities, bound: str) -> None:
    declared = objects(bound)
    assert {each["kind"] for each in declared} >= {
        "ServiceAccount",
        "Role",
        "CronJob",
        "Job",
        "Secret",
        "NetworkPolicy",
    }
    for each in declared:
        identities.deploy.create(each)
        assert identities.deploy.get(*about(each))["metadata"]["name"] == each["metadata"]["name"]
        changed = {**each, "metadata": {**each["metadata"], "annotations": {"example.com/changed": "yes"}}}
        identities.deploy.apply(changed, manager="pulumi", force=True)
    for each in reversed(declared):
        identities.deploy.delete(*about(each))


def test_a_deployment_reads_and_changes_no_other_secret(identities: Identities, bound: str) -> None:
    other = pull_secret(bound, "other", {})
    identities.admin.create(other)
    for call in (identities.deploy.get, identities.deploy.delete):
        with pytest.raises(KubernetesRefusal) as refusal:
            call("v1", "Secret", bound, "other")
        assert refusal.value.status == FORBIDDEN
    with pytest.raises(KubernetesRefusal, match="cannot patch"):
        identities.deploy.apply(other, manager="pulumi", force=True)


def test_a_preview_is_told_of_each_change_and_makes_none(identities: Identities, bound: str) -> None:
    in_namespace = [each for each in objects(bound) if "ValidatingAdmission" not in each["kind"]]
    for each in in_namespace:
        identities.preview.create(each, dry_run=True)
        assert _refused(identities.preview, each) == "a preview changes nothing"
        identities.admin.create(each)
        changed = {**each, "metadata": {**each["metadata"], "annotations": {"example.com/changed": "yes"}}}
        identities.preview.apply(changed, manager="pulumi", force=True, dry_run=True)
        with pytest.raises(KubernetesRefusal, match="a preview changes nothing"):
            identities.preview.apply(changed, manager="pulumi", force=True)
        assert (
            identities.preview.get(*about(each))["metadata"].get("annotations", {}).get("example.com/changed") is None
        )
        with pytest.raises(KubernetesRefusal):
            identities.preview.delete(*about(each))
    identities.admin.delete("v1", "ConfigMap", "kube-system", "container-registry-images")


def test_a_preview_changes_no_policy_and_reads_no_other_secret(identities: Identities, bound: str) -> None:
    policies = [each for each in objects(bound) if "ValidatingAdmission" in each["kind"]]
    for each in policies:
        for dry_run in (True, False):
            with pytest.raises(KubernetesRefusal, match="cannot create"):
                identities.preview.create(each, dry_run=dry_run)
    other = pull_secret(bound, "other", {})
    identities.admin.create(other)
    with pytest.raises(KubernetesRefusal, match="cannot patch"):
        identities.preview.apply(other, manager="pulumi", force=True, dry_run=True)
    with pytest.raises(KubernetesRefusal, match="cannot get"):
        identities.preview.get("v1", "Secret", bound, "other")


def test_a_deployment_may_make_the_objects_of_external_secrets(identities: Identities, bound: str) -> None:
    where = ClusterNamespace(STOREFRONT.name, bound)
    steps = access(replace(WEB, id=where)).steps()
    custom = [each.manifest for step in steps for each in step if "external-secrets" in each.manifest["apiVersion"]]
    assert {each["kind"] for each in custom} == {"ExternalSecret", "ECRAuthorizationToken"}
    for each in custom:
        for verb in ("get", "create", "patch", "delete"):
            assert allowed(identities.deploy, bound, each, verb)
    assert not allowed(identities.preview, bound, custom[0], "delete")


def allowed(client: KubernetesClient, namespace: str, given: Object, verb: str) -> bool:
    group, plural = given["apiVersion"].partition("/")[0], f"{given['kind'].lower()}s"
    attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": plural}
    kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    answer: Any = client.create({**kind, "metadata": {}, "spec": {"resourceAttributes": attributes}}, dry_run=True)
    return bool(answer["status"]["allowed"])
