"""`make kubernetes`: what is built, kept and left behind, with a stand-in for Go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.cluster.binaries import CONTROL_PLANE, FOLDER, VERSION
from tests.conftest import ROOT

GO = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "$3" >> "$CALLS"
{}
"""
BUILDS = 'echo \'#!/bin/sh\' > "$2"; chmod +x "$2"'
PROGRAMS = [
    "go.etcd.io/etcd/server/v3",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    ".",
]


class Build:
    """The command with a folder of its own, and a Go that writes down what it was asked to build."""

    def __init__(self, folder: Path) -> None:
        self.binaries = folder / "binaries"
        self._calls = folder / "calls"
        self._go = folder / "path" / "go"
        self._go.parent.mkdir()

    def go(self, script: str | None) -> None:
        if script is None:
            self._go.unlink(missing_ok=True)
        else:
            self._go.write_text(GO.format(script))
            self._go.chmod(0o755)

    def run(self) -> subprocess.CompletedProcess[str]:
        environment = {
            FOLDER: str(self.binaries),
            "PATH": f"{self._go.parent}:/usr/bin:/bin",
            "CALLS": str(self._calls),
        }
        self._calls.write_text("")
        return subprocess.run([ROOT / ".ci/kubernetes"], env=environment, capture_output=True, text=True, check=False)

    @property
    def built(self) -> list[str]:
        return self._calls.read_text().split()

    @property
    def left(self) -> list[str]:
        return sorted(each.name for each in self.binaries.iterdir())


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_what_is_missing_is_built_once(build: Build) -> None:
    build.go(BUILDS)
    assert build.run().returncode == 0
    assert build.built == PROGRAMS
    assert build.left == sorted([*CONTROL_PLANE, "keyring", "keyring.go"])
    assert build.run().stdout == ""
    assert build.built == []
    (build.binaries / "kube-apiserver").unlink()
    build.run()
    assert build.built == PROGRAMS[1:2]


def test_a_changed_keyring_is_built_anew(build: Build) -> None:
    build.go(BUILDS)
    build.run()
    (build.binaries / "keyring.go").write_text("another")
    build.run()
    assert build.built == ["."]


def test_a_failure_is_one_line_and_leaves_nothing_half_done(build: Build) -> None:
    build.go('echo half > "$2"; echo module lookup disabled >&2; exit 1')
    ended = build.run()
    assert ended.returncode == 1
    assert ended.stderr == f"etcd of Kubernetes {VERSION} can't be built: module lookup disabled\n"
    assert build.left == []


def test_an_interrupted_build_leaves_nothing_half_done(build: Build) -> None:
    build.go('echo half > "$2"; chmod +x "$2"; kill -TERM $PPID; sleep 0.1')
    assert build.run().returncode == -15
    assert build.left == []


def test_the_scripts_are_sound() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    subprocess.run([shellcheck, *sorted((ROOT / ".ci").iterdir())], check=True)


@pytest.mark.skipif(os.access("/usr/bin/go", os.X_OK) or os.access("/bin/go", os.X_OK), reason="Go is in /usr/bin")
def test_without_go_it_says_so(build: Build) -> None:
    ended = build.run()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Kubernetes {VERSION} can't be built: it needs Go, https://go.dev/doc/install\n"
    build.go(BUILDS)
    build.run()
    build.go(None)
    assert build.run().returncode == 0  # what is there needs none
