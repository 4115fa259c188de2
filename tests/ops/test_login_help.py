"""`python -m ops login-help`, and docs/registries.md: how one logs in, as lines to copy."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from domain.registries.kind import RegistryKind
from domain.registries.table import KINDS
from ops.__main__ import main
from ops.login_help import registries_page
from ops.login_help.login_lines import workflow_text
from tests.cases import cases
from tests.stacks import ROOT


def test_a_host_has_its_lines_and_its_facts(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert main(["login-help", "acme.azurecr.io"]) == 0
    assert capsys.readouterr().out == snapshot


@cases(
    "arguments, first, line",
    (["ghcr.io"], "GitHub Container Registry (GHCR): ghcr.io", "login --username USER --password-stdin ghcr.io"),
    (["HUB.docker.com"], "Docker Hub: docker.io", "docker login --username USER --password-stdin docker.io"),
    (["eu.gcr.io"], "Google Artifact Registry (and gcr.io): eu.gcr.io", "gcloud auth print-access-token |"),
    (
        ["111122223333.dkr.ecr.eu-west-1.amazonaws.com"],
        "Amazon ECR: 111122223333.dkr.ecr.eu-west-1.amazonaws.com",
        "aws ecr get-login-password --region eu-west-1 |",
    ),
    (
        ["registry.acme.example:5000"],
        "No kind has this host for certain",
        "--password-stdin registry.acme.example:5000",
    ),
    (["harbor.acme.example", "--kind", "harbor"], "Harbor: harbor.acme.example", "--username 'robot$PROJECT+NAME' "),
    (["ghrc.io", "--kind", "self-hosted"], "A registry of one's own (CNCF distribution): ghrc.io", "ghrc.io"),
)
def test_the_lines_are_of_the_kind(
    arguments: list[str], first: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["login-help", *arguments]) == 0
    out = capsys.readouterr().out
    assert out.startswith(first)
    assert line in out


@cases(
    "host, says",
    ("ghrc.io", "HOST: 'ghrc.io' is not a host that is known (did you mean 'ghcr.io'? For a registry of your own add "),
    ("https://ghcr.io/acme", "HOST: 'https://ghcr.io/acme' is not the host of a registry (write its host alone"),
    ("acme", "HOST: 'acme' is not the host of a registry"),
    (
        "111122223333.dkr.ecr.us-esat-1.amazonaws.com",
        "HOST: 'us-esat-1' is not a region with Amazon ECR (did you mean 'us-east-1'?)",
    ),
)
def test_what_is_no_host_is_refused(host: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login-help", host]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(says)


def test_the_command_needs_no_more_than_python() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ops", "login-help", "quay.io"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.startswith("Quay: quay.io\n")
    assert not {"botocore", "urllib3", "pulumi"} & {each.rpartition("|")[2].strip() for each in ran.stderr.splitlines()}


def test_every_workflow_passes_the_linter_of_workflows(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    for kind in KINDS:
        (folder / f"{kind.id}.yml").write_text(f"name: {kind.id}\n{workflow_text(kind, kind.host)}\n", encoding="utf-8")
    zizmor = Path(sys.executable).parent / "zizmor"
    ran = subprocess.run([zizmor, "--offline", "--no-progress", tmp_path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_workflow_has_the_permissions_of_its_login_and_no_more(kind: RegistryKind) -> None:
    job = yaml.safe_load(workflow_text(kind, kind.host))["jobs"]["push"]
    asked = {"contents: read", *kind.login.permissions}
    assert {f"{name}: {level}" for name, level in job["permissions"].items()} == asked
    secrets = [each for each in workflow_text(kind, "HOST").splitlines() if "secrets." in each]
    assert kind.login.stores_a_secret is bool(secrets)
    if kind.login.stores_a_secret:
        assert "id-token: write" not in asked


def test_a_stale_page_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    registries_page.PAGE.parent.mkdir()
    registries_page.PAGE.write_text(f"# Head\n\n{registries_page.BEGIN}\nold\n{registries_page.END}\n\ntail\n")
    assert registries_page.main(["--check"]) == 1
    assert "make registries-page" in capsys.readouterr().err
    assert registries_page.main([]) == 0
    assert registries_page.main(["--check"]) == 0
    text = registries_page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(f"# Head\n\n{registries_page.BEGIN}\n\n| Registry | Host |")
    assert text.endswith(f"</details>\n\n{registries_page.END}\n\ntail\n")
    assert text.count("\n## ") == len(KINDS)
