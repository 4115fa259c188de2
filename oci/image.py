"""Small real images, made from a word: the same word gives the same digest, another word another."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from domain.ecr.images import OCI_INDEX, OCI_MANIFEST, digest_of
from oci.manifest import Blob

_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A manifest and the blobs that it names."""

    manifest: Blob
    blobs: tuple[Blob, ...]

    @property
    def digest(self) -> str:
        return self.manifest.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One image for each architecture, under one digest."""

    manifest: Blob
    images: tuple[Image, ...]

    @property
    def digest(self) -> str:
        return self.manifest.digest


def image(word: str, *, layers: int = 3, architecture: str = "amd64") -> Image:
    """An image whose every layer is a file system of one file, as a container engine would take it."""
    tars = [_tar(f"{word}.{architecture}.{number}") for number in range(layers)]
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Labels": {"rehearsal": word}},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
    }
    config_blob = Blob(content=_text(config), media_type=_CONFIG)
    layer_blobs = [Blob(content=gzip.compress(tar, mtime=0), media_type=_LAYER) for tar in tars]
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config_blob.descriptor,
        "layers": [blob.descriptor for blob in layer_blobs],
    }
    return Image(manifest=Blob(content=_text(manifest), media_type=OCI_MANIFEST), blobs=(config_blob, *layer_blobs))


def index(word: str, architectures: tuple[str, ...] = ("amd64", "arm64")) -> Index:
    images = tuple(image(word, layers=1, architecture=each) for each in architectures)
    manifests = [
        {**each.manifest.descriptor, "platform": {"architecture": architecture, "os": "linux"}}
        for architecture, each in zip(architectures, images, strict=True)
    ]
    content = _text({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
    return Index(manifest=Blob(content=content, media_type=OCI_INDEX), images=images)


def _tar(word: str) -> bytes:
    buffer = io.BytesIO()
    content = hashlib.shake_256(word.encode()).digest(_FILE_BYTES)
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(f"rehearsal/{digest_of(word.encode())[-12:]}")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _text(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()
