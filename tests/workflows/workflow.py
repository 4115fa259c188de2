"""The workflows under `.github/`, and what they run."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

FOLDER = ROOT / ".github" / "workflows"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
NO_FORK = "github.event.pull_request.head.repo.full_name == github.repository"


@dataclass(frozen=True)
class Job:
    """One job, with the events that can start it."""

    workflow: str
    id: str
    data: Mapping[str, Any]
    events: frozenset[str]

    def __str__(self) -> str:
        return f"{self.workflow}:{self.id}"

    @property
    def permissions(self) -> Mapping[str, str]:
        given: Mapping[str, str] = self.data["permissions"]
        return given

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        return list(self.data["steps"])

    @property
    def uses(self) -> list[str]:
        return [step["uses"] for step in self.steps if "uses" in step]

    @property
    def runs(self) -> list[str]:
        return [step["run"] for step in self.steps if "run" in step]

    @property
    def commands(self) -> Iterator[list[str]]:
        """Each simple command as words, whatever it is run in."""
        for run in self.runs:
            # An array's braces end no command.
            plain = re.sub(r"\$\{(\w+)\[@\]\}", r"$\1", run)
            for line in plain.replace("\\\n", " ").splitlines():
                for part in re.split(r"&&|\|\||[;{}()]", line):
                    try:
                        yield shlex.split(part, comments=True)
                    except ValueError:
                        continue  # the inside of a text that was cut

    @property
    def takes_a_role(self) -> bool:
        return self.permissions.get("id-token") == "write"

    @property
    def writes(self) -> bool:
        return any(level == "write" for scope, level in self.permissions.items() if scope != "id-token")


def read(path: Path) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 takes `on` for a truth value.
    return {"on" if key is True else key: value for key, value in loaded.items()}


@cache
def workflows() -> dict[str, dict[str, Any]]:
    return {path.name: read(path) for path in sorted(FOLDER.iterdir())}


def events(workflow: Mapping[str, Any]) -> frozenset[str]:
    on = workflow["on"]
    return frozenset([on] if isinstance(on, str) else on)


@cache
def jobs() -> list[Job]:
    found = [(name, workflow, id_) for name, workflow in workflows().items() for id_ in workflow["jobs"]]
    return [Job(name, id_, workflow["jobs"][id_], events(workflow)) for name, workflow, id_ in found]


def job(workflow: str, id_: str) -> Job:
    return next(each for each in jobs() if (each.workflow, each.id) == (workflow, id_))


def run_step(
    workflow: str, id_: str, name: str, folder: Path, environment: Mapping[str, str], *, seconds: int = 30
) -> subprocess.CompletedProcess[str]:
    """Runs a step's script as a runner does, with the programs of `folder/bin` before all others."""
    (step,) = (each for each in job(workflow, id_).steps if each.get("name") == name)
    files = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary")}
    path = f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=folder,
        env={"PATH": path, **files, **_plain(step.get("env", {})), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _plain(declared: Mapping[str, object]) -> dict[str, str]:
    """What a step's environment says outright: an expression's value is the test's to give."""
    return {name: str(value) for name, value in declared.items() if not EXPRESSION.search(str(value))}


def program(path: Path, script: str) -> None:
    """A stand-in for a program, in bash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{script}", encoding="utf-8")
    path.chmod(0o755)
