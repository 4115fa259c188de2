"""No other principal imports images, or pulls what others imported."""

from collections.abc import Iterator

from domain.iam.grants import AccountGrant
from oci.client import Client, Refused
from rehearsal.proofs.harness.cache_case import CacheCase
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, DeniedPrincipal, require_refused_in
from rehearsal.proofs.harness.principals import login
from rehearsal.proofs.harness.upstream_registries import STRANGERS, TAG, content, names

PROMISE = "no other principal imports images into the cache, or pulls from it"


def prove_cache(case: CacheCase) -> str:
    name = names(case.cache)[STRANGERS]
    case.remove(name)
    strangers = list(_strangers(case))
    # Who may pull from all of the account's repositories may still not have new ones made.
    for each in (*strangers, DeniedPrincipal(who="a role that may pull", password=case.puller())):
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
    for each in strangers:
        with Client.on_loopback(case.host, each.password) as client:
            require_refused_in(name, client, each, content(case.cache, name).images[0], {**PULLS, **CHANGES})
    return f"refused: {', '.join(each.who for each in strangers)}"


def _brought_in(case: CacheCase, name: str) -> None:
    """By the registry's owner."""
    _, password = login(case.clients, case.registry.account, case.registry.region)
    with Client.on_loopback(case.host, password) as client:
        client.pull(name, TAG)


def _strangers(case: CacheCase) -> Iterator[DeniedPrincipal]:
    """An account that nobody named, and another role beside each role that is."""
    yield DeniedPrincipal(who=f"account {case.stranger}", password=case.visitor(case.stranger))
    grants = [each for each in case.cache.pull if isinstance(each, AccountGrant)]
    whole = {each.account for each in grants if each.role is None} | {case.registry.account}
    for account in sorted({each.account for each in grants} - whole):
        yield DeniedPrincipal(who=f"another role of {account}", password=case.visitor(account, "rehearsal-other"))
