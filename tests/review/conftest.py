"""Clones of the tests' project in which a change is made."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.review.clones import Clone, run_in_process
from tests.stacks import NO_MONITORING, PROJECT, ROOT, copied

NOTEBOOKS = re.compile(r"  data/notebooks:\n(    .*\n)+")


@pytest.fixture(scope="session")
def _main(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project and its levels; the code is a link, by which a revision is known to have a gate."""
    folder = copied(tmp_path_factory.mktemp("main") / "project", *NO_MONITORING)
    shutil.copytree(PROJECT / "policies", folder / "policies")
    (folder / "review").symlink_to(ROOT / "review")
    (folder / "requirements.txt").write_text("pulumi\n", encoding="utf-8")
    clone = Clone(folder)
    for stack in ("dev", "prod"):  # what the rule says of our own sources would stand in every report
        clone.levels(stack, iam_github_ids="disabled")
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit()
    return folder


@pytest.fixture
def clone(_main: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone of which another revision is run in this process: its settings and levels differ, its code does not."""
    monkeypatch.setattr(subprocess, "run", run_in_process)
    return Clone(shutil.copytree(_main, tmp_path / "clone", symlinks=True))


@pytest.fixture
def whole(_main: Path, tmp_path: Path) -> Clone:
    """A clone that holds the code, too: another revision is run by its own, in a process of its own."""
    folder = shutil.copytree(_main, tmp_path / "whole", symlinks=True)
    (folder / "review").unlink()
    not_copied = shutil.ignore_patterns("__pycache__", "*.json")
    for package in ("domain", "resources", "bootstrap", "settings", "components", "policies", "render", "review"):
        shutil.copytree(ROOT / package, folder / package, ignore=not_copied, dirs_exist_ok=True)
    Clone(folder).commit()
    return Clone(folder)


@pytest.fixture
def four(clone: Clone) -> Clone:
    """Fewer images kept, every tag mutable, an entry dropped, one renamed; earlier remarks stay as they were."""
    clone.levels("prod", iam_github_ids="advisory")
    clone.commit()
    clone.edit("catalog.yaml", "keep: 20", "keep: 3")
    clone.edit("catalog.yaml", 'mutable_tags: [latest, "preview-*"]', 'mutable_tags: ["*"]')
    clone.edit("catalog.yaml", "data/ingest:", "data/intake:")
    catalog = clone.folder / "catalog.yaml"
    catalog.write_text(NOTEBOOKS.sub("", catalog.read_text(encoding="utf-8")), encoding="utf-8")
    return clone
