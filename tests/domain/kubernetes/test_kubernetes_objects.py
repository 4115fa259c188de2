"""The objects of each mode, as the API gets them."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from domain.ecr.names import registry_host
from domain.kubernetes.cluster import Admission, Cluster, Namespace, Refresher
from domain.kubernetes.object_names import CRON_JOB_NAME_MAX, LABEL_MAX
from domain.kubernetes.objects import LABELS, KubernetesObject
from domain.kubernetes.platforms import PullMode
from domain.kubernetes.pull_access import PullAccess, Steps, cluster_steps
from domain.kubernetes.refreshed_secret import schedule
from domain.kubernetes.static_registry import auth_key, docker_config
from tests.cases import cases
from tests.cluster_values import (
    BATCH,
    DOCKER_HUB,
    GHCR,
    HOST,
    OTHER_HOST,
    PAYMENTS,
    ROLE,
    STOREFRONT,
    TOOLS,
    WEB,
    access,
    namespace,
)

PER_ACCOUNT = namespace("jobs", PullMode.NODE_ROLE, service_accounts=("runner",), trusted=("runner",))
EVERY = (PAYMENTS, WEB, TOOLS, PER_ACCOUNT)
TAGS = {"payments/api": ("latest", "preview-*"), "payments/ledger": (), "tools/a.b_c-d": ("v1.*",)}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True


def as_text(steps: Steps) -> str:
    """Each object under its type in Pulumi, without the labels that all have; a line between steps."""
    return "\n--- then\n".join("".join(f"# {_title(each)}\n{_body(each)}" for each in step) for step in steps)


def _title(declared: KubernetesObject) -> str:
    return f"{declared.token} {declared.part}".rstrip()


def _body(declared: KubernetesObject) -> str:
    body = json.loads(json.dumps(declared.manifest))
    if body["kind"] == "CronJob":
        body["spec"]["jobTemplate"]["spec"]["template"] = "that of the Job"
    labels = body["metadata"].pop("labels", {})
    if others := {key: value for key, value in labels.items() if key not in LABELS}:
        body["metadata"]["labels"] = others
    return yaml.dump(body, Dumper=_Dumper, sort_keys=False, width=110)


def objects(steps: Steps) -> Iterator[KubernetesObject]:
    return (each for step in steps for each in step)


def by_kind(steps: Steps) -> dict[str, dict[str, Any]]:
    return {each.manifest["kind"]: each.manifest for each in objects(steps)}


def pod_of(steps: Steps) -> dict[str, Any]:
    pod: dict[str, Any] = by_kind(steps)["Job"]["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize("found", EVERY, ids=lambda each: each.mode.value)
def test_the_objects_of_a_mode(found: Namespace, snapshot: SnapshotAssertion) -> None:
    assert as_text(access(found).steps("[secret]")) == snapshot


def test_the_policies_of_a_cluster(snapshot: SnapshotAssertion) -> None:
    assert as_text(cluster_steps(STOREFRONT, (HOST, OTHER_HOST), TAGS)) == snapshot


def test_the_node_role_needs_no_object() -> None:
    assert access(BATCH).steps() == ()
    assert not BATCH.has_objects


@pytest.mark.parametrize("found", EVERY, ids=lambda each: each.mode.value)
def test_every_object_is_declared_once_under_the_projects_labels(found: Namespace) -> None:
    made = list(objects(access(found).steps("")))
    assert made
    assert found.has_objects
    assert len({(each.token, each.part) for each in made}) == len(made)
    for each in made:
        metadata = each.manifest["metadata"]
        assert metadata.get("namespace", metadata["name"]) == found.name
        assert each.is_patch or metadata["labels"].items() >= LABELS.items()


def _of_names(name: str) -> Cluster:
    return replace(STOREFRONT, refresher=Refresher(name=name, image="host/python@sha256:1"))


def test_the_longest_name_leaves_room_for_each_job() -> None:
    """The name of a Job is a label, and a CronJob appends eleven characters to its own."""
    made = by_kind(access(PAYMENTS, cluster=_of_names("r" * CRON_JOB_NAME_MAX)).steps())
    assert len(made["CronJob"]["metadata"]["name"]) == CRON_JOB_NAME_MAX
    assert len(made["Job"]["metadata"]["name"]) <= LABEL_MAX


def _job(made: PullAccess) -> str:
    return str(by_kind(made.steps())["Job"]["metadata"]["name"])


def _script(made: PullAccess) -> str:
    return str(by_kind(made.steps())["ConfigMap"]["metadata"]["name"])


def test_what_cant_be_changed_has_another_name_with_another_content() -> None:
    before = access(PAYMENTS)
    of_script, of_role = replace(before, script="print(2)"), replace(before, role_arn=f"{ROLE}2")
    assert len({_script(each) for each in (before, of_script)}) == 2
    assert len({_job(each) for each in (before, of_script, of_role)}) == 3
    assert _script(of_role) == _script(before)
    assert _job(access(PAYMENTS)) == _job(before)
    pod = pod_of(of_script.steps())
    assert pod["volumes"][0]["configMap"]["name"] == _script(of_script)


def test_the_first_job_has_no_ttl_and_the_jobs_of_the_schedule_have_one() -> None:
    """A Job that Kubernetes deletes after its TTL would be created again after the next refresh of the stack."""
    made = by_kind(access(PAYMENTS).steps())
    assert "ttlSecondsAfterFinished" not in made["Job"]["spec"]
    repeated = dict(made["CronJob"]["spec"]["jobTemplate"]["spec"])
    assert repeated.pop("ttlSecondsAfterFinished") > 0
    assert repeated == made["Job"]["spec"]


def test_without_a_role_of_its_own_pod_identity_gives_one() -> None:
    named, unnamed = access(PAYMENTS), access(PAYMENTS, role_arn=None)
    tokens = [
        [each["projected"]["sources"] for each in pod_of(made.steps())["volumes"] if "projected" in each]
        for made in (named, unnamed)
    ]
    assert [len(each) for each in tokens] == [1, 0]
    variables = [{each["name"] for each in pod_of(made.steps())["containers"][0]["env"]} for made in (named, unnamed)]
    assert variables[0] - variables[1] == {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
    assert _agents(named) == []
    assert _agents(unnamed) == ["169.254.170.23/32"]


def _agents(made: PullAccess) -> list[str]:
    egress = by_kind(made.steps())["NetworkPolicy"]["spec"]["egress"]
    return [to["ipBlock"]["cidr"] for rule in egress for to in rule.get("to", ())]


@cases(
    "endpoint, ports",
    ("https://a.example", [443, 6443]), ("https://a.example:6443", [443, 6443]),
    ("https://192.168.49.2:8443", [443, 6443, 8443]),
)  # fmt: skip
def test_the_api_can_be_reached_where_it_is(endpoint: str, ports: list[int]) -> None:
    egress = by_kind(access(PAYMENTS, cluster=replace(STOREFRONT, endpoint=endpoint)).steps())["NetworkPolicy"]["spec"]
    _, https = egress["egress"]
    assert [each["port"] for each in https["ports"]] == ports
    assert (egress["policyTypes"], "ingress" in egress) == (["Ingress", "Egress"], False)


NAMES = st.text("abc-1", min_size=1, max_size=12)


@given(NAMES, NAMES)
def test_a_schedule_is_every_six_hours(cluster: str, name: str) -> None:
    minute, rest = schedule(cluster, name).split(" ", 1)
    assert (0 <= int(minute) < 60, rest) == (True, "*/6 * * *")
    assert schedule(cluster, name) == schedule(cluster, name)


def test_not_all_namespaces_ask_at_once() -> None:
    minutes = [schedule(f"cluster-{one}", f"namespace-{two}") for one in range(20) for two in range(50)]
    assert len(set(minutes)) == 60
    assert max(minutes.count(each) for each in set(minutes)) < 40


@cases(
    "registry, key",
    ("docker.io", "https://index.docker.io/v1/"), ("index.docker.io", "https://index.docker.io/v1/"),
    ("registry-1.docker.io", "https://index.docker.io/v1/"), ("Docker.io", "https://index.docker.io/v1/"),
    ("ghcr.io", "ghcr.io"), ("registry.example.com:5000", "registry.example.com:5000"),
    ("notdocker.io", "notdocker.io"),
)  # fmt: skip
def test_the_key_of_a_registry(registry: str, key: str) -> None:
    assert auth_key(registry) == key


def test_credentials_stand_under_auths() -> None:
    """Without that level a kubelet finds none, and says nothing."""
    logins = [(each.registry, each.username, f"token of {each.name}") for each in (GHCR, DOCKER_HUB)]
    assert json.loads(base64.b64decode(docker_config(logins))) == {
        "auths": {
            "ghcr.io": {"username": "acme-bot", "password": "token of ghcr"},
            "https://index.docker.io/v1/": {"username": "acme", "password": "token of docker-hub"},
        }
    }
    declared = by_kind(access(TOOLS).steps("data"))["Secret"]
    assert (declared["type"], declared["data"]) == ("kubernetes.io/dockerconfigjson", "data")


REGIONS = st.lists(st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-1"]), min_size=1, unique=True)


@given(REGIONS, st.lists(st.sampled_from(["111122223333", "444455556666"]), min_size=1, unique=True))
def test_each_host_has_the_token_of_its_region(regions: list[str], accounts: list[str]) -> None:
    """One token a region, one entry a host: a token counts for every account in its region, and in no other."""
    hosts = tuple(registry_host(account, region) for region in regions for account in accounts)
    steps = replace(access(WEB), hosts=hosts).steps()
    generators = {each.manifest["metadata"]["name"]: each.manifest for each in steps[0] if each.part in regions}
    spec = by_kind(steps)["ExternalSecret"]["spec"]
    region_of = {}
    for each in spec["dataFrom"]:
        (rewrite,) = each["rewrite"]
        # RE2's $1 is Python's \1; of an empty rest Go's ReplaceAll, unlike Python's sub, finds none after the first.
        target = rewrite["regexp"]["target"].replace("$1", r"\1")
        name = each["sourceRef"]["generatorRef"]["name"]
        region_of[re.sub(rewrite["regexp"]["source"], target, "password", count=1)] = generators[name]["spec"]["region"]
    auths = json.loads(spec["target"]["template"]["data"][".dockerconfigjson"])["auths"]
    assert set(auths) == set(hosts)
    for host, entry in auths.items():
        assert region_of[re.fullmatch(r"\{\{ \.(\w+) \}\}", entry["password"])[1]] in host  # type: ignore[index]


def test_without_a_role_the_operator_is_itself() -> None:
    first, _ = access(WEB, role_arn=None).steps()
    assert [each.manifest["kind"] for each in first] == ["ECRAuthorizationToken"] * 2
    assert not any("auth" in each.manifest["spec"] for each in first)


@cases(
    "admission, modes, kinds",
    (None, (WEB, BATCH), 0), (None, (PAYMENTS, WEB), 2), (Admission(deny=True, excepted=()), (BATCH,), 3),
    (Admission(deny=False, excepted=()), (PAYMENTS,), 5),
)  # fmt: skip
def test_a_cluster_has_the_policies_that_it_needs(
    admission: Admission | None, modes: tuple[Namespace, ...], kinds: int
) -> None:
    cluster = replace(STOREFRONT, admission=admission, namespaces=modes)
    assert len(list(objects(cluster_steps(cluster, (HOST,), TAGS)))) == kinds
