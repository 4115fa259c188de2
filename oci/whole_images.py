"""The client of the proofs: whole images to and from the local cloud."""

from dataclasses import dataclass

from domain.ecr.images import digest_of
from oci import client
from oci.client import Refused
from oci.image import Image, Index
from oci.manifest import Blob, Corrupt, references

__all__ = ["Client", "Corrupt", "Pulled", "Refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull brought: the manifest, and the digests of all blobs, each compared with its content."""

    digest: str
    media_type: str
    manifest: bytes
    blobs: tuple[str, ...]


class Client(client.Client):
    """By the registry's host, which is on loopback, speaks plain HTTP, and keeps its blobs itself."""

    def __init__(self, host: str, password: str | None = None, *, user: str = "AWS") -> None:
        super().__init__(f"http://{host}", password, user=user, blobs_elsewhere=False)

    def push(self, repository: str, what: Image | Index, tag: str | None = None) -> str:
        """Pushes all of it, and answers the digest that the registry gave it."""
        if isinstance(what, Index):
            for image in what.images:
                self.push(repository, image)
        else:
            for blob in what.blobs:
                if not self.has_blob(repository, blob.digest):
                    self.put_blob(repository, blob)
        return self.put_manifest(repository, what.manifest, tag or what.digest)

    def pull(self, repository: str, reference: str) -> Pulled:
        """Pulls all of it, of an index every image; raises Corrupt when one digest differs."""
        manifest = self.manifest(repository, reference)
        named = references(manifest.content, f"{repository}@{reference}")
        blobs = [blob for child in named.children for blob in self.pull(repository, child).blobs]
        for each in named.layers:
            self.check_blob(repository, each.digest)
            blobs.append(each.digest)
        digest = digest_of(manifest.content)
        return Pulled(digest=digest, media_type=manifest.media_type, manifest=manifest.content, blobs=tuple(blobs))

    def put_blob(self, repository: str, blob: Blob) -> None:
        self.put_stream(repository, blob.digest, blob.content)
