"""What the tests of settings start from."""

from pathlib import Path

import pytest

from tests.stacks import NO_GITHUB, NO_SOURCES, copied


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy that declares nothing at GitHub: most tests have a catalog of their own, which it would have to fit."""
    return copied(tmp_path, *NO_GITHUB, *NO_SOURCES)
