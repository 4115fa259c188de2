"""An ECR without a server, and one that listens, for the tests that need no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.tests.ecr.control_plane import Plane
from localcloud.tests.ecr.registry_server import Server, serving


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "blobs") as running:
        yield running
