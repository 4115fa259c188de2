"""README and the pages under docs: every YAML block loads, every command exists, what a page prints is what is printed.

What needs AWS, GitHub or Pulumi's CLI is read by a shell's parser alone.
"""

import re
import shlex
import subprocess
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from ops.mirror.rules import read_rules
from settings import InvalidSettings, load
from tests.stacks import NO_GITHUB, ROOT, copied

PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs/runbooks").glob("*.md"),
    ]
)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_MADE = re.compile(r"`make ([a-z-]+)")
_MODULE = re.compile(r"python -m ([a-z_.]+)")
PARSED = ("review", "ops", "rehearsal")
"""Commands whose arguments are parsed; the others take few or none."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            if match[2] in languages:
                line = text.count("\n", 0, match.start()) + 1
                found.append(Block(page, line, match[2], dedent(match[3])))
    return found


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_loads(block: Block, tmp_path: Path) -> None:
    content = yaml.safe_load(block.text)
    assert isinstance(content, dict)
    if "apiVersion" in content:  # Kubernetes's own, and none of our settings
        assert isinstance(content["kind"], str)
        return
    if "jobs" in content:
        steps = [step for job in content["jobs"].values() for step in job["steps"]]
        assert steps
        assert all("run" in each or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each["uses"]) for each in steps)
        return
    if "rules" in content:
        (tmp_path / "mirror.yaml").write_text(block.text, encoding="utf-8")
        assert read_rules(tmp_path / "mirror.yaml").rules
        return
    try:
        load(_project_with(content, block.text, tmp_path), "dev")
    except InvalidSettings as invalid:
        told = {str(fault).partition(": ")[2] for fault in invalid.faults}
        printed = block.page.read_text(encoding="utf-8")
        assert all(each in printed for each in told), told


def _project_with(content: dict[str, Any], text: str, folder: Path) -> Path:
    """The tests' project with a whole stack's file, keys of one, entries, or other parts of a catalog."""
    project = copied(folder / "project", *NO_GITHUB)
    stack, catalog = project / "Pulumi.dev.yaml", project / "catalog.yaml"
    if "config" in content:
        return _written(stack, content)
    if all(key.startswith("container-registry:") for key in content):
        config = yaml.safe_load(stack.read_text(encoding="utf-8"))
        for key, value in content.items():
            held = config["config"].get(key)
            config["config"][key] = {**held, **value} if isinstance(held, dict) else value
        return _written(stack, config)
    whole = yaml.safe_load(catalog.read_text(encoding="utf-8"))
    parts = (
        content if content.keys() <= {"repositories", "retention", "removed", "sources"} else {"repositories": content}
    )
    for key, value in parts.items():
        whole[key] = {**whole.get(key, {}), **value}
    if accounts := re.findall(r'^# +([\w-]+): "(\d{12})"$', text, re.MULTILINE):  # for the stack's file, says the page
        config = yaml.safe_load(stack.read_text(encoding="utf-8"))
        config["config"]["container-registry:accounts"] |= dict(accounts)
        _written(stack, config)
    return _written(catalog, whole)


def _written(file: Path, content: object) -> Path:
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file.parent


@pytest.mark.parametrize("block", blocks("sh", "bash"), ids=str)
def test_commands_exist(block: Block) -> None:
    parsed = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, parsed.stderr
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert {each for each in _before_pipe(words[1:]) if "=" not in each} <= targets()
        elif "-m" in words[:2]:
            _accepted(words[words.index("-m") + 1], words[words.index("-m") + 2 :])


def _accepted(module: str, arguments: list[str]) -> None:
    assert find_spec(module) is not None
    if module in PARSED:
        import_module(f"{module}.__main__")._parser().parse_args(_before_pipe(arguments))


def _before_pipe(words: list[str]) -> list[str]:
    return list(takewhile(lambda each: each not in (">", "|"), words))


def targets() -> set[str]:
    return set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_prose_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(_MADE.findall(text)) <= targets()
    assert [each for each in _MODULE.findall(text) if find_spec(each.rstrip(".")) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]*)(?:#[^)]*)?\)", text):
        assert not target or (page.parent / target).exists(), target
