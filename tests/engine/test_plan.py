"""What is said of a change without an engine is what is said of the engine's own preview."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from resources.ecr import REPOSITORY
from tests.engine.conftest import Make
from tests.engine.workspace import STREAMING, Workspace, of_type

pytestmark = pytest.mark.engine

RETIREMENT = {"until": "2027-01-31", "reason": "replaced by storefront/site"}
REFUND = {"owner": "payments", "retention": "services", "pull": [{"account": "workloads"}]}


@pytest.fixture(scope="module")
def stands(make: Make) -> Workspace:
    """A deployed stack whose files are a commit, too."""
    workspace = make("dev", ("Pulumi.dev.yaml", _protect))
    _git(workspace, "init", "-q")
    _git(workspace, "add", "-A", "--", ".", ":!.venv")
    _git(workspace, "commit", "-q", "-m", "as it stands")
    workspace.up().ok()
    return workspace


def test_an_everyday_change(stands: Workspace) -> None:
    def change(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["payments/ledger"]["retention"] = [{"any": True, "keep": 77}]
        catalog["repositories"]["payments/refunds"] = REFUND
        catalog["repositories"]["data/notebooks"]["pull"] = [{"organization": "acme"}]
        catalog["repositories"]["storefront/web"]["retire"] = RETIREMENT

    _restore(stands)
    stands.edit("catalog.yaml", change)
    offline, online = _plans(stands)
    assert _said(offline) == _said(online)
    # Who pushed to what retires goes: a role, its policy, and four variables of the repository at GitHub.
    assert offline["counts"] == {"create": 3, "update": 2, "replace": 1, "delete": 6}
    assert _differences(offline) == _differences(online)
    assert "retention" in {each["topic"] for each in offline["statements"]}


def test_what_the_engine_refuses(stands: Workspace) -> None:
    def change(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["payments/api"]["encryption"] = "aes256"
        del catalog["repositories"]["storefront/web"]

    _restore(stands)
    stands.edit("catalog.yaml", change)
    offline, online = _plans(stands)
    failed = [each for each in online["statements"] if each["text"].startswith("The preview failed")]
    assert failed
    online["statements"] = [each for each in online["statements"] if each not in failed]
    # Its policies are replaced along with the repository: the engine does, and the plan knows.
    assert _said(offline) == _said(online)
    assert {each["fate"] for each in offline["losses"]} == {"kept-by-engine"}


def test_a_new_region(stands: Workspace) -> None:
    def replicate(stack: dict[str, Any]) -> None:
        stack["config"]["container-registry:replicas"] = [{"region": "eu-west-1"}]

    _restore(stands)
    stands.edit("Pulumi.dev.yaml", replicate)
    offline, online = _plan(stands, "--base", "HEAD"), _online(stands, "--json", "--show-sames")
    assert _said(offline) == _said(online)
    assert _differences(offline) == _differences(online)
    assert "ops backfill --stack dev --region eu-west-1" in offline["statements"][0]["text"]
    # The engine leaves the repositories out that stay as they are, and with them what flows.
    short = _online(stands, "--json")
    assert [each["text"] for each in short["statements"] if "--show-sames" in each["text"]]
    assert _said(short)["changes"] == _said(offline)["changes"]


def test_an_adoption_of_what_is_managed_is_not_stopped_by_protection(make: Make) -> None:
    workspace = make("prod")
    _git(workspace, "init", "-q")
    _git(workspace, "add", "-A", "--", ".", ":!.venv")
    _git(workspace, "commit", "-q", "-m", "as it stands")
    workspace.up().ok()
    name = "payments/api"
    assert all(each["protect"] for each in of_type(workspace.state(), REPOSITORY).values())
    workspace.edit("catalog.yaml", lambda catalog: catalog["repositories"][name].update(adopt=True))
    offline, online = _plans(workspace)
    assert {(each["repository"], each["region"], each["fate"]) for each in offline["losses"]} == {
        (name, region, "kept-by-aws") for region in ("eu-west-1", "ap-northeast-1")
    }
    assert offline["losses"] == online["losses"]
    workspace.up()
    # They were empty: the engine has deleted them, though protected, and though it had just imported them.
    assert f"{name}@eu-west-1" not in workspace.cloud.ids(REPOSITORY)
    assert f"{name}@us-east-1" in workspace.cloud.ids(REPOSITORY)


def test_a_preview_that_the_policies_fail_says_why(make: Make) -> None:
    workspace = make("dev", ("catalog.yaml", _any_tag_moves))
    streaming = replace(workspace, environment={**workspace.environment, STREAMING: "true"})
    pack = ("--json", "--policy-pack", "policies", "--policy-pack-config", "policies/dev.json")
    silent, told = _online(workspace, *pack), _online(streaming, *pack)
    assert silent["statements"][0]["text"].startswith("The preview failed: the engine gives no reason")
    (violation,) = (each for each in told["statements"] if each["topic"] == "policy")
    assert violation["text"].startswith("ecr-tags-immutable (mandatory), payments/api in us-east-1: ")
    assert told["is_new"]
    assert told["changes"] == silent["changes"]


def _plans(workspace: Workspace) -> tuple[dict[str, Any], dict[str, Any]]:
    online = _online(workspace, "--json")
    return _plan(workspace, "--base", "HEAD"), online


def _online(workspace: Workspace, *arguments: str) -> dict[str, Any]:
    preview = workspace.folder.parent / "preview.json"
    written = workspace.preview(*arguments).output
    preview.write_text(written[written.index("{") :], encoding="utf-8")
    return _plan(workspace, "--from-preview", str(preview))


def _plan(workspace: Workspace, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "review", "plan", "--stack", workspace.stack, "--format", "json", *arguments]
    ran = subprocess.run(command, cwd=workspace.folder, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    plan: dict[str, Any] = json.loads(ran.stdout)
    return plan


def _said(plan: dict[str, Any]) -> dict[str, Any]:
    """All but what differs by nature: a base's key has no ARN yet, a preview does not tell what stays, and presets and
    what was announced are in the settings alone."""
    return {
        "changes": {each["urn"]: (each["op"], each["protection"]) for each in plan["changes"]},
        "losses": plan["losses"],
        "statements": [
            (each["topic"], re.split(" (?:Not|As) announced", text)[0], each["lines"], each["urns"])
            for each in plan["statements"]
            for text in [re.sub(r" \(preset [^)]*\)", "", each["text"])]
        ],
    }


def _differences(plan: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    return {each["urn"]: [(d["path"], d["effect"]) for d in each["differences"]] for each in plan["changes"]}


def _restore(workspace: Workspace) -> None:
    _git(workspace, "checkout", "-q", "--", "catalog.yaml", "Pulumi.dev.yaml")


def _git(workspace: Workspace, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    subprocess.run(command, cwd=workspace.folder, check=True, capture_output=True)


def _any_tag_moves(catalog: dict[str, Any]) -> None:
    catalog["repositories"]["payments/api"]["mutable_tags"] = ["*"]


def _protect(stack: dict[str, Any]) -> None:
    stack["config"]["container-registry:protect"] = True
