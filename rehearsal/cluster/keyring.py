"""Which credentials a kubelet finds in a pod's pull secrets for an image: its own code says so."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rehearsal.cluster.binaries import require_binaries

_PATIENCE = 30.0


class PullCredentials(NamedTuple):
    username: str
    password: str


class KeyringFailed(Exception):
    """One of the secrets can't be read, and with it no image's credentials are found."""


def credentials_for(images: Iterable[str], secrets: Sequence[Mapping[str, Any]]) -> dict[str, list[PullCredentials]]:
    """For each image, in the order in which the kubelet tries them; the secrets are the API's objects, in the order
    of the pod's `imagePullSecrets`. Raises NotBuilt and KeyringFailed."""
    program = require_binaries("keyring") / "keyring"
    asked = json.dumps({"images": list(images), "secrets": list(secrets)})
    ended = subprocess.run(  # noqa: S603 - the program is ours
        [program], input=asked, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if ended.returncode:
        raise KeyringFailed(ended.stderr.strip())
    return {image: [PullCredentials(**each) for each in found] for image, found in json.loads(ended.stdout).items()}
