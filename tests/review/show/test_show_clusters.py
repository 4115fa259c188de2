"""The namespaces of clusters in `python -m review show`: with what each pulls, and the image to write in a pod."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from ops.__main__ import main
from render import output
from render.rendering import render
from review.access.command import matrix_of
from review.show.summary import repository_summary
from review.show.text import to_text
from settings import load
from tests.clusters import ACCOUNT, LAST_KEY, WITH_CLUSTERS, WORKLOADS
from tests.review.show.test_show import shown
from tests.stacks import copied

HOME, REPLICA = (f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-1"))
OWN, THEIRS = (f"arn:aws:iam::{each}:role" for each in (ACCOUNT, WORKLOADS))
REFRESHED, PULL = "refreshed-secret", "container-registry/dev/dev.pull"
KEYS = ("cluster", "namespace", "mode", "pull_secret", "role_arn", "role_is_declared")


def namespaces(repository: str, folder: Path, *edits: tuple[str, str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown(repository, *WITH_CLUSTERS, *edits, folder=folder, stack="dev")["clusters"]
    return found


def test_each_namespace_that_pulls_is_shown(tmp_path: Path) -> None:
    found = namespaces("payments/api", tmp_path)
    assert [tuple(each[key] for key in KEYS) for each in found] == [
        ("storefront", "payments", REFRESHED, "ecr-pull", f"{OWN}/{PULL}.storefront.payments", True),
        ("storefront", "batch", "node-role", None, f"{OWN}/eks/storefront-nodes", False),
        ("edge", "payments", REFRESHED, "registry-pull", f"{THEIRS}/{PULL}.edge.payments", False),
        ("edge", "batch", "node-role", None, f"{THEIRS}/edge-nodes", False),
    ]  # fmt: skip
    assert {each["image"] for each in found} == {f"{HOME}/payments/api:release-1.0.0"}


def test_the_modes_of_another_repository(tmp_path: Path) -> None:
    found = namespaces("payments/ledger", tmp_path)
    assert [(each["namespace"], each["pull_secret"], each["service_accounts"]) for each in found] == [
        ("payments", "ecr-pull", []),
        ("web", "ecr-pull", []),
        ("jobs", None, ["runner", "janitor"]),
    ]
    assert found[2]["role_arn"] == f"{OWN}/{PULL}.storefront.jobs"


def test_the_printed_command_prints_the_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for each in namespaces("payments/api", tmp_path):
        python, *words = shlex.split(each["cluster_role"])
        assert (python, *words[:2]) == (".venv/bin/python", "-m", "ops")
        assert main([*words[2:], "--project", str(tmp_path)]) == 0
        assert capsys.readouterr().out.startswith(f"{each['role_arn']}\n")


def test_a_repository_that_no_namespace_pulls(tmp_path: Path) -> None:
    assert namespaces("storefront/web", tmp_path) == []


@pytest.mark.parametrize(
    ("replica", "host"), [("{region: eu-west-1}", REPLICA), ("{region: eu-west-1, prefixes: [data/]}", HOME)]
)
def test_a_cluster_pulls_from_its_own_region(tmp_path: Path, replica: str, host: str) -> None:
    edits = (
        ("Pulumi.dev.yaml", "arn:aws:eks:us-east-1", "arn:aws:eks:eu-west-1"),
        ("Pulumi.dev.yaml", LAST_KEY, f"{LAST_KEY}  container-registry:replicas: [{replica}]\n"),
    )
    found = namespaces("payments/api", tmp_path, *edits)
    hosts = [(each["cluster"], each["image"].partition("/")[0]) for each in found]
    assert hosts == [*[("storefront", host)] * 2, *[("edge", HOME)] * 2]


def test_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    monkeypatch.setattr(output, "width", lambda: 80)
    folder = copied(tmp_path, *WITH_CLUSTERS)
    stack = render(folder, "dev")
    text = to_text(repository_summary("payments/api", load(folder, "dev"), stack, matrix_of(stack, folder)))
    part = text[text.index("In a pod of") : text.index("\n\nNote")]
    assert part == snapshot
