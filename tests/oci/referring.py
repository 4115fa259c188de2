"""What refers to an image: a signature, a bill of materials."""

import json

from domain.ecr.images import OCI_MANIFEST, digest_of
from oci.manifest import Blob


def signature_of(subject: Blob, name: str) -> Blob:
    data = {
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.acme.signature",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2},
        "layers": [], "subject": subject.descriptor, "annotations": {"name": name},
    }  # fmt: skip
    return Blob(content=json.dumps(data).encode(), media_type=OCI_MANIFEST)
