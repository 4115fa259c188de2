"""What is pushed at home stands at each replica that is to have it, and at no other."""

import secrets
from collections.abc import Iterable

from domain.aws import RegistryId
from domain.ecr.replication import destinations_of
from oci.client import Client, Refused
from oci.image import Image, Index, image, index
from rehearsal.proofs.harness.arrivals import COMPLETE, settled
from rehearsal.proofs.harness.case import Broken, Case
from settings import Place

PROMISE = "every replica serves the very images that are pushed at home"


def applies(case: Case) -> bool:
    return case.place.home and len(case.settings.all_places) > 1


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
            raise Broken(f"declared for {_told(wanted)}, and it went to {_told(ended)}: {', '.join(ended.values())}")
    there = [place for place in case.settings.all_places if place.registry in wanted]
    for place in there:
        _require_served(case, place, pushed)
    for place in case.settings.all_places:
        if place.prefixes and not case.name.startswith(place.prefixes) and case.at(place).knows(case.name):
            raise Broken(f"it is not for {place.name}, and stands there")
    return f"an image and an index at {', '.join(each.name for each in there) or 'home alone'}"


def _require_served(case: Case, place: Place, pushed: dict[str, Image | Index]) -> None:
    replica = case.at(place)
    with Client.on_loopback(replica.host, replica.puller()) as client:
        for tag, each in pushed.items():
            try:
                pulled = client.pull(case.name, tag)
            except Refused as refused:
                raise Broken(f"{tag} was pushed at home, and {place.name} does not serve it: {refused}") from refused
            if pulled.digest != each.digest:
                raise Broken(f"{tag} is {each.digest} at home, and {pulled.digest} at {place.name}")


def _told(destinations: Iterable[RegistryId]) -> str:
    return ", ".join(f"{each.account} {each.region}" for each in destinations) or "nowhere"
