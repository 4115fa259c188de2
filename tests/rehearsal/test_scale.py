"""How long a rehearsal takes: the tests' own stack, and generated ones of 50 and 200 repositories."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, ROOT

pytestmark = pytest.mark.load

DEV_SECONDS = 20
MANY, FEW = 200, 50
MANY_SECONDS = 120
GROWTH = 1.2
"""At most this much more time for a repository among many than among few."""


def seconds(project: Path) -> float:
    """From the start of the local cloud to the last proof."""
    command = [sys.executable, "-m", "rehearsal", "up", "--stack", "dev", "--once", "--format", "json"]
    ended = subprocess.run(
        [*command, "--project", str(project)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    told = json.loads(ended.stdout)
    assert told["held"]
    return float(told["seconds"])


def generated(folder: Path, count: int) -> Path:
    folder.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        (folder / name).write_bytes((PROJECT / name).read_bytes())
    entries = [
        f"  team-{number % 10}/service-{number}:\n    owner: team-{number % 10}\n    mutable_tags: [latest]\n"
        "    pull: [{account: workloads}, {organization: acme}]\n"
        for number in range(count)
    ]
    preset = 'retention:\n  default: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]\n'
    (folder / "catalog.yaml").write_text(f"{preset}repositories:\n{''.join(entries)}", encoding="utf-8")
    return folder


def test_the_stack_dev_is_proven_soon() -> None:
    assert seconds(PROJECT) < DEV_SECONDS


def test_a_repository_among_many_takes_no_longer(tmp_path: Path) -> None:
    few = seconds(generated(tmp_path / "few", FEW))
    many = seconds(generated(tmp_path / "many", MANY))
    assert many < MANY_SECONDS
    assert many / MANY <= GROWTH * few / FEW
