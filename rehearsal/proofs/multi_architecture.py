"""An image for several architectures is pushed and pulled whole."""

from oci.client import Client
from oci.image import index
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "a multi-architecture image round-trips"


def prove(case: Case) -> str:
    pushed = index(f"{case.subject} multi-architecture")
    tag = case.tag("multi-architecture")
    case.push(pushed, tag)
    with Client.on_loopback(case.host, case.puller()) as client:
        pulled = client.pull(case.name, tag)
    wanted = {blob.digest for image in pushed.images for blob in image.blobs}
    if pulled.digest != pushed.digest or set(pulled.blobs) != wanted:
        raise Broken(f"pushed {pushed.digest}, and {pulled.digest} came with {len(pulled.blobs)} blobs")
    return f"{len(pushed.images)} architectures under {pushed.digest[:19]}"
