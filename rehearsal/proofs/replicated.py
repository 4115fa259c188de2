"""What is pushed at home is at each replica that is to have it, and at no other."""

import secrets
from collections.abc import Iterable

from domain.aws import RegistryId
from domain.ecr.replication import destinations_of
from oci.client import Client, Refused
from oci.image import Image, Index, image, index
from rehearsal.proofs.harness.case import Broken, Case
from rehearsal.proofs.harness.replication_status import COMPLETE, settled
from settings import StackRegistry

PROMISE = "every replica serves the images that are pushed at home"


def applies(case: Case) -> bool:
    return case.registry.home and len(case.settings.all_registries) > 1


def prove(case: Case) -> str:
    wanted = destinations_of(case.name, case.settings.replication)
    # An image that is there already would not be sent again.
    new = secrets.token_hex(4)
    pushed: dict[str, Image | Index] = {
        case.tag(f"replicated-{new}"): image(f"{case.subject} {new}"),
        case.tag(f"replicated-index-{new}"): index(f"{case.subject} {new}"),
    }
    for tag, each in pushed.items():
        case.push(each, tag)
    for each in pushed.values():
        ended = settled(case, case.name, each.digest)
        if set(ended) != set(wanted) or not all(how == COMPLETE for how in ended.values()):
            declared, actual = _destinations_text(wanted), _destinations_text(ended)
            raise Broken(f"declared for {declared}, and it went to {actual}: {', '.join(ended.values())}")
    there = [registry for registry in case.settings.all_registries if registry.id in wanted]
    for registry in there:
        _require_served(case, registry, pushed)
    for registry in case.settings.all_registries:
        if registry.prefixes and not case.name.startswith(registry.prefixes) and case.at(registry).knows(case.name):
            raise Broken(f"it is not for {registry.name}, and is there")
    return f"an image and an index at {', '.join(each.name for each in there) or 'home alone'}"


def _require_served(case: Case, registry: StackRegistry, pushed: dict[str, Image | Index]) -> None:
    replica = case.at(registry)
    with Client.on_loopback(replica.host, replica.puller()) as client:
        for tag, each in pushed.items():
            try:
                pulled = client.pull(case.name, tag)
            except Refused as refused:
                raise Broken(f"{tag} was pushed at home, and {registry.name} does not serve it: {refused}") from refused
            if pulled.digest != each.digest:
                raise Broken(f"{tag} is {each.digest} at home, and {pulled.digest} at {registry.name}")


def _destinations_text(destinations: Iterable[RegistryId]) -> str:
    return ", ".join(f"{each.account} {each.region}" for each in destinations) or "nowhere"
