"""The way between two revisions: this code and the code from before its reorganisation judge each other's changes.

The older code knows no clusters, which prod has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks import ROOT

OLD = "6624163"
"""The last commit whose `render` was part of `review`, and whose local cloud was part of the rehearsal."""
JUDGED = """
repositories:
  acme/judged:
    owner: acme
    encryption: aes256
    retention: [{any: true, keep: 1}]
    push: [{github: acme/judged, refs: [refs/heads/main]}]
"""
"""An entry about which both have something to say, whatever else the live catalog has."""


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if git(ROOT, "cat-file", "-e", f"{OLD}^{{commit}}").returncode != 0:
        pytest.skip(f"the history of this checkout does not reach back to {OLD}")
    folder = tmp_path_factory.mktemp("revisions") / "clone"
    assert git(ROOT, "clone", "--quiet", "--shared", ".", str(folder)).returncode == 0
    return folder


@pytest.mark.parametrize(("head", "base"), [("HEAD", OLD), (OLD, "HEAD")], ids=["this code", "the older code"])
def test_the_gate_judges_against_the_other(clone: Path, head: str, base: str) -> None:
    new = git(ROOT, "rev-parse", "HEAD").stdout.strip()
    revisions = {"HEAD": new, OLD: OLD}
    assert git(clone, "checkout", "--quiet", "--force", "--detach", revisions[head]).returncode == 0
    catalog = clone / "catalog.yaml"
    text = catalog.read_text(encoding="utf-8")
    assert text.count("\nrepositories:\n") + text.startswith("repositories:\n") == 1
    catalog.write_text(f"\n{text}".replace("\nrepositories:\n", JUDGED, 1), encoding="utf-8")
    command = [sys.executable, "-m", "review", "gate", "--stack", "prod", "--today", "2026-11-21", "--format", "json"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [*command, "--base", revisions[base]], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode in {0, 1}, ran.stderr
    report = json.loads(ran.stdout)
    assert [each for each in report["remarks"] if each["id"] == "gate-incomplete"] == []
    judges = {judge for each in report["remarks"] if each["kind"] == "finding" for judge in each["judges"]}
    assert judges == {"base", "head"}
