"""The digests that name blobs, manifests and images, and the formats of manifests that Amazon ECR takes."""

import hashlib
import re

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""ECR takes no other algorithm. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html"""

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEXES = (OCI_INDEX, DOCKER_LIST)
MANIFESTS = (OCI_MANIFEST, DOCKER_MANIFEST, *INDEXES)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html; schema 1 is no longer taken."""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
