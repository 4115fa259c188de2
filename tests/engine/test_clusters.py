"""Clusters under a real engine: what a change does to their objects, and that no token is shown."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from resources.kubernetes import (
    CONFIG_MAP,
    CRON_JOB,
    EXTERNAL_SECRET,
    JOB,
    NAMESPACE,
    SECRET,
    SERVICE_ACCOUNT,
    is_kubernetes,
)
from tests.engine.conftest import Make
from tests.engine.workspace import CLUSTER_TOKEN, Edit, Ran, Resource, Workspace, of_type, token_of

pytestmark = pytest.mark.engine

FILE = "Pulumi.prod.yaml"
GHCR = "container-registry:pull-token-ghcr"
TOKENS = (token_of(GHCR), token_of("container-registry:pull-token-docker-hub"), CLUSTER_TOKEN)
FACTORY = "urn:pulumi:prod::container-registry::pulumi:providers:kubernetes::factory"


@dataclass(frozen=True)
class Deployed:
    """The stack, and all that was printed on the way there."""

    workspace: Workspace
    events: str
    shown: dict[str, str]


@pytest.fixture(scope="module")
def deployed(make: Make) -> Deployed:
    workspace = make("prod")
    # A registry of one's own has objects of the same types, and none of what is tried here.
    for key in ("self_hosted", "htpasswd-own"):
        workspace.edit(FILE, lambda stack: stack["config"].pop(f"container-registry:{key}"))  # noqa: B023
    events = workspace.events()
    shown = {
        "events": events,
        "preview": workspace.preview("--json").ok().output,
        "update": workspace.pulumi("up", "--yes", "--diff", "--stack", "prod", *workspace.pack).ok().output,
        "refresh": _drift(workspace).ok().output,
        "state": workspace.pulumi("stack", "export", "--stack", "prod").ok().output,
        "file": (workspace.folder / FILE).read_text(encoding="utf-8"),
        # What it logs beyond that holds secrets of any program, as its documentation says.
        "log": workspace.preview("--logtostderr", "-v=7").ok().output,
    }
    return Deployed(workspace, events, shown)


def test_the_mandatory_rules_pass(deployed: Deployed) -> None:
    lines = [json.loads(line) for line in deployed.events.splitlines() if line.startswith("{")]
    violations = [line["policyEvent"] for line in lines if "policyEvent" in line]
    assert {each["enforcementLevel"] for each in violations} == {"advisory"}
    judged = [line["resourcePreEvent"]["metadata"]["type"] for line in lines if "resourcePreEvent" in line]
    assert {SECRET, CRON_JOB, EXTERNAL_SECRET} <= set(judged)


def test_a_token_reaches_its_cluster_and_is_shown_nowhere(deployed: Deployed) -> None:
    made = Path(deployed.workspace.environment["STANDIN_CLOUD"]).read_text(encoding="utf-8")
    assert [_holds(made, token) for token in TOKENS] == [True, True, False]
    assert {name for name, text in deployed.shown.items() for token in TOKENS if _holds(text, token)} == set()
    assert "ciphertext" in deployed.shown["state"]


def test_what_a_cluster_has_is_no_drift(deployed: Deployed) -> None:
    deployed.workspace.cloud.update(SERVICE_ACCOUNT, "factory", "tools/runner", {"metadata": {"name": "runner"}})
    assert _drift(deployed.workspace).code == 7
    deployed.workspace.cloud.update(
        SERVICE_ACCOUNT, "factory", "tools/runner",
        of_type(deployed.workspace.state(), SERVICE_ACCOUNT)[_urn("tools@factory.runner", SERVICE_ACCOUNT)]["inputs"],
    )  # fmt: skip


def test_a_changed_token_changes_its_secret_in_place(deployed: Deployed) -> None:
    workspace, token = deployed.workspace, "tok_other_8Hf2Wm6n"
    before = workspace.state()
    workspace.pulumi("config", "set", "--secret", GHCR, token, "--stack", "prod").ok()
    (secret,) = of_type(before, SECRET)
    preview = workspace.preview("--json").ok()
    assert preview.steps() == {secret: {"update"}}
    update = workspace.pulumi("up", "--yes", "--diff", "--stack", "prod").ok().output
    assert workspace.state()[secret]["created"] == before[secret]["created"]
    made = workspace.cloud.read(SECRET, "factory", "tools/registry-pull")
    assert _holds(json.dumps(made), token)
    assert not _holds(preview.output + update, token)


def test_without_a_token_for_the_cluster_nothing_is_made(deployed: Deployed) -> None:
    workspace = deployed.workspace
    without = {name: value for name, value in workspace.environment.items() if name != "KUBE_TOKEN_FACTORY"}
    with _edited(workspace, lambda stack: _namespace(stack, "factory", "tools").update(service_accounts=["builder"])):
        refused = replace(workspace, environment=without).up()
    assert refused.code != 0
    assert "KUBE_TOKEN_FACTORY: has no token for the cluster factory" in refused.output
    assert "tools/builder@factory" not in workspace.cloud.ids(SERVICE_ACCOUNT)


def test_a_moved_endpoint_changes_the_provider_alone(deployed: Deployed) -> None:
    workspace = deployed.workspace
    before = workspace.state()
    workspace.edit(FILE, lambda stack: _cluster(stack, "factory").update(endpoint="https://new.acme.example:6443"))
    assert _changes(workspace) == {FACTORY: {"update"}}
    workspace.up().ok()
    assert _made(workspace.state()) == _made(before)


def test_without_an_identifier_a_moved_endpoint_would_replace_all_of_the_cluster(deployed: Deployed) -> None:
    workspace, file = deployed.workspace, "components/cluster_pull/cluster_resources.py"
    line = "cluster_identifier=cluster.identifier,"
    workspace.rewrite(file, line, "")
    # To leave it out changes the provider alone.
    assert set(_changes(workspace)) == {FACTORY, FACTORY.replace("::factory", "::market")}
    workspace.up().ok()
    with _edited(workspace, lambda stack: _cluster(stack, "factory").update(endpoint="https://3.acme.example:6443")):
        replaced = {urn for urn, steps in _changes(workspace).items() if "replace" in steps}
    there = {urn for urn, each in workspace.state().items() if each.get("provider", "").startswith(f"{FACTORY}::")}
    assert replaced == {FACTORY, *there}
    workspace.rewrite(file, "        # A secret that is", f"        {line}\n        # A secret that is")
    workspace.up().ok()


def test_a_changed_mode_leaves_the_rest_of_its_cluster_as_it_is(deployed: Deployed) -> None:
    workspace = deployed.workspace
    before = workspace.state()
    workspace.edit(FILE, lambda stack: _namespace(stack, "market", "storefront").update(mode="refreshed-secret"))
    changes = {urn: steps for urn, steps in _changes(workspace).items() if _is_object(urn)}
    assert {step for steps in changes.values() for step in steps} == {"create", "delete", "update"}
    # The cluster's policies name the namespaces that have a refresher.
    updated = {urn.rpartition("::")[2] for urn, steps in changes.items() if "update" in steps}
    assert {each.partition(".")[0] for each in updated} == {"policies@market"}
    workspace.up().ok()
    assert not workspace.cloud.ids(EXTERNAL_SECRET)
    assert "storefront/ecr-refresher@market" in workspace.cloud.ids(CRON_JOB)
    kept = before.keys() - changes.keys()
    after = workspace.state()
    assert {urn: after[urn]["created"] for urn in kept} == {urn: before[urn]["created"] for urn in kept}
    assert workspace.preview("--expect-no-changes").code == 0


def test_a_changed_program_makes_new_maps_and_first_jobs(deployed: Deployed) -> None:
    workspace = deployed.workspace
    before, crons = _of_refreshers(workspace), workspace.cloud.ids(CRON_JOB)
    with (workspace.folder / "components/cluster_pull/refresh.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    workspace.up().ok()
    after = _of_refreshers(workspace)
    assert len(before) == len(after) == 2 * len(crons)
    assert not before & after
    assert workspace.cloud.ids(CRON_JOB) == crons
    assert workspace.preview("--expect-no-changes").code == 0


def test_a_removed_namespace_stays_in_the_cluster_without_our_objects(deployed: Deployed) -> None:
    workspace = deployed.workspace
    entries: list[dict[str, Any]] = []

    def remove(stack: dict[str, Any]) -> None:
        namespaces = _cluster(stack, "market")["namespaces"]
        entries.append(namespaces.pop(0))

    def stop(catalog: dict[str, Any]) -> None:
        grants = catalog["repositories"]["payments/api"]["pull"]
        grants.remove({"cluster": "market", "namespace": "payments"})

    catalog = (workspace.folder / "catalog.yaml").read_text(encoding="utf-8")
    workspace.edit(FILE, remove)
    workspace.edit("catalog.yaml", stop)
    workspace.up().ok()
    left = {each for token in workspace.cloud.types() if is_kubernetes(token) for each in workspace.cloud.ids(token)}
    assert {each for each in left if each.startswith("payments/")} == set()
    assert "payments@market" in workspace.cloud.ids(NAMESPACE)

    # Back again: it is there, and its maker may have filled it.
    (workspace.folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    workspace.edit(FILE, lambda stack: _cluster(stack, "market")["namespaces"].insert(0, entries[0]))
    refused = workspace.up()
    assert refused.code != 0
    assert "payments already exists" in refused.output
    workspace.edit(FILE, lambda stack: _namespace(stack, "market", "payments").pop("create"))
    workspace.up().ok()
    assert "payments/ecr-refresher@market" in workspace.cloud.ids(CRON_JOB)


def test_a_declared_secret_does_not_take_over_the_refreshers(deployed: Deployed) -> None:
    workspace, name = deployed.workspace, "storefront/registry-pull"
    # By the refresher's first Job, which no kubelet runs here.
    workspace.cloud.create(SECRET, "factory", name, {"metadata": {"name": "registry-pull", "namespace": "storefront"}})

    def stop(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["storefront/web"]["pull"].remove({"cluster": "factory", "namespace": "storefront"})

    workspace.edit("catalog.yaml", stop)
    static = {"mode": "static-registry", "credentials": ["ghcr"]}
    workspace.edit(FILE, lambda stack: _namespace(stack, "factory", "storefront").update(static))
    refused = workspace.up()
    assert refused.code != 0
    assert f"{name} already exists" in refused.output
    workspace.cloud.delete(SECRET, "factory", name, force=True)
    workspace.up().ok()
    assert _holds(json.dumps(workspace.cloud.read(SECRET, "factory", name)), "tok_other_8Hf2Wm6n")


def _drift(workspace: Workspace) -> Ran:
    """As drift.yml looks for it."""
    return workspace.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff", "--stack", "prod")


def _changes(workspace: Workspace) -> dict[str, set[str]]:
    """What a preview would do, without components, whose outputs cost nothing."""
    return {urn: steps for urn, steps in workspace.steps().items() if "$" in urn or "pulumi:providers:" in urn}


@contextmanager
def _edited(workspace: Workspace, change: Edit) -> Iterator[None]:
    """With a change to the stack's file, for as long as the block lasts."""
    path = workspace.folder / FILE
    text = path.read_text(encoding="utf-8")
    workspace.edit(FILE, change)
    yield
    path.write_text(text, encoding="utf-8")


