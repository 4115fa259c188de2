"""Local clouds that many tests share. All tests of this folder need `localcloud`, `oci` and `domain` alone."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Connect, Door, Recorder

MARKERS = (
    "load: bars of time, size and parallelism",
    "conformance: needs the distribution specification's program, by CONFORMANCE_PROGRAM",
)
FULL = 100
"""How many examples hypothesis tries where nothing else is said."""
settings.register_profile("project", max_examples=FULL // 4, deadline=None, derandomize=True, database=None)
settings.register_profile("ci", max_examples=FULL, deadline=None, print_blob=True, database=None)


def pytest_configure(config: pytest.Config) -> None:
    for each in MARKERS:
        config.addinivalue_line("markers", each)
    if config.getoption("--hypothesis-profile") is None:
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.fixture(scope="session")
def connect() -> Iterator[Connect]:
    made = Connect()
    yield made
    made.close()


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A whole local cloud; other tests use it too: take repositories, keys and roles under names of your own."""
    with LocalCloud() as made:
        yield made


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """A local cloud whose ECR only writes down what reaches it."""
    recorder = Recorder()
    with LocalCloud(ecr=recorder) as made:
        yield made, recorder
