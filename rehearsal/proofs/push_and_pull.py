"""A push with the push actions alone, and a pull that brings the same digests back."""

from oci.client import Client
from oci.image import image
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "a publisher with the push actions alone pushes, and what is pulled is the same"


def prove(case: Case) -> str:
    pushed = image(f"{case.subject} push-and-pull")
    tag = case.tag("round-trip")
    digest = case.push(pushed, tag)
    with Client.on_loopback(case.host, case.puller()) as client:
        by_tag = client.pull(case.name, tag)
        by_digest = client.pull(case.name, digest)
    for how, pulled in (("tag", by_tag), ("digest", by_digest)):
        if pulled.digest != pushed.digest or set(pulled.blobs) != {blob.digest for blob in pushed.blobs}:
            raise Broken(f"pushed {pushed.digest}, and by {how} came {pulled.digest}")
    return f"{len(pushed.blobs)} blobs, by tag and by digest {digest[:19]}"