def _cluster(stack: dict[str, Any], name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = stack["config"]["container-registry:clusters"]
    return next(each for each in found if each["name"] == name)


def _namespace(stack: dict[str, Any], cluster: str, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = _cluster(stack, cluster)["namespaces"]
    return next(each for each in found if each["name"] == name)


def _is_object(urn: str) -> bool:
    return is_kubernetes(urn.split("::")[2].rpartition("$")[2])


def _urn(name: str, token: str) -> str:
    return f"urn:pulumi:prod::container-registry::container-registry:index:ClusterPullAccess${token}::{name}"


def _of_refreshers(workspace: Workspace) -> set[str]:
    """The maps and first Jobs of the refreshers, whose names change with their content."""
    return {
        f"{token} {each}" for token in (CONFIG_MAP, JOB) for each in workspace.cloud.ids(token) if "-refresher-" in each
    }


def _made(state: dict[str, Resource]) -> dict[str, str]:
    """When each object came to be: a replacement would be younger."""
    return {urn: each["created"] for urn, each in state.items() if is_kubernetes(each["type"])}


def _holds(text: str, token: str) -> bool:
    return any(each in text for each in _forms(token))


def _forms(token: str) -> Iterator[str]:
    """The token, and what it looks like in base64, at each place where it can begin."""
    yield token
    for before in range(3):
        encoded = base64.b64encode(b"-" * before + token.encode()).decode()
        # Without the characters that have bits of what is around it.
        yield encoded[-(-before * 8 // 6) : (before + len(token)) * 8 // 6]
