"""What the bootstrap of an account with clusters is given."""

import json
from pathlib import Path

import pytest

from domain.iam.oidc import issuer_name
from ops.__main__ import main
from tests.clusters import ISSUER, LAST_KEY, STOREFRONT, WITH_CLUSTERS
from tests.stacks import copied


def printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["cluster-issuers", "--stack", "dev", "--project", str(folder)]) == 0
    return capsys.readouterr().out


def test_the_issuers_of_the_accounts_own_clusters_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(copied(tmp_path, *WITH_CLUSTERS), capsys) == f"{issuer_name(ISSUER)}\n"


def test_a_stack_without_clusters_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(copied(tmp_path), capsys) == "\n"


def test_a_cluster_whose_nodes_alone_pull_needs_no_provider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cluster = {**STOREFRONT, "namespaces": [{"name": "batch", "mode": "node-role"}]}
    clusters = f"{LAST_KEY}  container-registry:clusters: {json.dumps([cluster])}\n"
    assert printed(copied(tmp_path, ("Pulumi.dev.yaml", LAST_KEY, clusters)), capsys) == "\n"


def test_faulty_settings_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(tmp_path, *WITH_CLUSTERS, ("Pulumi.dev.yaml", ISSUER, "http://issuer"))
    assert main(["cluster-issuers", "--stack", "dev", "--project", str(folder)]) == 2
    assert "'http://issuer' is not the https URL of an OIDC issuer" in capsys.readouterr().err
