"""Repositories that hold the tests' project, and `python -m review` in them: in this process, or by their own code."""

import json
import os
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from review.__main__ import main
from review.gate import command
from tests.stacks import edited, rendering_once

TODAY = "2026-11-21"

ANY_TAG = ("catalog.yaml", "mutable_tags: [latest]", 'mutable_tags: ["*"]')
API, KEY = "payments/api@us-east-1", "registry@us-east-1"
_TYPES = "container-registry:index:ImageRepository$aws:ecr/repository:Repository"
API_URN = f"urn:pulumi:dev::container-registry::{_TYPES}::{API}"


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

    def of(self, *kinds: str) -> list[tuple[str, ...]]:
        """Of each remark of these kinds: its rule, what it is about, its level and its judges."""
        remarks = [each for each in self.report["remarks"] if each["kind"] in kinds]
        return [(e["id"], e["urn"].rpartition("::")[2], e["level"], "+".join(e["judges"])) for e in remarks]


def review(folder: Path, *arguments: str) -> Ended:
    """`python -m review` in this process, as if its code were the folder's own."""
    out, error = StringIO(), StringIO()
    name, *options = arguments
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
        patch.setattr(command, "OWN_ROOT", folder.resolve())
        rendering_once(patch)
        try:
            code = main([name, f"--project={folder}", *options])
        except SystemExit as ended:
            code = int(str(ended.code))
        except Exception:  # noqa: BLE001  a process ends so
            traceback.print_exc()
            code = 1
    return Ended(code, out.getvalue(), error.getvalue())


def own_review(folder: Path, *arguments: str) -> Ended:
    """`python -m review` by the folder's own code, in a process of its own."""
    command = [sys.executable, "-m", "review", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


_really, _one = subprocess.run, Lock()


def run_in_process(command: list[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """In place of `subprocess.run`: what a folder's own `python -m review` would say, were its code this code."""
    if command[1:3] != ["-m", "review"]:
        return _really(command, **options)
    with _one:  # the gate asks for two at once, and both would write to one standard output
        ended = review(options["cwd"], *command[3:])
    return subprocess.CompletedProcess(command, ended.code, ended.text, ended.error)


def run_renders_in_process(command: list[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """The same for renders alone: a base's own code judges."""
    return (run_in_process if command[1:4] == ["-m", "review", "render"] else _really)(command, **options)


@dataclass(frozen=True)
class Clone:
    """A repository of its own that holds the project; its first commit is called `main`."""

    folder: Path

    def edit(self, file: str, old: str, new: str) -> None:
        edited(self.folder, (file, old, new))

    def levels(self, stack: str, **values: object) -> None:
        """Sets the levels of rules."""
        file = self.folder / "policies" / f"{stack}.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        content |= {name.replace("_", "-"): value for name, value in values.items()}
        file.write_text(json.dumps(content), encoding="utf-8")

    def git(self, *arguments: str) -> str:
        """Git, where nothing of the user's settings reaches."""
        command = ["git", "-C", str(self.folder), "-c", "user.name=acme", "-c", "user.email=acme@acme.example"]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        nothing = dict.fromkeys(("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"), os.devnull)
        done = subprocess.run([*command, *arguments], env=ours | nothing, check=True, capture_output=True)
        return done.stdout.decode()

    def commit(self) -> None:
        self.git("add", "--all", ":/")
        self.git("commit", "--quiet", "--message", "a change")

    def gate(self, *arguments: str, stack: str = "dev") -> Ended:
        """By its own rules alone, where no base is given."""
        alone = [] if "--base" in " ".join(arguments) else ["--alone"]
        return review(self.folder, *gate(stack), *alone, *arguments)


def gate(stack: str = "dev") -> list[str]:
    return ["gate", "--stack", stack, "--today", TODAY, "--format", "json"]


def incomplete(ended: Ended) -> list[dict[str, Any]]:
    return [each for each in ended.report["remarks"] if each["id"] == "gate-incomplete"]


def line_of(clone: Clone, remark: dict[str, Any]) -> str:
    text = (clone.folder / remark["file"]).read_text(encoding="utf-8")
    line: str = text.splitlines()[remark["line"] - 1]
    return line.strip()
