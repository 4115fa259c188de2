"""Another revision of the project: as a folder that leaves nothing behind, and by its own code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from review.revision import RevisionFault, base_render, checked_out, run_review
from tests.conftest import ROOT
from tests.review.plan.changed import edited, written

CODE = ("review", "settings", "components", "domain", "resources", "policies")
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Git in a repository of its own, where nothing of the user's settings reaches."""
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)

    def run(*arguments: str, folder: Path = tmp_path / "repository") -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    (tmp_path / "repository").mkdir()
    run("init", "-q", "-b", "main")
    return run


@pytest.fixture
def project(tmp_path: Path, git: Git) -> Path:
    """The small project with its code, below the top of a repository, with one commit."""
    folder = written(tmp_path / "repository" / "registry")
    for name in CODE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "gone-later").write_text("", encoding="utf-8")
    commit(git, "first")
    return folder


def commit(git: Git, message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def test_the_folder_is_as_it_was_and_then_gone(project: Path, git: Git) -> None:
    (project / "gone-later").unlink()
    commit(git, "second")
    (project / "catalog.yaml").write_text("not committed", encoding="utf-8")
    with checked_out(project, "HEAD~1") as folder:
        assert (folder / "gone-later").exists()
        assert (folder / "catalog.yaml").read_text(encoding="utf-8").startswith("retention:")
        assert folder.name == "registry"
    assert not folder.exists()
    assert git("status", "--short").split() == ["M", "registry/catalog.yaml"]
    assert len(git("worktree", "list").splitlines()) == 1


def test_the_base_is_rendered_by_its_own_code(project: Path) -> None:
    answers = project / "review" / "render.py"
    edited(project, ("render/rendering.py", "outputs=monitor.outputs", 'outputs={}, not_built=("of the base",)'))
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-a", "-m", "own words"]
    subprocess.run(git, cwd=project, check=True)
    answers.write_text("raise SystemExit(9)", encoding="utf-8")
    rendered = base_render(project, "HEAD", "dev")
    assert rendered
    assert rendered.not_built == ("of the base",)
    assert any(each.name == "storefront/web@us-east-1" for each in rendered.resources)


def test_nothing_of_ours_is_passed_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A hook of git, or a caller with a path of its own, must not lead to other code or to another repository.
    monkeypatch.setenv("PYTHONPATH", str(project / "nowhere"))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("GIT_DIR", str(project / "nowhere"))
    assert base_render(project, "HEAD", "dev")


def test_a_stack_that_the_base_has_not_is_none(project: Path, git: Git) -> None:
    assert base_render(project, "HEAD", "staging") is None
    (project / "Pulumi.yaml").unlink()
    commit(git, "no project")
    assert base_render(project, "HEAD", "dev") is None


def test_a_base_without_review(project: Path, git: Git) -> None:
    shutil.rmtree(project / "review")
    commit(git, "before there was a review")
    with pytest.raises(RevisionFault, match=r"HEAD: it has no `review`.*name a later revision"):
        base_render(project, "HEAD", "dev")


def test_a_base_whose_settings_are_faulty(project: Path, git: Git) -> None:
    edited(project, ("catalog.yaml", "keep: 50", "keep: 0"))
    commit(git, "a fault")
    with pytest.raises(RevisionFault, match=r"(?s)HEAD: its own code refuses.*platform/cache.*too small"):
        base_render(project, "HEAD", "dev")


def test_a_base_whose_code_fails(project: Path, git: Git) -> None:
    edited(project, ("__main__.py", "import asyncio\n", "raise KeyError('broken base')\nimport asyncio\n"))
    commit(git, "broken")
    with pytest.raises(RevisionFault, match=r"(?s)ended with 1.*broken base"):
        base_render(project, "HEAD", "dev")


def test_a_base_that_prints_something_else(project: Path, git: Git) -> None:
    (project / "review" / "__main__.py").write_text("print('{\"version\": 7}')", encoding="utf-8")
    commit(git, "another format")
    with pytest.raises(RevisionFault, match="HEAD: what its code prints is a render of version 7"):
        base_render(project, "HEAD", "dev")


def test_older_code_that_does_not_know_the_command(project: Path) -> None:
    with pytest.raises(RevisionFault, match=r"(?s)`python -m review nonsense` ended with 2.*usage:"):
        run_review(project, ["nonsense"])


def test_its_own_interpreter_is_taken(project: Path) -> None:
    own = project / ".venv" / "bin"
    own.mkdir(parents=True)
    (own / "python").write_text("#!/bin/sh\necho mine $2 $3 $4\n", encoding="utf-8")
    (own / "python").chmod(0o755)
    assert run_review(project, ["render", "--stack"]) == "mine review render --stack\n"


@pytest.mark.parametrize("revision", ["nonsense", "-x", "--output=/tmp/plan-x", "HEAD:registry", ""])
def test_an_unknown_revision(project: Path, revision: str) -> None:
    with (
        pytest.raises(RevisionFault, match=r"is no revision of .*name a branch, tag or commit"),
        checked_out(project, revision),
    ):
        raise AssertionError


def test_a_shallow_clone_says_how_to_get_the_rest(project: Path, git: Git, tmp_path: Path) -> None:
    commit_of_first = git("rev-parse", "HEAD").strip()
    (project / "gone-later").unlink()
    commit(git, "second")
    git("clone", "-q", "--depth", "1", f"file://{tmp_path / 'repository'}", str(tmp_path / "shallow"), folder=tmp_path)
    with (
        pytest.raises(RevisionFault, match=r"this clone is shallow: `git fetch --unshallow`, or fetch-depth: 0"),
        checked_out(tmp_path / "shallow" / "registry", commit_of_first),
    ):
        raise AssertionError


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RevisionFault, match=r"not a git repository.*run it inside a git clone"):
        base_render(tmp_path, "HEAD", "dev")


