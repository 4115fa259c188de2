"""The policy pack under a real engine: it says what the gate says, in preview and before anything is made."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.pack import bundle
from resources.ecr import REPOSITORY
from tests.engine.conftest import Make
from tests.engine.workspace import Ran, Workspace

pytestmark = pytest.mark.engine


def _any_tag_moves(catalog: dict[str, Any]) -> None:
    catalog["repositories"]["payments/api"]["mutable_tags"] = ["*"]


def _scans_nothing(stack: dict[str, Any]) -> None:
    rule = {"frequency": "on-push", "filters": ["storefront/*"]}
    stack["config"]["container-registry:scanning"] = {"type": "basic", "rules": [rule]}


def _with_pack(workspace: Workspace, command: str, *arguments: str, config: str = "") -> Ran:
    config = config or f"policies/{workspace.stack}.json"
    return workspace.pulumi(
        command, "--stack", workspace.stack, "--policy-pack", "policies", "--policy-pack-config", config, *arguments
    )


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_our_own_stacks_pass(make: Make, stack: str) -> None:
    ran = _with_pack(make(stack), "preview").ok()
    assert "container-registry@v" in ran.output, "the pack did not run"
    for word in ("[mandatory]", "can't run policy"):
        assert word not in ran.output
    # The examples name some of GitHub's repositories without ids, so that the gate has something to advise.
    advised = [line for line in ran.output.splitlines() if "[advisory]" in line]
    assert all("iam-github-ids" in line for line in advised)


@pytest.fixture(scope="module")
def weakened(make: Make) -> Workspace:
    return make("dev", ("catalog.yaml", _any_tag_moves), ("Pulumi.dev.yaml", _scans_nothing))


def test_a_preview_of_what_is_weak_fails_and_names_the_rules(weakened: Workspace) -> None:
    ran = _with_pack(weakened, "preview")
    assert ran.code != 0
    assert "ecr-tags-immutable" in ran.output
    assert "ecr-scan-on-push" in ran.output, "a stack rule is decided in a preview"


def test_an_update_of_it_makes_nothing(weakened: Workspace) -> None:
    assert _with_pack(weakened, "up", "--yes").code != 0
    assert weakened.cloud.ids(REPOSITORY) == set()


def test_an_exception_by_repository_counts_in_a_preview(weakened: Workspace) -> None:
    levels = json.loads((weakened.folder / "policies/dev.json").read_text(encoding="utf-8"))
    until = datetime.now(UTC).date() + timedelta(days=30)
    for repository, excepted in (("payments/api", True), ("payments/ledger", False)):
        exception = {"repository": repository, "reason": "the vendor pushes over its tags", "until": str(until)}
        levels["ecr-tags-immutable"] = {"enforcementLevel": "mandatory", "exceptions": [exception]}
        (weakened.folder / "excepted.json").write_text(json.dumps(levels), encoding="utf-8")
        ran = _with_pack(weakened, "preview", config="excepted.json")
        assert ("ecr-tags-immutable" not in ran.output) is excepted, ran.output
        assert "ecr-scan-on-push" in ran.output, "the pack ran"


def test_make_preview_uses_the_pack_and_the_stacks_levels(weakened: Workspace) -> None:
    ran = subprocess.run(
        ["make", "preview", "STACK=dev"], cwd=weakened.folder, env=weakened.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode != 0
    assert "ecr-tags-immutable" in ran.stdout, ran.stdout


def test_a_bundle_works_for_another_program(weakened: Workspace) -> None:
    """Its environment is linked here; `pulumi install` makes it from the same pins."""
    pack = weakened.folder.parent / "pack"
    bundle.bundle(pack)
    (pack / "venv").symlink_to(weakened.folder / ".venv", target_is_directory=True)
    ran = weakened.pulumi(
        "preview", "--stack", "dev", "--policy-pack", str(pack), "--policy-pack-config", str(pack / "policies/dev.json")
    )
    assert ran.code != 0
    assert "ecr-tags-immutable" in ran.output
