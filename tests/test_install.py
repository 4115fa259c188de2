"""The installation: which packages, by which tool, how often, and which Pythons are refused before it."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

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
            python = Path(step[-1], "bin", "python")
            python.parent.mkdir(parents=True)
            python.touch()
        return subprocess.CompletedProcess(step, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return ran


def test_an_extra_has_the_packages_of_those_that_it_includes() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    run, ops, rehearsal, dev = (set(install.packages(each)) for each in ("", "ops", "rehearsal", "dev"))
    assert run < ops < rehearsal < dev
    assert set(extras["ops"]) == ops - run
    assert not [each for each in dev if "container-registry" in each or "==" not in each]


def test_the_engine_reads_what_the_project_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert install.REQUIREMENTS.read_text(encoding="utf-8") == install.requirements()
    file = tmp_path / "requirements.txt"
    monkeypatch.setattr(install, "REQUIREMENTS", file)
    file.write_text("pulumi==3.0.0\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="run `make requirements` and commit it"):
        install.main(["--requirements", "--check"])
    assert install.main(["--requirements"]) == 0
    assert install.main(["--requirements", "--check"]) == 0


@cases(
    "uv, tools",
    (None, ([sys.executable, "-m", "venv"], ["-m", "pip", "install"])),
    ("/bin/uv", (["/bin/uv", "venv", "--quiet"], ["pip", "install", "--quiet"])),
)
def test_the_environment_is_made_once_and_filled_by_uv_where_it_is(
    tmp_path: Path, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch, uv: str | None, tools: object
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: uv)
    venv = tmp_path / ".venv"
    install.install("ops", venv)
    first, second = steps
    assert (first[:3], second[1:4]) == tools
    assert set(install.packages("ops")) <= set(second)
    assert str(venv / "bin" / "python") in second
    install.install("ops", venv)
    install.install("", venv)
    assert len(steps) == 2
    install.install("rehearsal", venv)
    assert len(steps) == 3


def test_other_packages_are_installed_anew(tmp_path: Path, steps: list[list[str]]) -> None:
    install.install("", tmp_path)
    (tmp_path / ".run").write_text("of other packages", encoding="utf-8")
    install.install("", tmp_path)
    assert [step[2] for step in steps] == ["venv", "pip", "pip"]


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
