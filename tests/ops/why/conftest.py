"""One local cloud with the stack in which calls are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from rehearsal.proofs.harness.upstream_registries import Upstreams
from tests.ops.why.world import World, project


@contextmanager
def built(folder: Path) -> Iterator[World]:
    """The project's stack in a local cloud of its own."""
    with LocalCloud() as cloud, Clients(cloud.endpoint) as clients, Upstreams(cloud) as upstreams:
        yield World(folder, cloud, clients, upstreams)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with built(project(tmp_path_factory.mktemp("why") / "project")) as made:
        yield made
