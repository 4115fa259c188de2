"""What all tests share: the project, its rendered stacks, and projects with other settings."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from review import Render, render

ROOT = Path(__file__).parent.parent
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "catalog.yaml", "__main__.py")

hypothesis_settings.register_profile("project", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("project")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def dev() -> Render:
    return render(ROOT, "dev")


@pytest.fixture(scope="session")
def prod() -> Render:
    return render(ROOT, "prod")


@pytest.fixture(scope="session")
def prod_preview() -> Render:
    return render(ROOT, "prod", preview=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's settings and program, free to be changed."""
    for name in PROJECT_FILES:
        shutil.copy(ROOT / name, tmp_path / name)
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
