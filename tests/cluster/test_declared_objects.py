"""Each object that the stack prod declares in a cluster, as its render has it, at a real API server."""

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.cluster.keyring import credentials_for
from rehearsal.cluster.kubernetes_client import until
from resources import kubernetes
from tests.cases import case, cases
from tests.cluster.declared import CANARY, MANAGER, DeclaredCluster, declared_in, manifest_of, pod_template
from tests.cluster.test_api_server import refused

pytestmark = pytest.mark.cluster

CLUSTERS = ("market", "factory")


def missing(declared: Any, found: Any, path: str = "") -> list[str]:
    """The paths whose declared values are not in what was found."""
    if isinstance(declared, Mapping):
        if not isinstance(found, Mapping):
            return [path]
        return [each for key, value in declared.items() for each in missing(value, found.get(key), f"{path}.{key}")]
    if isinstance(declared, list):
        if not isinstance(found, list) or len(found) != len(declared):
            return [path]
        pairs = zip(declared, found, strict=True)
        return [lost for number, (one, other) in enumerate(pairs) for lost in missing(one, other, f"{path}[{number}]")]
    return [] if declared == found else [path]


def test_every_type_is_tried() -> None:
    assert {each.type for name in CLUSTERS for each in declared_in(name)} == {each.token for each in kubernetes.TYPES}


@cases("name", *CLUSTERS)
def test_the_api_takes_each_as_it_is_declared(prod: Mapping[str, DeclaredCluster], name: str) -> None:
    """Applied once by the fixture: what is there has it all, and applying it again changes and warns of nothing."""
    client = prod[name].api.with_token(prod[name].api.token)
    for declared in prod[name].resources:
        manifest = manifest_of(declared)
        about = manifest["metadata"]
        found = client.get(manifest["apiVersion"], manifest["kind"], about.get("namespace"), about["name"])
        assert missing(manifest, found) == [], declared.name
        again = client.apply(manifest, manager=MANAGER, force=declared.type.endswith("Patch"))
        assert version(again) == version(found), declared.name
    assert client.warnings == []


def version(found: Any) -> object:
    """Of what is declared: where there is a status, its writers change the other ones."""
    about = found["metadata"]
    return about.get("generation") or (found["spec"] if "status" in found else about["resourceVersion"])


