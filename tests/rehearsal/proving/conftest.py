"""Stacks in the shared local cloud, and the principals that push and pull there."""

from collections.abc import Iterator

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from rehearsal.proofs.harness.http_endpoints import HttpEndpoints
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.upstream_registries import Upstreams
from rehearsal.up import stand_in
from settings import Settings
from tests.rehearsal.proving.stacks import Stack, Stacks


@pytest.fixture(scope="session")
def stacks(
    tmp_path_factory: pytest.TempPathFactory, cloud: LocalCloud, clients: Clients, principals: Principals
) -> Iterator[Stacks]:
    """What a test broke of one is mended again, which is looked at once, at the end."""
    with Upstreams(cloud) as upstreams, HttpEndpoints() as http_endpoints:

        def prepare(settings: Settings) -> None:
            stand_in(settings, cloud)
            upstreams.play(settings)

        made = Stacks(tmp_path_factory.mktemp("stacks"), clients, principals, prepare, http_endpoints)
        yield made
        assert made.not_mended() == []


@pytest.fixture(scope="session")
def dev_stack(stacks: Stacks) -> Stack:
    """The tests' own stack, whose account no other test uses."""
    return stacks["dev"]
