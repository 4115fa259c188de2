"""What all tests share: a project of their own, its rendered stacks, and copies of it with other settings.

The live catalog and stacks belong to the company: `tests/test_live_project.py` alone reads them.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from render import Render, render

ROOT = Path(__file__).parent.parent
"""The code."""
PROJECT = ROOT / "tests" / "project"
"""The tests' own settings; the program and Pulumi.yaml in it are links to the code's."""
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "catalog.yaml", "__main__.py")

hypothesis_settings.register_profile("project", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def _no_bytecode_of_copies() -> None:
    """Where bytecode is kept outside the folders of its modules, what children write of a copy would stay behind."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.fixture(scope="session")
def root() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def dev() -> Render:
    return render(PROJECT, "dev")


@pytest.fixture(scope="session")
def prod() -> Render:
    return render(PROJECT, "prod")


@pytest.fixture(scope="session")
def prod_preview() -> Render:
    return render(PROJECT, "prod", preview=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's settings and program, free to be changed."""
    for name in PROJECT_FILES:
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(project: Path) -> Edit:
    """Replaces a text that the file must hold by another."""

    def replace(file: str, old: str, new: str) -> None:
        text = (project / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (project / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
