"""A client of the distribution protocol, for any registry. It checks every digest itself.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Self
from urllib.parse import quote, urlencode, urljoin

import urllib3

from domain.ecr.images import MANIFESTS, OCI_INDEX, digest_of
from oci.credentials import Credential
from oci.image import Image, Index
from oci.manifest import Blob, Corrupt, Layer, references
from oci.transport import Answer, Connection, RateLimit, Refused, Transport

__all__ = ["Client", "Pulled", "Refused"]

_ACCEPT = {"Accept": ", ".join(MANIFESTS)}
_CHUNK = 1024 * 1024
_PAGE = 1000
_ANY = {"Accept": f"{OCI_INDEX}, */*"}
_BYTES = {"Content-Type": "application/octet-stream"}
_CATALOG = ("registry:catalog:*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull brought: the manifest, and the digests of all blobs, each compared with its content."""

    digest: str
    media_type: str
    manifest: bytes
    blobs: tuple[str, ...]


class Client:
    """One user at one registry, by its address `https://HOST`; without a credential, an anonymous one."""

    def __init__(
        self, address: str, credential: Credential | None = None, connection: Connection | None = None
    ) -> None:
        self._connection = connection or Connection()
        self._transport = Transport(address, credential, self._connection)
        self._has_referrers = True
        """Whether the registry has the referrers API, as far as it is known: with it, it answers for each image."""

    @classmethod
    def of_ecr(cls, address: str, user: str, password: str) -> Self:
        """Of Amazon ECR, which takes a user and a password with each request."""
        return cls(address, Credential(user=user, secret=password, sent_at_once=True))

    @classmethod
    def on_loopback(cls, host: str, password: str | None = None) -> Self:
        """Of the local cloud, by HOST:PORT: it speaks plain HTTP, and keeps its blobs itself."""
        credential = None if password is None else Credential(user="AWS", secret=password, sent_at_once=True)
        return cls(f"http://{host}", credential, Connection(follows=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the registry said last of its limit of pulls; None where it has said nothing."""
        return self._transport.rate_limit

    def check_login(self) -> None:
        """Raises Refused where the registry does not take the login."""
        self._transport.send("GET", f"{self._transport.root}/v2/", HTTPStatus.OK)

    def repositories(self) -> Iterator[str]:
        """Those that the registry lists to this user; Refused where it has no list."""
        return self._pages(f"{self._transport.root}/v2/_catalog?n={_PAGE}", "repositories", _CATALOG)

    def tags(self, repository: str) -> Iterator[str]:
        return self._pages(f"{self._url(repository, 'tags', 'list')}?n={_PAGE}", "tags", _pull(repository))

    def has_blob(self, repository: str, digest: str) -> bool:
        return self._exists(repository, "blobs", digest)

    def has_manifest(self, repository: str, reference: str) -> bool:
        return self._exists(repository, "manifests", reference)

    def put_stream(self, repository: str, digest: str, body: bytes | IO[bytes]) -> None:
        """One upload session and one request that carries all of it."""
        location = self.begin_upload(repository)
        self._push(repository, "PUT", _with_digest(location, digest), HTTPStatus.CREATED, headers=_BYTES, body=body)

    def put_chunks(self, repository: str, layer: Layer, chunks: Iterable[bytes]) -> None:
        """One upload session that is fed as the content comes, and ended once all of it is there."""
        location = self.begin_upload(repository)
        if self._connection.chunk_bytes is None:
            headers = {**_BYTES, "Content-Length": str(layer.size)}
            self._push(
                repository, "PUT", _with_digest(location, layer.digest), HTTPStatus.CREATED, headers=headers,
                body=chunks,
            )  # fmt: skip
            return
        at = 0
        for part in _joined(chunks, self._connection.chunk_bytes):
            headers = {**_BYTES, "Content-Length": str(len(part)), "Content-Range": f"{at}-{at + len(part) - 1}"}
            location = self._patch(repository, location, headers, part)
            at += len(part)
        self._push(repository, "PUT", _with_digest(location, layer.digest), HTTPStatus.CREATED, headers=_BYTES)

    def mount(self, repository: str, digest: str, source: str) -> bool:
        """Whether the registry gave the repository the blob of another one; where not, the upload it began is left."""
        url = f"{self._url(repository, 'blobs', 'uploads/')}?{urlencode({'mount': digest, 'from': source})}"
        scopes = (*_push(repository), *_pull(source))
        answer = self._transport.send("POST", url, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, scopes=scopes)
        return answer.status == HTTPStatus.CREATED

    def begin_upload(self, repository: str) -> str:
        """Where the registry wants the content; it must be at the registry, which alone gets our login."""
        url = self._url(repository, "blobs", "uploads/")
        start = self._push(repository, "POST", url, HTTPStatus.ACCEPTED)
        return self._transport.here(start.headers["Location"], repository)

    def put_blob(self, repository: str, blob: Blob) -> None:
        self.put_stream(repository, blob.digest, blob.content)

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[Iterator[bytes]]:
        """The blob's content as it comes; its end raises Corrupt when the digest differs."""
        url = self._url(repository, "blobs", digest)
        with self._transport.open("GET", url, HTTPStatus.OK, scopes=_pull(repository)) as response:
            yield _checked(response, repository, digest)

    def check_blob(self, repository: str, digest: str) -> None:
        """Reads the blob to its end without keeping it; raises Corrupt when its digest differs."""
        with self.blob(repository, digest) as chunks:
            for _ in chunks:
                pass

    def put_manifest(self, repository: str, manifest: Blob, reference: str) -> str:
        """The digest that the registry computed, which must be ours. What refers to an image is found by it from then
        on, in a registry without the referrers API by the tag that stands in for it."""
        url = self._url(repository, "manifests", reference)
        headers = {"Content-Type": manifest.media_type}
        response = self._push(repository, "PUT", url, HTTPStatus.CREATED, headers=headers, body=manifest.content)
        digest = response.headers.get("Docker-Content-Digest", "")
        if digest != manifest.digest:
            raise Corrupt(f"{repository}: {manifest.digest} was stored as {digest or 'nothing'}")
        if "OCI-Subject" not in response.headers and (subject := _subject(manifest)):
            self._refer(repository, manifest, subject)
        return digest

    def manifest(self, repository: str, reference: str) -> Blob:
        """The bytes as they came; by digest they must be those that it names."""
        url = self._url(repository, "manifests", reference)
        response = self._transport.send("GET", url, HTTPStatus.OK, scopes=_pull(repository), headers=_ACCEPT)
        digest = digest_of(response.content)
        if ":" in reference and reference != digest:
            raise Corrupt(f"{repository}@{reference} came with the digest {digest}")
        return Blob(content=response.content, media_type=response.headers.get("Content-Type", ""))

    def digest(self, repository: str, tag: str) -> str | None:
        """What the tag names; None where it does not exist."""
        found = self.named(repository, tag)
        return None if found is None else found[0]

    def named(self, repository: str, tag: str) -> tuple[str, str] | None:
        """The digest that the tag names, and the type of its manifest."""
        url = self._url(repository, "manifests", tag)
        expected = HTTPStatus.OK, HTTPStatus.NOT_FOUND
        response = self._transport.send("HEAD", url, *expected, scopes=_pull(repository), headers=_ACCEPT)
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        return response.headers.get("Docker-Content-Digest") or self.manifest(repository, tag).digest, media_type

    def delete_manifest(self, repository: str, reference: str) -> None:
        url = self._url(repository, "manifests", reference)
        scopes = (f"repository:{repository}:delete,pull",)
        self._transport.send("DELETE", url, HTTPStatus.ACCEPTED, HTTPStatus.OK, HTTPStatus.NO_CONTENT, scopes=scopes)

    def referrers(self, repository: str, digest: str, tags: Container[str] | None = None) -> tuple[dict[str, Any], ...]:
        """The descriptors of what refers to the image: by the API, or by the tag that stands in for it; `tags` are all
        of the repository, where they are known."""
        if self._has_referrers:
            try:
                url = self._url(repository, "referrers", digest)
                return tuple(self._pages(url, "manifests", _pull(repository)))
            except Refused as refused:
                if refused.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
                    raise
                self._has_referrers = refused.code == "NAME_UNKNOWN"
        if tags is not None and _referrers_tag(digest) not in tags:
            return ()
        return tuple(self._tagged_referrers(repository, digest))

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

    def _refer(self, repository: str, manifest: Blob, subject: str) -> None:
        """https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema"""
        found = self.referrers(repository, subject)
        if any(each.get("digest") == manifest.digest for each in found):
            return
        data = json.loads(manifest.content)
        kind = data.get("artifactType") or data.get("config", {}).get("mediaType")
        entry = {**manifest.descriptor, "artifactType": kind, "annotations": data.get("annotations")}
        listed = [*found, {key: value for key, value in entry.items() if value}]
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
        content = json.dumps(index, separators=(",", ":")).encode()
        self.put_manifest(repository, Blob(content=content, media_type=OCI_INDEX), _referrers_tag(subject))

    def _tagged_referrers(self, repository: str, digest: str) -> Iterator[dict[str, Any]]:
        try:
            index = self.manifest(repository, _referrers_tag(digest))
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return
            raise
        # GitLab answers such a tag with the image itself: its children are no referrers.
        if index.digest != digest and index.media_type.partition(";")[0] == OCI_INDEX:
            yield from json.loads(index.content).get("manifests", ())

    def _pages(self, url: str, key: str, scopes: Sequence[str]) -> Iterator[Any]:
        """What all pages list under the key; the next one is of the same registry."""
        seen = set[str]()
        while url not in seen:
            seen.add(url)
            answer = self._transport.send(
                "GET", url, HTTPStatus.OK, scopes=scopes, headers={"Accept": f"{OCI_INDEX}, */*"}
            )
            try:
                yield from json.loads(answer.content).get(key) or ()
            except (ValueError, AttributeError, TypeError):
                raise Corrupt(f"{url} answered what is not a list of {key}") from None
            link = _next_link(answer.headers.get("Link", ""))
            if link is None:
                return
            url = self._transport.here(urljoin(url, link), url)

    def _exists(self, repository: str, kind: str, reference: str) -> bool:
        url = self._url(repository, kind, reference)
        expected = HTTPStatus.OK, HTTPStatus.NOT_FOUND
        response = self._transport.send("HEAD", url, *expected, scopes=_pull(repository), headers=_ACCEPT)
        return response.status == HTTPStatus.OK

    def _patch(self, repository: str, location: str, headers: dict[str, str], body: bytes) -> str:
        expected = HTTPStatus.ACCEPTED, HTTPStatus.CREATED
        sent = self._push(repository, "PATCH", location, *expected, headers=headers, body=body)
        return self._transport.here(sent.headers.get("Location", location), repository)

    def _push(self, repository: str, method: str, url: str, *expected: int, **options: Any) -> Answer:
        return self._transport.send(method, url, *expected, scopes=_push(repository), **options)

    def _url(self, repository: str, kind: str, rest: str) -> str:
        return f"{self._transport.root}/v2/{quote(repository)}/{kind}/{quote(rest, safe='/:')}"


def _pull(repository: str) -> tuple[str]:
    return (f"repository:{repository}:pull",)


def _push(repository: str) -> tuple[str]:
    return (f"repository:{repository}:pull,push",)


def _subject(manifest: Blob) -> str | None:
    return references(manifest.content, "the manifest").subject


def _referrers_tag(digest: str) -> str:
    return digest.replace(":", "-", 1)[:128]


def _next_link(header: str) -> str | None:
    """The address in `<...>; rel="next"`. https://www.rfc-editor.org/rfc/rfc8288"""
    for each in header.split(","):
        address, _, parameters = each.strip().partition(";")
        if 'rel="next"' in parameters or "rel=next" in parameters:
            return address.strip().removeprefix("<").removesuffix(">")
    return None


def _joined(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same content in parts of this size, the last one of what is left."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _checked(response: urllib3.BaseHTTPResponse, repository: str, digest: str) -> Iterator[bytes]:
    seen = hashlib.sha256()
    while chunk := response.read(_CHUNK):
        seen.update(chunk)
        yield chunk
    if f"sha256:{seen.hexdigest()}" != digest:
        raise Corrupt(f"{repository}: blob {digest} came as sha256:{seen.hexdigest()}")


def _with_digest(location: str, digest: str) -> str:
    return f"{location}{'&' if '?' in location else '?'}digest={digest}"
