"""The digests that name blobs, manifests and images."""

import hashlib
import re

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""ECR's own: it takes no other algorithm.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html"""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
