"""Clones of the project in which a change is made, and the gate as a command in them."""

import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from review.__main__ import _parser
from review.gate import command
from tests.conftest import PROJECT_FILES, ROOT

CODE = ("domain", "resources", "settings", "components", "policies", "review")
TODAY = "2026-11-21"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    text: str
    error: str

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.text)
        return report

    def told(self, *kinds: str) -> list[tuple[str, ...]]:
        """Of each remark of these kinds: its rule, what it is about, its level and its judges."""
        remarks = [each for each in self.report["remarks"] if each["kind"] in kinds]
        return [(e["id"], e["urn"].rpartition("::")[2], e["level"], "+".join(e["judges"])) for e in remarks]


@dataclass(frozen=True)
class Clone:
    """A repository of its own that holds the project; its first commit is called `main`."""

    folder: Path

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (self.folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def levels(self, stack: str, **values: object) -> None:
        """Sets the levels of rules."""
        file = self.folder / "policies" / f"{stack}.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        content |= {name.replace("_", "-"): value for name, value in values.items()}
        file.write_text(json.dumps(content), encoding="utf-8")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=acme", "-c", "user.email=registry@acme.example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(self.folder), *identity, *arguments], check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")

    def gate(self, *arguments: str, stack: str = "dev") -> Ended:
        """The gate by the code that is tested, as if the clone were its own project: only a base is another process."""
        options = _parser().parse_args([*_command(stack), "--project", str(self.folder), *arguments])
        out, error = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
            patch.setattr(command, "OWN_ROOT", self.folder.resolve())
            code = command.run(options)
        return Ended(code, out.getvalue(), error.getvalue())

    def own_gate(self, *arguments: str, stack: str = "dev") -> Ended:
        """The gate by the clone's own code, which may have been changed."""
        ended = subprocess.run(
            [sys.executable, "-m", "review", *_command(stack), *arguments], cwd=self.folder, capture_output=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, ended.stderr)


def _command(stack: str) -> list[str]:
    return ["gate", "--stack", stack, "--today", TODAY, "--format", "json"]


@pytest.fixture(scope="session")
def _main(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("main") / "project"
    for package in CODE:
        shutil.copytree(ROOT / package, folder / package)
    for name in (*PROJECT_FILES, ".gitignore", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    clone = Clone(folder)
    for stack in ("dev", "prod"):  # what the rule says of our own sources would stand in every report
        clone.levels(stack, iam_github_ids="disabled")
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit()
    return folder


@pytest.fixture
def clone(_main: Path, tmp_path: Path) -> Clone:
    shutil.copytree(_main, tmp_path / "clone")
    return Clone(tmp_path / "clone")


@pytest.fixture
def base(_main: Path) -> Clone:
    """The project as it was before the change; nobody may edit it."""
    return Clone(_main)