def test_no_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project / "nowhere"))
    with pytest.raises(RevisionFault, match="no `git` on PATH"):
        base_render(project, "HEAD", "dev")


def test_a_folder_that_the_base_has_not(project: Path) -> None:
    (project / "new").mkdir()
    with (
        pytest.raises(RevisionFault, match="HEAD has no folder registry/new"),
        checked_out(project / "new", "HEAD"),
    ):
        raise AssertionError


def plan_command(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "review", "plan", *arguments]
    return subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)


def test_the_command_compares_with_a_revision(project: Path) -> None:
    edited(project, ("catalog.yaml", "keep: 50", "keep: 40"))
    ended = plan_command(project, "--stack", "dev", "--base", "HEAD")
    assert ended.returncode == 0, ended.stderr
    assert "what changes against HEAD\n1 to replace" in ended.stdout
    assert "~ Keep the newest 50 images → Keep the newest 40 images" in ended.stdout
    assert "Note: Compared with what HEAD declares, as if that were deployed" in ended.stdout
    assert plan_command(project, "--stack", "dev").stdout == ended.stdout


def test_a_new_stack_is_told_as_new(project: Path) -> None:
    shutil.copy(project / "Pulumi.dev.yaml", project / "Pulumi.staging.yaml")
    edited(project, ("Pulumi.staging.yaml", "us-east-1", "eu-central-1"))
    ended = plan_command(project, "--stack", "staging", "--base", "HEAD")
    assert "the base declares no stack staging, everything is new" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--stack", "dev", "--base", "nonsense"), "'nonsense' is no revision"),
        (("--stack", "nonsense", "--base", "HEAD"), "is no stack of this project"),
        (("--stack", "dev", "--from-preview", "nothing.json"), "nothing.json: can't be read: No such file"),
        (("--stack", "dev", "--from-preview", "catalog.yaml"), "catalog.yaml: is no preview of the engine"),
        (("--stack", "dev", "--from-preview", "x", "--base", "HEAD"), "leave out --base or --from-preview"),
    ],
)
def test_faulty_input_ends_with_2(project: Path, arguments: tuple[str, ...], told: str) -> None:
    ended = plan_command(project, *arguments)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not ended.stdout


def test_a_project_of_another_name_is_not_compared(project: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        file = project / name
        file.write_text(file.read_text(encoding="utf-8").replace("container-registry", "images"), encoding="utf-8")
    ended = plan_command(project, "--stack", "dev", "--base", "HEAD")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "project container-registry can't be compared with project images" in ended.stderr
