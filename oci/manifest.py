"""Bytes under a digest, and what a manifest among them refers to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.ecr.images import digest_of

_FOREIGN = frozenset({"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"})
"""Layers that stand elsewhere, at the addresses that the manifest gives."""


class Corrupt(Exception):
    """What came is not what its digest says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    @property
    def descriptor(self) -> dict[str, object]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A blob as a manifest describes it, the configuration included."""

    digest: str
    size: int
    foreign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Everything that must stand before a manifest, and the image that it belongs to."""

    children: tuple[str, ...]
    layers: tuple[Layer, ...]
    subject: str | None


def references(manifest: bytes, what: str) -> References:
    """Of an index its images, of an image its blobs; raises Corrupt where it is not a manifest."""
    try:
        data: Mapping[str, Any] = json.loads(manifest)
        described = [data["config"], *data["layers"]] if "layers" in data else []
        return References(
            children=tuple(str(each["digest"]) for each in data.get("manifests", ())),
            layers=tuple(_layer(each) for each in described),
            subject=str(data["subject"]["digest"]) if data.get("subject") else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Corrupt(f"{what} is not a manifest: {error!r}") from error


def _layer(described: Mapping[str, Any]) -> Layer:
    foreign = described.get("mediaType") in _FOREIGN
    return Layer(digest=str(described["digest"]), size=int(described.get("size", -1)), foreign=foreign)
