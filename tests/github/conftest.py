"""A GitHub on loopback with one organization, one user and a repository of each."""

from collections.abc import Iterator

import pytest

from tests.github.calls import READ_ONLY, TOKEN
from tests.github.server import GitHub, served
from tests.github.state import USER


@pytest.fixture
def github() -> Iterator[GitHub]:
    github = GitHub(tokens={TOKEN: True, READ_ONLY: False})
    holdings = github.holdings
    acme = holdings.add_owner("acme", 1024, teams={4201: "payments"})
    holdings.add(acme, "payments-api", 65536)
    holdings.add(holdings.add_owner("robin", 77, type=USER), "tools", 65999)
    with served(github):
        yield github
