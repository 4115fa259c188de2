"""An account of each test's own, with a repository."""

from collections.abc import Iterator
from itertools import count

import pytest

from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Connect
from localcloud.tests.ecr.control_plane import CONFIG
from localcloud.tests.events.monitored import NAME, REGION, Monitored, Subscriber

_NUMBERS = count(1)


@pytest.fixture
def monitored(cloud: LocalCloud, connect: Connect) -> Monitored:
    account = f"7070{next(_NUMBERS):08}"
    made = Monitored(cloud, connect, account)
    made.client("ecr").create_repository(repositoryName=NAME)
    services = cloud.events.services
    assert services is not None
    services.registries.of(account, REGION).repository(NAME).layers.add(CONFIG)
    return made


@pytest.fixture
def endpoint() -> Iterator[Subscriber]:
    made = Subscriber()
    yield made
    made.stop()
