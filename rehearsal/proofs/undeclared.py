"""A repository that is not declared, and receives replicated images, is as secure as a declared one, or is not made."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.ecr.tags import TagMutability
from oci.client import Client
from oci.image import image
from rehearsal.proofs.harness.case import Broken, RegistryCase
from rehearsal.proofs.harness.principals import login
from rehearsal.proofs.harness.replication_status import COMPLETE, FAILED, require_made, settled

PROMISE = "a repository that is not declared is created as secure as a declared one, and in no other account"


def applies(case: RegistryCase) -> bool:
    return any(case.registry.id in rule.destinations for rule in case.settings.replication)


def prove_registry(case: RegistryCase) -> str:
    name = f"{min(case.registry.prefixes, default='')}rehearsal-undeclared"
    with _made_by_hand(case, name) as home:
        _, password = login(case.clients, home.registry.account, home.registry.region)
        with Client.on_loopback(home.host, password) as client:
            digest = client.push(name, image(f"{case.subject} undeclared", layers=1), "rehearsal")
        ended = settled(home, name, digest).get(case.registry.id, "not sent")
        if case.registry.role is not None:
            if not ended.startswith(FAILED) or case.knows(name):
                raise Broken(f"{name} is declared nowhere, and came to another account: {ended}")
            return f"{name} was refused"
        if ended != COMPLETE:
            raise Broken(f"{name} did not come: {ended}")
        lifecycle, tags = case.settings.net_text(), case.settings.tags
        require_made(case, name, TagMutability.IMMUTABLE, lifecycle=lifecycle, policy=None, tags=tags)
    return f"{name} came immutable, under the key, with tags and lifecycle policy"


@contextmanager
def _made_by_hand(case: RegistryCase, name: str) -> Iterator[RegistryCase]:
    """A repository at home, and home; at the end it is gone, wherever it came."""
    home = case.at(case.settings.home)
    home.api("ecr").create_repository(repositoryName=name)
    try:
        yield home
    finally:
        for registry in case.settings.all_registries:
            case.at(registry).remove(name)
