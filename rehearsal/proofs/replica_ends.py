"""A replica is not a source: what arrives there by replication or by a push is not replicated further."""

import secrets

from oci.image import image
from rehearsal.proofs.harness.case import Broken, Case
from rehearsal.proofs.harness.replication_status import settled

PROMISE = "a replica replicates nothing"


def applies(case: Case) -> bool:
    return not case.registry.home


def prove(case: Case) -> str:
    rules = case.api("ecr").describe_registry()["replicationConfiguration"]["rules"]
    new = secrets.token_hex(4)
    on = settled(case, case.name, case.push(image(f"{case.subject} {new}", layers=1), case.tag(f"stays-{new}")))
    if on:
        raise Broken(f"what was pushed here went on to {', '.join(f'{each.account} {each.region}' for each in on)}")
    if rules:
        raise Broken(f"it has a replication configuration: {rules}")
    return "it has no replication, and what was pushed stayed"
