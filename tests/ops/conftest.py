"""Runs `ops adopt` in process, on the tests' own project or on a copy of it."""

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ops.__main__ import main
from settings import Settings, load
from tests.conftest import PROJECT
from tests.ops.outputs import written
from tests.stacks import rendering_once

TODAY = "2026-03-01"


@dataclass(frozen=True)
class Adopted:
    """What one run printed."""

    code: int
    text: str
    error: str
    project: Path
    stack: str

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    def repository(self, name: str) -> dict[str, Any]:
        """What the JSON form says of one."""
        (found,) = [each for each in self.report["repositories"] if each["name"] == name]
        return dict(found)

    def changes(self, name: str, region: str = "us-east-1") -> list[str]:
        """A line for each change and each of its details."""
        found = [each for each in self.repository(name)["changes"] if region in each["regions"]]
        return [line for each in found for line in (each["text"], *each["details"])]

    def pasted(self) -> Settings:
        """The stack's settings once people have pasted what is printed."""
        catalog = self.project / "catalog.yaml"
        catalog.write_text(f"{catalog.read_text(encoding='utf-8')}\n{self.text}", encoding="utf-8")
        file = self.project / f"Pulumi.{self.stack}.yaml"
        config = file.read_text(encoding="utf-8")
        for key, lines in self._blocks().items():
            here = f"{key}\n"
            config = config if here in config else f"{config}{here}"
            config = config.replace(here, here + "".join(f"{line}\n" for line in lines))
        file.write_text(config, encoding="utf-8")
        return load(self.project, self.stack)

    def _blocks(self) -> dict[str, list[str]]:
        """The commented lines for the stack's file, by their key."""
        blocks: dict[str, list[str]] = {}
        for line in self.text.splitlines():
            plain = line.removeprefix("# ")
            if line.startswith("#   container-registry:"):
                blocks[plain] = []
            elif line.startswith("#     ") and blocks:
                blocks[list(blocks)[-1]].append(plain)
            elif blocks:
                break
        return blocks


Adopt = Callable[..., Adopted]


def run_adopt(
    *files: Sequence[object],
    more: Sequence[str] = (),
    stack: str | None = "prod",
    format: str = "json",
    project: Path = PROJECT,
) -> Adopted:
    """Adopts what files of outputs hold, one file for each list."""
    out, err = StringIO(), StringIO()
    named = ["--stack", stack] if stack else []
    with TemporaryDirectory() as folder, redirect_stdout(out), redirect_stderr(err):
        paths = [str(written(Path(folder, f"{number}.json"), *outputs)) for number, outputs in enumerate(files)]
        code = main(["adopt", *paths, *named, "--format", format, "--project", str(project), "--today", TODAY, *more])
    return Adopted(code, out.getvalue(), err.getvalue(), project, stack or "")


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering_once(monkeypatch)


@pytest.fixture
def levels(project: Path) -> Path:
    """The folder of the copy's levels, free to be changed."""
    return shutil.copytree(PROJECT / "policies", project / "policies", dirs_exist_ok=True)


@pytest.fixture
def adopt(project: Path, levels: Path) -> Adopt:  # noqa: ARG001  the copy needs its levels
    return partial(run_adopt, project=project)
