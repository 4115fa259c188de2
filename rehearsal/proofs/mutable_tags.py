"""Mutable tags move, by each kind of filter."""

from domain.ecr.images import digest_of
from domain.ecr.tags import WILDCARD
from oci.client import Client
from oci.image import image
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the tags that are declared mutable move"


def applies(case: Case) -> bool:
    return bool(case.repository.mutable_tags)


def prove(case: Case) -> str:
    tags = [pattern.replace(WILDCARD, "rehearsal") for pattern in case.repository.mutable_tags]
    for tag in tags:
        case.push(image(f"{case.subject} {tag} before", layers=1), tag)
        after = case.push(image(f"{case.subject} {tag} after", layers=1), tag)
        with Client.on_loopback(case.host, case.puller()) as client:
            found = digest_of(client.manifest(case.name, tag).content)
        if found != after:
            raise Broken(f"{tag} was pushed as {after}, and is {found}")
    return f"{', '.join(tags)} moved"
