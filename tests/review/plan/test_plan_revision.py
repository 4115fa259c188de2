"""Another revision of the project: as a folder that leaves nothing behind, and by its own code."""

import shutil
import subprocess
from pathlib import Path

import pytest

from review.revision import RevisionFault, base_render, checked_out, run_review
from tests.cases import cases
from tests.review.clones import Clone, Ended, review, run_in_process
from tests.review.plan.changed import SMALL
from tests.stacks import ROOT, copied


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """The small project below the top of a repository, with one commit; a revision is run in this process."""
    monkeypatch.setattr(subprocess, "run", run_in_process)
    (tmp_path / "repository").mkdir()
    clone = Clone(copied(tmp_path / "repository" / "registry", SMALL))
    (clone.folder / "review").symlink_to(ROOT / "review")
    (clone.folder / "gone-later").write_text("", encoding="utf-8")
    clone.git("init", "--quiet", "--initial-branch=main", "..")
    clone.commit()
    return clone


def test_the_folder_is_as_it_was_and_then_gone(registry: Clone) -> None:
    (registry.folder / "gone-later").unlink()
    registry.commit()
    (registry.folder / "catalog.yaml").write_text("not committed", encoding="utf-8")
    with checked_out(registry.folder, "HEAD~1") as folder:
        assert (folder / "gone-later").exists()
        assert (folder / "catalog.yaml").read_text(encoding="utf-8").startswith("retention:")
        assert folder.name == "registry"
    assert not folder.exists()
    assert registry.git("status", "--short").split() == ["M", "catalog.yaml"]
    assert len(registry.git("worktree", "list").splitlines()) == 1


def test_the_base_is_rendered_by_its_own_code(whole: Clone) -> None:
    whole.edit("render/rendering.py", "outputs=monitor.outputs", 'outputs={}, not_built=("of the base",)')
    whole.commit()
    (whole.folder / "render" / "rendering.py").write_text("raise SystemExit(9)", encoding="utf-8")
    rendered = base_render(whole.folder, "HEAD", "dev")
    assert rendered
    assert rendered.not_built == ("of the base",)
    assert any(each.name == "storefront/web@us-east-1" for each in rendered.resources)


def test_nothing_of_ours_is_passed_on(whole: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    # A hook of git, or a caller with a path of its own, must not lead to other code or to another repository.
    monkeypatch.setenv("PYTHONPATH", str(whole.folder / "nowhere"))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("GIT_DIR", str(whole.folder / "nowhere"))
    assert base_render(whole.folder, "HEAD", "dev")


def test_a_stack_that_the_base_has_not_is_none(registry: Clone) -> None:
    assert base_render(registry.folder, "HEAD", "staging") is None
    (registry.folder / "Pulumi.yaml").unlink()
    registry.commit()
    assert base_render(registry.folder, "HEAD", "dev") is None


def test_a_base_without_review(registry: Clone) -> None:
    (registry.folder / "review").unlink()
    registry.commit()
    with pytest.raises(RevisionFault, match=r"HEAD: it has no `review`.*name a later revision"):
        base_render(registry.folder, "HEAD", "dev")


def test_a_base_whose_settings_are_faulty(registry: Clone) -> None:
    registry.edit("catalog.yaml", "keep: 50", "keep: 0")
    registry.commit()
    with pytest.raises(RevisionFault, match=r"(?s)HEAD: its own code refuses.*platform/cache.*too small"):
        base_render(registry.folder, "HEAD", "dev")


def test_a_base_whose_code_fails(registry: Clone) -> None:
    registry.edit("__main__.py", "import asyncio\n", "raise KeyError('broken base')\nimport asyncio\n")
    registry.commit()
    with pytest.raises(RevisionFault, match=r"(?s)ended with 1.*broken base"):
        base_render(registry.folder, "HEAD", "dev")


def test_a_base_that_prints_something_else(whole: Clone) -> None:
    (whole.folder / "review" / "__main__.py").write_text("print('{\"version\": 7}')", encoding="utf-8")
    whole.commit()
    with pytest.raises(RevisionFault, match="HEAD: what its code prints is a render of version 7"):
        base_render(whole.folder, "HEAD", "dev")


def test_older_code_that_does_not_know_the_command(registry: Clone) -> None:
    with pytest.raises(RevisionFault, match=r"(?s)`python -m review nonsense` ended with 2.*usage:"):
        run_review(registry.folder, ["nonsense"])


def test_its_own_interpreter_is_taken(project: Path) -> None:
    (project / "review").symlink_to(ROOT / "review")
    own = project / ".venv" / "bin"
    own.mkdir(parents=True)
    (own / "python").write_text("#!/bin/sh\necho mine $2 $3 $4\n", encoding="utf-8")
    (own / "python").chmod(0o755)
    assert run_review(project, ["render", "--stack"]) == "mine review render --stack\n"


def test_an_unknown_revision(registry: Clone) -> None:
    for revision in ("nonsense", "-x", "--output=/tmp/plan-x", "HEAD:registry", ""):
        with (
            pytest.raises(RevisionFault, match=r"is not a revision of .*name a branch, tag or commit"),
            checked_out(registry.folder, revision),
        ):
            raise AssertionError(revision)


def test_a_shallow_clone_says_how_to_get_the_rest(registry: Clone, tmp_path: Path) -> None:
    commit_of_first = registry.git("rev-parse", "HEAD").strip()
    (registry.folder / "gone-later").unlink()
    registry.commit()
    registry.git("clone", "-q", "--depth", "1", f"file://{tmp_path / 'repository'}", str(tmp_path / "shallow"))
    with (
        pytest.raises(RevisionFault, match=r"this clone is shallow: `git fetch --unshallow`, or fetch-depth: 0"),
        checked_out(tmp_path / "shallow" / "registry", commit_of_first),
    ):
        raise AssertionError


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RevisionFault, match=r"not a git repository.*run it inside a git clone"):
        base_render(tmp_path, "HEAD", "dev")


