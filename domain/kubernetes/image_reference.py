"""An image as a pod names it: https://pkg.go.dev/github.com/distribution/reference"""

import re
from dataclasses import dataclass

from domain.registries import docker_hub

LATEST = "latest"
"""Of a name with neither tag nor digest."""
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<host>[A-Za-z0-9.-]+(?::[0-9]+)?)/)?(?P<name>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """What is pulled: from a host the digest or, without one, the tag."""

    host: str
    name: str
    tag: str
    digest: str | None


def parse_image(text: str) -> ImageReference | None:
    """None where a kubelet refuses it, such as a digest in capitals."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    host, name, tag, digest = match.group("host", "name", "tag", "digest")
    if host is not None and not ("." in host or ":" in host or host == "localhost"):
        host, name = None, f"{host}/{name}"
    return ImageReference(host=host or docker_hub.HOST, name=name, tag=tag or LATEST, digest=digest)
