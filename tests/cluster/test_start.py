"""The programs of a control plane: found, started, ended; without Kubernetes itself."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localcloud.tests.processes import NEEDS_PROC, alive, descendants, eventually
from rehearsal.cluster import local_cluster
from rehearsal.cluster.binaries import CONTROL_PLANE, FOLDER, VERSION, NotBuilt, folder_of_binaries, require_binaries
from rehearsal.cluster.guarded_program import GuardedProgram
from rehearsal.cluster.local_cluster import ClusterFailed, LocalCluster
from tests.cases import case, cases
from tests.conftest import ROOT


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that do nothing for a minute, and where temporary files go, beside it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in CONTROL_PLANE:
        program(folder, name, "exec sleep 60")
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


def test_the_version_is_the_one_that_is_built() -> None:
    module = (ROOT / "tests/cluster/kubernetes/go.mod").read_text(encoding="utf-8")
    assert re.findall(r"\tk8s\.io/kubernetes v(\S+)", module) == [VERSION]


@cases(
    "environment, folder",
    case("the user's cache", {}, Path.home() / ".cache/container-registry"),
    case("another cache", {"XDG_CACHE_HOME": "/c"}, Path("/c/container-registry")),
)
def test_the_programs_are_in_a_folder_of_their_version(environment: dict[str, str], folder: Path) -> None:
    assert folder_of_binaries(environment) == folder / f"kubernetes-{VERSION}"


def test_a_missing_program_is_named_with_the_way_to_get_it(binaries: Path) -> None:
    assert require_binaries(*CONTROL_PLANE) == binaries
    (binaries / "kube-apiserver").chmod(0o644)
    with pytest.raises(NotBuilt) as missing:
        LocalCluster()
    absent = f"{binaries} has no kube-apiserver"
    assert str(missing.value) == f"Kubernetes {VERSION} is not built: {absent} (write make kubernetes)"


def test_a_program_that_ends_is_reported_with_its_last_words(binaries: Path, tmp_path: Path) -> None:
    program(binaries, "kube-apiserver", "echo unknown flag >&2; exit 3")
    with pytest.raises(ClusterFailed) as failed, LocalCluster():
        pytest.fail("it started")
    assert str(failed.value) == "kube-apiserver ended with exit code 3; the end of its log:\nunknown flag"
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.usefixtures("binaries")
def test_a_start_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_cluster, "_START", 0.5)
    with pytest.raises(ClusterFailed, match="kube-apiserver was not ready within"), LocalCluster():
        pytest.fail("it started")
    assert list((tmp_path / "temporary").iterdir()) == []


_PARENT = """
import sys, time
from pathlib import Path
from rehearsal.cluster.guarded_program import GuardedProgram
GuardedProgram(Path(sys.argv[1]), "sleep", "60")
print("started", flush=True)
time.sleep(60)
"""


@NEEDS_PROC
def test_a_killed_parent_leaves_neither_program_nor_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    command = [sys.executable, "-c", _PARENT, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        assert eventually(lambda: len(descendants(parent.pid)) == 2, 5)
        family = descendants(parent.pid)
        parent.kill()
        assert eventually(lambda: not alive(family) and not folder.exists(), 10)


def test_a_program_that_is_not_there_ends_as_in_a_shell(tmp_path: Path) -> None:
    missing = GuardedProgram(tmp_path, "no-such-program")
    assert missing.wait(10)
    assert missing.exit_code == 127
    assert "FileNotFoundError" in missing.tail()
    missing.stop()


@NEEDS_PROC
def test_a_stopped_program_takes_its_folder_along(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    begun = time.monotonic()
    sleeping = GuardedProgram(folder, "sleep", "60")
    assert not sleeping.wait(0.1)
    family = descendants(sleeping._guardian.pid)
    sleeping.stop()
    assert not alive(family)
    assert time.monotonic() - begun < 10
    assert not folder.exists()


def test_a_program_gets_no_credentials_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    shown = GuardedProgram(tmp_path, "env")
    assert shown.wait(10)
    assert f"PATH={os.environ['PATH']}" in shown.log()
    assert "canary" not in shown.log()
    shown.stop()