def test_no_git(registry: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(registry.folder / "nowhere"))
    with pytest.raises(RevisionFault, match="no `git` on PATH"):
        base_render(registry.folder, "HEAD", "dev")


def test_a_folder_that_the_base_has_not(registry: Clone) -> None:
    (registry.folder / "new").mkdir()
    with (
        pytest.raises(RevisionFault, match="HEAD has no folder registry/new"),
        checked_out(registry.folder / "new", "HEAD"),
    ):
        raise AssertionError


def plan(folder: Path, *arguments: str, stack: str = "dev") -> Ended:
    return review(folder, "plan", "--stack", stack, *arguments)


def test_the_command_compares_with_a_revision(registry: Clone) -> None:
    registry.edit("catalog.yaml", "keep: 50", "keep: 40")
    ended = plan(registry.folder, "--base", "HEAD")
    assert (ended.code, ended.error) == (0, "")
    assert "changes from HEAD\n1 to replace" in ended.text
    assert "~ Keep the newest 50 images → Keep the newest 40 images" in ended.text
    assert "Note: Compared with what HEAD declares;" in ended.text
    assert plan(registry.folder).text == ended.text


def test_a_new_stack_is_reported_as_new(registry: Clone) -> None:
    shutil.copy(registry.folder / "Pulumi.dev.yaml", registry.folder / "Pulumi.staging.yaml")
    registry.edit("Pulumi.staging.yaml", "us-east-1", "eu-central-1")
    ended = plan(registry.folder, "--base", "HEAD", stack="staging")
    assert "the base has no stack staging, everything is created" in ended.text


@cases(
    "arguments, stack, printed",
    (("--base", "nonsense"), "dev", "'nonsense' is not a revision"),
    (("--base", "HEAD"), "nonsense", "is not a stack of this project"),
    (("--from-preview", "nothing.json"), "dev", "nothing.json: can't be read: No such file"),
    (("--from-preview", "catalog.yaml"), "dev", "catalog.yaml: is not a preview of the engine"),
    (("--from-preview", "x", "--base", "HEAD"), "dev", "leave out --base or --from-preview"),
)
def test_faulty_input_ends_with_2(
    registry: Clone, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], stack: str, printed: str
) -> None:
    monkeypatch.chdir(registry.folder)
    ended = plan(registry.folder, *arguments, stack=stack)
    assert (ended.code, ended.text) == (2, "")
    assert printed in ended.error
    assert "Traceback" not in ended.error


def test_a_project_of_another_name_is_not_compared(registry: Clone) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        file = registry.folder / name
        file.write_text(file.read_text(encoding="utf-8").replace("container-registry", "images"), encoding="utf-8")
    ended = plan(registry.folder, "--base", "HEAD")
    assert (ended.code, ended.text) == (2, "")
    assert "project container-registry can't be compared with project images" in ended.error
