"""The GitHub that the tests' project declares: the organization acme, its teams and repositories."""

from tests.github.server import GitHub

WRITES, READS = "ghs_canary4Jw8Zq2m", "ghs_canary9Ty3Kd6b"
"""Its tokens: nothing may show them."""
REPOSITORIES = ("payments-api", "payments-ledger", "storefront", "data-ingest", "notebooks", "container-registry")


def acme() -> GitHub:
    github = GitHub(tokens={WRITES: True, READS: False})
    owner = github.holdings.add_owner("acme", 1024, teams={4200: "platform", 4201: "payments"})
    github.holdings.users[17] = "robin"
    for number, name in enumerate(REPOSITORIES, 65_536):
        github.holdings.add(owner, name, number)
    return github
