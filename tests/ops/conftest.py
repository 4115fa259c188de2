"""Runs the command on a copy of the project."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from settings import Settings, load
from tests.conftest import ROOT
from tests.ops.outputs import written


@dataclass(frozen=True)
class Adopted:
    """What one run printed."""

    code: int
    text: str
    told: str
    project: Path
    stack: str

    def repository(self, name: str) -> dict[str, Any]:
        """What the JSON form says of one."""
        (found,) = [each for each in json.loads(self.text)["repositories"] if each["name"] == name]
        return dict(found)

    def changes(self, name: str, region: str = "us-east-1") -> list[str]:
        return [
            line
            for each in self.repository(name)["changes"]
            if region in each["regions"]
            for line in (each["text"], *each["details"])
        ]

    def about(self, name: str, word: str) -> list[str]:
        """The changes in which the word is, with their details, in whatever region."""
        found = [each for each in self.repository(name)["changes"] if word in each["text"]]
        return [line for each in found for line in (each["text"], *each["details"])]

    def pasted(self) -> Settings:
        """The stack's settings once people have pasted what they were told to."""
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
TODAY = "2026-03-01"


@pytest.fixture(autouse=True)
def levels(project: Path) -> Path:
    """The folder of the copy's levels, free to be changed."""
    folder = project / "policies"
    folder.mkdir()
    for file in (ROOT / "policies").glob("*.json"):
        shutil.copy(file, folder / file.name)
    return folder


@pytest.fixture
def adopt(project: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> Adopt:
    """Adopts what files of outputs hold, one file for each list."""

    def run(*files: list[object], stack: str | None = "prod", format: str = "json") -> Adopted:
        folder = tmp_path_factory.mktemp("outputs")
        paths = [str(written(folder / f"{number}.json", *outputs)) for number, outputs in enumerate(files)]
        named = ["--stack", stack] if stack else []
        code = main(["adopt", *paths, *named, "--format", format, "--project", str(project), "--today", TODAY])
        out, err = capsys.readouterr()
        return Adopted(code, out, err, project, stack or "")

    return run
