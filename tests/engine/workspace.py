"""A copy of the project in a temporary folder, and a real engine that runs it against the stand-in provider."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.engine.standin.cloud import Cloud
from tests.stacks import PROJECT, ROOT

STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Set, `preview --json` writes the engine's events, one a line."""
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "docs", "tests", "Pulumi.*.yaml")

Resource = dict[str, Any]
Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Ran:
    """What one `pulumi` call printed and how it ended."""

    code: int
    output: str

    def ok(self) -> "Ran":
        assert self.code == 0, self.output
        return self


def of_type(resources: dict[str, Resource], type: str, **inputs: object) -> dict[str, Resource]:
    """The resources of one type whose inputs have these values, by URN."""
    return {
        urn: resource
        for urn, resource in resources.items()
        if resource["type"] == type and inputs.items() <= resource["inputs"].items()
    }


@dataclass(frozen=True)
class Workspace:
    """One copy, one stack, one state, one cloud."""

    folder: Path
    stack: str
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def create(cls, temporary: Path, stack: str, *edits: tuple[str, Edit]) -> "Workspace":
        """Copy the code with the tests' settings, edit these, and make the stack on a backend of its own."""
        folder, plugin = temporary / "project", temporary / "aws"
        copied_with_code(folder)
        (temporary / "backend").mkdir()
        _write_plugin(plugin)
        workspace = cls(folder, stack, _environment(temporary))
        for name, change in edits:
            workspace.edit(name, change)
        workspace.pulumi("stack", "init", stack).ok()
        return workspace

    @property
    def cloud(self) -> Cloud:
        return Cloud(Path(self.environment["STANDIN_CLOUD"]))

    def pulumi(self, *arguments: str) -> Ran:
        """Run one command of the engine; its two streams are one text."""
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        ran = subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False,
        )  # fmt: skip
        return Ran(ran.returncode, ran.stdout)

    def up(self) -> Ran:
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", self.stack)

    def preview(self, *arguments: str) -> Ran:
        return self.pulumi("preview", "--stack", self.stack, *arguments)

    def destroy(self) -> Ran:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", self.stack)

    def steps(self) -> dict[str, set[str]]:
        """What a preview would do to each resource, by URN; what stays the same is left out."""
        ran = self.preview("--json").ok()
        steps: dict[str, set[str]] = {}
        for step in json.loads(ran.output[ran.output.index("{") :])["steps"]:
            if step["op"] != "same":
                steps.setdefault(step["urn"], set()).add(step["op"])
        return steps

    def state(self) -> dict[str, Resource]:
        """The engine's resources by URN, without its own providers."""
        exported = json.loads(self.pulumi("stack", "export", "--stack", self.stack).ok().output)
        resources: list[Resource] = exported["deployment"].get("resources", [])
        return {r["urn"]: r for r in resources if not r["type"].startswith("pulumi:providers:")}

    def render(self) -> dict[str, Resource]:
        """The same resources as the render declares them, by URN."""
        command = [sys.executable, "-m", "review", "render", "--stack", self.stack, "--format", "json"]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        return {resource["urn"]: resource for resource in json.loads(ran.stdout)["resources"]}

    def edit(self, name: str, change: Edit) -> None:
        """Change one of the copy's YAML files."""
        path = self.folder / name
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def copied_with_code(folder: Path) -> None:
    """The code, with the tests' stacks, catalog and levels, and the environment that we run in."""
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    (folder / ".venv").symlink_to(sys.prefix)


def _write_plugin(folder: Path) -> None:
    """The engine starts `pulumi-resource-aws` from PATH before it looks for another."""
    folder.mkdir()
    program = folder / "pulumi-resource-aws"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.engine.standin "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)


def _environment(temporary: Path) -> dict[str, str]:
    # Nothing of the caller's own AWS or Pulumi settings may reach a test.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    return {
        **own,
        "PATH": f"{temporary / 'aws'}{os.pathsep}{own['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{temporary / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_HOME": str(temporary / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "STANDIN_CLOUD": str(temporary / "cloud.json"),
    }
