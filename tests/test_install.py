"""The installation: which packages, by which tool, how often, and which Pythons are refused before it."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import install
from tests.cases import cases

ROOT = Path(install.__file__).parent


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are run, none of which installs anything; the environment is there after the first."""
    ran: list[list[str]] = []

    def run(step: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(step)
        if "venv" in step:
            folder = Path(step[-1], "bin")
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("python", "pip"):
                (folder / name).touch()
        return subprocess.CompletedProcess(step, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return ran


def test_an_extra_has_the_packages_of_those_that_it_includes() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    run, ops, rehearsal, dev = (set(install.packages(each)) for each in ("", "ops", "rehearsal", "dev"))
    assert run < ops < rehearsal < dev
    assert set(extras["ops"]) == ops - run
    assert set(extras["clusters"]) < dev
    assert not [each for each in dev if "container-registry" in each or "==" not in each]


@cases(
    "text, declares",
    ("config:\n  container-registry:clusters:\n    - name: x\n", True),
    ("config:\n  'container-registry:clusters': [{name: x}]\n", True),
    ('config: {"acme:clusters": [{name: x}]}\n', True),
    ("config:\n  container-registry:clusters: []\n", False),
    ("config:\n  container-registry:clusters: ~\n", False),
    ("config:\n  # container-registry:clusters: [{name: x}]\n", False),
    ("config:\n  container-registry:environment: clusters\n", False),
)
def test_the_sdk_of_clusters_is_installed_where_a_stack_declares_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[list[str]], text: str, declares: bool
) -> None:
    """With what `pulumi up` needs, and once: a second stack changes nothing."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    sdk = set(install.packages("clusters")) - set(install.packages(""))
    install.install("", tmp_path / ".venv")
    assert len(sdk) == 1
    assert not sdk & set(steps[-1])
    for stack in ("prod", "canary"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
        del steps[:]
        install.install("", tmp_path / ".venv")
        assert (sdk <= {part for step in steps for part in step}) == (declares and stack == "prod")
    assert (f"{min(sdk)}\n" in install.requirements()) == declares


def test_the_engine_reads_what_the_project_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the committed file is up to date `make check` holds: it depends on what the live stacks declare."""
    file = tmp_path / "requirements.txt"
    monkeypatch.setattr(install, "REQUIREMENTS", file)
    file.write_text("pulumi==3.0.0\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="run `make requirements` and commit it"):
        install.main(["--requirements", "--check"])
    assert install.main(["--requirements"]) == 0
    assert file.read_text(encoding="utf-8") == install.requirements()
    assert install.main(["--requirements", "--check"]) == 0


@cases(
    "tools, made",
    ("pip", [["-m", "venv", "--without-pip"], ["-I", "-m", "pip"]]),
    ("", [["-m", "venv"], ["-m", "pip", "install"]]),
    ("uv pip", [["venv", "--quiet", "--seed"]]),
)
def test_the_environment_is_made_once_and_filled_by_uv_where_it_is(
    tmp_path: Path, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch, tools: str, made: Any
) -> None:
    """Without uv by the pip of the Python that runs it, and where that has none by the one that comes with venv."""
    uv = "/bin/uv" if "uv" in tools else None
    monkeypatch.setattr(shutil, "which", lambda _: uv)
    monkeypatch.setattr(install, "find_spec", lambda _: "pip" in tools)
    venv = tmp_path / ".venv"
    install.install("ops", venv)
    *first, last = steps
    assert [step[1 : 1 + len(words)] for step, words in zip(first, made, strict=True)] == made
    assert set(install.packages("ops")) <= set(last)
    assert last[:3] == (["/bin/uv", "pip", "install"] if uv else [str(venv / "bin" / "python"), "-m", "pip"])
    count = len(steps)
    install.install("ops", venv)
    install.install("", venv)
    assert len(steps) == count
    install.install("rehearsal", venv)
    assert len(steps) == count + 1


def test_other_packages_are_installed_anew(tmp_path: Path, steps: list[list[str]]) -> None:
    install.install("", tmp_path)
    count = len(steps)
    (tmp_path / ".run").write_text("of other packages", encoding="utf-8")
    install.install("", tmp_path)
    assert [step[1:4] for step in steps[count:]] == [["-m", "pip", "install"]]


def test_an_environment_without_pip_is_made_again(tmp_path: Path, steps: list[list[str]]) -> None:
    """Where the installation was cut off after its first step."""
    install.install("", tmp_path)
    whole = list(steps)
    (tmp_path / "bin" / "pip").unlink()
    (tmp_path / ".run").unlink()
    install.install("", tmp_path)
    assert steps[len(whole) :] == whole


def test_what_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda step, **_: subprocess.CompletedProcess(step, 1))
    for _ in range(2):
        with pytest.raises(install.StepFailed, match="failed: mend what it says above, then start again"):
            install.install("", tmp_path)
    assert not (tmp_path / ".run").exists()


def test_every_python_that_is_refused_can_read_the_refusal() -> None:
    ast.parse(Path(install.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_the_oldest_python_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[list[str]]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(install, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"3\.11 or newer is needed"):
        install.main(["dev"])
    assert steps == []
