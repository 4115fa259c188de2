"""A copy of the project in a temporary folder, and a real engine that runs it against the stand-in providers."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.engine.standin.cloud import Cloud
from tests.engine.standin.roles import VARIABLE
from tests.github.acme import WRITES
from tests.github.server import GitHub
from tests.stacks import PROJECT, ROOT

STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Set, `preview --json` writes the engine's events, one a line."""
CLUSTER_TOKEN = "k8s-aws-v1.3Jx7Pq9w"  # noqa: S105  opens nothing
"""By which the engine's providers log in to the clusters."""
_DEFAULT = re.compile("pulumi:providers:.*::default_")
_CREDENTIAL = '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"%s"}}'
"""What `aws eks get-token` prints."""
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

    def steps(self) -> dict[str, set[str]]:
        """What a preview would do to each resource, by URN; what stays the same is left out."""
        steps: dict[str, set[str]] = {}
        for step in json.loads(self.output[self.output.index("{") :])["steps"]:
            if step["op"] != "same":
                steps.setdefault(step["urn"], set()).add(step["op"])
        return steps


def of_type(resources: dict[str, Resource], type: str, **inputs: object) -> dict[str, Resource]:
    """The resources of one type whose inputs have these values, by URN."""
    return {
        urn: resource
        for urn, resource in resources.items()
        if resource["type"] == type and inputs.items() <= resource["inputs"].items()
    }


@dataclass(frozen=True)
class Workspace:
    """One copy, one stack, one state, one cloud, one GitHub."""

    folder: Path
    stack: str
    environment: dict[str, str] = field(repr=False)
    github: GitHub = field(default_factory=GitHub, repr=False)

    @classmethod
    def create(cls, temporary: Path, stack: str, github: GitHub, *edits: tuple[str, Edit]) -> "Workspace":
        """Copy the code with the tests' settings, edit these, and make the stack on a backend of its own."""
        folder, programs = temporary / "project", temporary / "programs"
        copied_with_code(folder)
        (temporary / "backend").mkdir()
        programs.mkdir()
        for provider in ("aws", "github", "kubernetes"):
            _write_plugin(programs, provider)
        _write_program(programs / "aws", f"printf '{_CREDENTIAL}' {CLUSTER_TOKEN}")
        workspace = cls(folder, stack, _environment(temporary), github).with_token(WRITES)
        for name, change in edits:
            workspace.edit(name, change)
        secrets = workspace.without_secrets()
        workspace.pulumi("stack", "init", stack).ok()
        if secrets:
            given = [text for key in secrets for text in ("--secret", f"{key}={token_of(key)}")]
            workspace.pulumi("config", "set-all", "--stack", stack, *given).ok()
        return workspace

    def with_token(self, token: str) -> "Workspace":
        """Another token in the environment of the engine's provider of GitHub."""
        more = {"GITHUB_BASE_URL": f"{self.github.url}/", "GITHUB_TOKEN": token}
        return replace(self, environment={**self.environment, **more})

    def as_role(self, kind: str) -> "Workspace":
        """With the credentials of one of the bootstrap's roles: deploy, destroy, or a sandbox's."""
        stack = yaml.safe_load((self.folder / f"Pulumi.{self.stack}.yaml").read_text(encoding="utf-8"))
        (account,) = stack["config"]["aws:allowedAccountIds"]
        return replace(self, environment={**self.environment, VARIABLE: f"{self.stack}/{account}/{kind}"})

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

    def events(self, *, fails: bool = False) -> str:
        """The engine's events in a preview with the pack."""
        streaming = replace(self, environment={**self.environment, STREAMING: "true"})
        ran = streaming.preview("--json", *self.pack)
        assert bool(ran.code) is fails, ran.output
        return ran.output

    @property
    def pack(self) -> tuple[str, ...]:
        return ("--policy-pack", "policies", "--policy-pack-config", f"policies/{self.stack}.json")

    def destroy(self) -> Ran:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", self.stack)

    def steps(self) -> dict[str, set[str]]:
        return self.preview("--json").ok().steps()

    def state(self) -> dict[str, Resource]:
        """The engine's resources by URN, without the providers that it makes itself."""
        exported = json.loads(self.pulumi("stack", "export", "--stack", self.stack).ok().output)
        resources: list[Resource] = exported["deployment"].get("resources", [])
        return {r["urn"]: r for r in resources if not _DEFAULT.search(r["urn"])}

    def render(self) -> dict[str, Resource]:
        """The same resources as the render declares them, by URN."""
        command = [sys.executable, "-m", "review", "render", "--stack", self.stack, "--format", "json"]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        return {resource["urn"]: resource for resource in json.loads(ran.stdout)["resources"]}

    def without_secrets(self) -> list[str]:
        """Takes the secrets out of the stack's file, which no passphrase of ours decrypts; their keys."""
        keys: list[str] = []

        def remove(stack: dict[str, Any]) -> None:
            keys.extend(key for key, value in stack["config"].items() if isinstance(value, dict) and "secure" in value)
            for key in keys:
                del stack["config"][key]

        self.edit(f"Pulumi.{self.stack}.yaml", remove)
        return keys

    def edit(self, name: str, change: Edit) -> None:
        """Change one of the copy's YAML files."""
        path = self.folder / name
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Change a text in one of the copy's files."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def copied_with_code(folder: Path) -> None:
    """The code, with the tests' stacks, catalog and levels, and the environment that we run in."""
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    (folder / ".venv").symlink_to(sys.prefix)


def token_of(key: str) -> str:
    """What the tests set a secret of a stack's file to: nothing may show it."""
    return f"tok_{key.rpartition(':')[2]}_5Vd8Rk3y"


def _write_plugin(folder: Path, provider: str) -> None:
    """The engine starts `pulumi-resource-PROVIDER` from PATH before it looks for another."""
    command = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.engine.standin {provider} "$@"'
    _write_program(folder / f"pulumi-resource-{provider}", command)


def _write_program(program: Path, command: str) -> None:
    program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    program.chmod(0o755)


def _environment(temporary: Path) -> dict[str, str]:
    # Nothing of the caller's own settings for AWS, GitHub, clusters or Pulumi may reach a test.
    callers = ("AWS_", "GH_", "GITHUB_", "KUBE", "PULUMI_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(callers)}
    return {
        **own,
        "KUBE_TOKEN_FACTORY": CLUSTER_TOKEN,
        "PATH": f"{temporary / 'programs'}{os.pathsep}{own['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{temporary / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_HOME": str(temporary / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "STANDIN_CLOUD": str(temporary / "cloud.json"),
    }
