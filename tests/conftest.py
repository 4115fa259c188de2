"""What all tests share: a project of their own, its rendered stacks, and copies of it with other settings.

The live catalog and stacks belong to the company: `tests/test_live_project.py` alone reads them.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from render.resource import Render
from tests.stacks import PROJECT, PROJECT_FILES, ROOT, copied, edited, rendered

__all__ = ["PROJECT", "PROJECT_FILES", "ROOT", "Edit", "examples"]

FULL = 100
"""How many examples hypothesis tries where nothing else is said."""
# `make test` runs the same quarter of the examples each time, .ci/run all of them (HYPOTHESIS_PROFILE=ci), and others
# each time.
hypothesis_settings.register_profile("project", max_examples=FULL // 4, deadline=None, derandomize=True, database=None)
hypothesis_settings.register_profile("ci", max_examples=FULL, deadline=None, print_blob=True, database=None)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile") is None:
        hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
    if not config.getoption("numprocesses", None):
        # Where bytecode is kept apart from the code, what a test's children write of a copy would stay behind.
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: looking through it for garbage again costs an eighth more."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def examples(count: int) -> int:
    """How many of so many examples the profile tries."""
    return count * hypothesis_settings().max_examples // FULL


@pytest.fixture(scope="session")
def root() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def dev() -> Render:
    return rendered("dev")


@pytest.fixture(scope="session")
def prod() -> Render:
    return rendered("prod")


@pytest.fixture(scope="session")
def prod_preview() -> Render:
    return rendered("prod", preview=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's settings and program, free to be changed."""
    return copied(tmp_path)


Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(project: Path) -> Edit:
    """Replaces a text that the file must hold by another."""

    def replace(file: str, old: str, new: str) -> None:
        edited(project, (file, old, new))

    return replace