@cases("name", *CLUSTERS)
def test_the_pods_of_jobs_are_admitted(prod: Mapping[str, DeclaredCluster], name: str) -> None:
    """A Job is accepted whatever its pods are like."""
    cluster = prod[name]
    templates = [(each, template) for each in cluster.resources if (template := pod_template(each))]
    served = {"Deployment"} if name == "factory" else set()
    assert {each.inputs["kind"] for each, _ in templates} == {"Job", "CronJob"} | served
    for declared, template in templates:
        tried = pod_of(declared, template)
        assert cluster.verdict(tried) is None, declared.name
        worse = deepcopy(tried)
        worse["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
        assert 'violates PodSecurity "restricted' in str(cluster.verdict(worse))
        worse = deepcopy(tried)
        worse["spec"]["containers"][0]["image"] = "docker.io/library/python:3.13"
        if declared.inputs["metadata"]["namespace"] == "registry":
            assert cluster.verdict(worse) is None, "its images are of other registries"
            continue
        assert "not from the company's registries" in str(cluster.verdict(worse))


def pod_of(declared: Any, template: Any) -> Any:
    metadata = {**template.get("metadata", {}), "name": "tried", "namespace": declared.inputs["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@cases("name", *CLUSTERS)
def test_a_field_that_the_api_does_not_know_would_be_refused(prod: Mapping[str, DeclaredCluster], name: str) -> None:
    """A custom type, too: its schema was not cut into one that takes everything."""
    for declared in prod[name].resources:
        given = manifest_of(declared)
        about = {key: value for key, value in given["metadata"].items() if key in ("name", "namespace")}
        wrong = {**given, "metadata": {**about, "name": f"{about['name']}-2"}, "misspelt": {}}
        with refused(400, 'unknown field "misspelt"'):
            prod[name].api.create(wrong, dry_run=True)


@cases(
    "kind, path, value, words",
    case("a region", "ECRAuthorizationToken", ("spec", "region"), None, "spec.region"),
    case("a policy", "ExternalSecret", ("spec", "refreshPolicy"), "Often", "spec.refreshPolicy"),
    case("a generator", "ExternalSecret", ("spec", "dataFrom", 0, "sourceRef", "generatorRef", "kind"), "X", "kind"),
)
def test_the_operators_types_check_what_is_written(
    market: DeclaredCluster, kind: str, path: tuple[str | int, ...], value: object, words: str
) -> None:
    wrong = deepcopy(market.of_kind(kind)[0])
    *way, last = path
    at: Any = wrong
    for each in way:
        at = at[each]
    at[last] = value
    with refused(422, words):
        market.api.apply(wrong, manager="test", force=True, dry_run=True)


def test_the_operators_template_is_a_docker_configuration(market: DeclaredCluster) -> None:
    """Once its words are filled in, each host has the login of its own region."""
    (declared,) = market.of_kind("ExternalSecret")
    template = declared["spec"]["target"]["template"]
    keys = [f"{each['rewrite'][0]['regexp']['target'].replace('$1', '')}" for each in declared["spec"]["dataFrom"]]
    text = template["data"][".dockerconfigjson"]
    for key in keys:
        text = text.replace(f"{{{{ .{key}username }}}}", "AWS").replace(f"{{{{ .{key}password }}}}", f"of-{key}")
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": template["type"],
        "metadata": {"name": "tried", "namespace": "storefront"},
        "data": {".dockerconfigjson": base64.b64encode(text.encode()).decode()},
    }  # fmt: skip
    market.api.create(secret, dry_run=True)
    hosts = json.loads(text)["auths"]
    found = credentials_for([f"{host}/storefront/web:1" for host in hosts], [secret])
    assert {image: [tuple(each) for each in given] for image, given in found.items()} == {
        f"{host}/storefront/web:1": [("AWS", f"of-{host.split('.')[3].replace('-', '_')}_")] for host in hosts
    }
    assert len(hosts) == len(keys) == 3


def test_the_static_secret_is_what_a_kubelet_finds(factory: DeclaredCluster) -> None:
    secret = factory.api.get("v1", "Secret", "tools", "registry-pull")
    found = credentials_for(["ghcr.io/acme/tool:1", "nginx", "quay.io/other/tool:1"], [secret])
    assert [[each.username for each in given] for given in found.values()] == [["acme-bot"], ["acme"], []]
    assert {each.password for given in found.values() for each in given} == {CANARY}


@cases("cluster, namespace", case("market", "market", "payments"), case("factory", "factory", "storefront"))
def test_the_cron_job_makes_its_job_and_that_its_pod(
    prod: Mapping[str, DeclaredCluster], cluster: str, namespace: str
) -> None:
    """With the schedule of another, that its time is now; one that it missed is made up for at once."""
    api = prod[cluster].api
    [declared] = [each for each in prod[cluster].of_kind("CronJob") if each["metadata"]["namespace"] == namespace]
    about = {"name": "each-minute", "namespace": namespace}
    api.create({**declared, "metadata": about, "spec": {**declared["spec"], "schedule": "* * * * *"}})
    before = (datetime.now(UTC) - timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    api.patch("batch/v1", "CronJob", namespace, "each-minute/status", {"status": {"lastScheduleTime": before}})
    job = until(lambda: owned(api.objects("batch/v1", "Job", namespace), "each-minute"), 90)
    assert job["spec"]["ttlSecondsAfterFinished"] == 86_400
    pod = until(lambda: owned(api.objects("v1", "Pod", namespace), job["metadata"]["name"]))
    assert pod["spec"]["serviceAccountName"] == "ecr-refresher"
    api.delete("batch/v1", "CronJob", namespace, "each-minute")


def owned(objects: list[Any], owner: str) -> Any:
    """The first that the owner made."""
    mine = [each for each in objects if any(of["name"] == owner for of in each["metadata"].get("ownerReferences", ()))]
    return next(iter(mine), None)
