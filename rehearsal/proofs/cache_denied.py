"""No other principal imports images, or pulls what others imported."""

from oci.client import Client, Refused
from rehearsal.proofs.harness.cache_case import CacheCase
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.denied_calls import (
    CHANGES,
    PULLS,
    RegistryPrincipal,
    other_principals,
    require_refused_in,
)
from rehearsal.proofs.harness.principals import login
from rehearsal.proofs.harness.upstream_registries import TAG, UNDECLARED, content, names

PROMISE = "no other principal imports images into the cache, or pulls from it"


def prove_cache(case: CacheCase) -> str:
    name = names(case.cache)[UNDECLARED]
    case.remove(name)
    others = [*other_principals(case, case.cache.pull), *case.other_namespaces()]
    # A principal that can pull from all of the account's repositories still can't have new ones created.
    for each in (*others, RegistryPrincipal(who="a role that may pull", password=case.puller())):
        with Client.on_loopback(case.host, each.password) as client:
            try:
                client.manifest(name, TAG)
            except Refused:
                brought = case.knows(name)
            else:
                brought = True
        if brought:
            raise Broken(f"{each.who} brought {name} in, and nothing grants it")
    _brought_in(case, name)
    for each in others:
        with Client.on_loopback(case.host, each.password) as client:
            require_refused_in(name, client, each, content(case.cache, name).images[0], {**PULLS, **CHANGES})
    return f"refused: {', '.join(each.who for each in others)}"


def _brought_in(case: CacheCase, name: str) -> None:
    """By the registry's owner."""
    _, password = login(case.clients, case.registry.account, case.registry.region)
    with Client.on_loopback(case.host, password) as client:
        client.pull(name, TAG)
