"""A small client of the distribution protocol. It checks every digest itself, and follows no answer blindly."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Self
from urllib.parse import urljoin, urlsplit

import urllib3

from domain.ecr.images import MANIFESTS, digest_of
from oci.image import Image, Index
from oci.manifest import Blob, Corrupt, Layer, references

_ACCEPT = ", ".join(MANIFESTS)
_CHUNK = 1024 * 1024
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_CONNECTIONS = 8
_MOVED = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
_BYTES = {"Content-Type": "application/octet-stream"}


class Refused(Exception):
    """The registry said no: its status, its error code and its words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"{status}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull brought: the manifest, and the digests of all blobs, each compared with its content."""

    digest: str
    media_type: str
    manifest: bytes
    blobs: tuple[str, ...]


class Client:
    """One user at one registry, by its address `https://HOST`; without a password, an anonymous one.

    Amazon ECR keeps its blobs elsewhere and sends to them; `blobs_elsewhere` says whether that is followed.
    """

    def __init__(
        self, address: str, password: str | None = None, *, user: str = "AWS", blobs_elsewhere: bool = True
    ) -> None:
        self._blobs_elsewhere = blobs_elsewhere
        self._root = f"{address.removesuffix('/')}/v2/"
        self._headers = {} if password is None else urllib3.make_headers(basic_auth=f"{user}:{password}")
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, timeout=_TIMEOUT, retries=False)

    @classmethod
    def on_loopback(cls, host: str, password: str | None = None) -> Self:
        """Of the local cloud, by HOST:PORT: it speaks plain HTTP, and keeps its blobs itself."""
        return cls(f"http://{host}", password, blobs_elsewhere=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.clear()

    def has_blob(self, repository: str, digest: str) -> bool:
        response = self._send("HEAD", self._url(repository, "blobs", digest), HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return response.status == HTTPStatus.OK

    def put_stream(self, repository: str, digest: str, body: bytes | IO[bytes]) -> None:
        """One upload session and one request that carries all of it."""
        location = self.begin_upload(repository)
        self._send("PUT", _with_digest(location, digest), HTTPStatus.CREATED, headers=_BYTES, body=body)

    def put_chunks(self, repository: str, layer: Layer, chunks: Iterable[bytes]) -> None:
        """One upload session that is fed as the content comes, and ended once all of it is there."""
        location = self.begin_upload(repository)
        headers = {**_BYTES, "Content-Length": str(layer.size)}
        sent = self._send("PATCH", location, HTTPStatus.ACCEPTED, HTTPStatus.CREATED, headers=headers, body=chunks)
        location = self._here(repository, sent.headers.get("Location", location))
        self._send("PUT", _with_digest(location, layer.digest), HTTPStatus.CREATED, headers=_BYTES)

    def begin_upload(self, repository: str) -> str:
        """Where the registry wants the content; it must be at the registry, which alone gets our password."""
        start = self._send("POST", self._url(repository, "blobs", "uploads/"), HTTPStatus.ACCEPTED)
        return self._here(repository, start.headers["Location"])

    def put_blob(self, repository: str, blob: Blob) -> None:
        self.put_stream(repository, blob.digest, blob.content)

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[Iterator[bytes]]:
        """The blob's content as it comes; its end raises Corrupt when the digest differs."""
        with self._open(self._url(repository, "blobs", digest)) as response:
            yield _checked(response, repository, digest)

    def check_blob(self, repository: str, digest: str) -> None:
        """Reads the blob to its end without keeping it; raises Corrupt when its digest differs."""
        with self.blob(repository, digest) as chunks:
            for _ in chunks:
                pass

    def put_manifest(self, repository: str, manifest: Blob, reference: str) -> str:
        """The digest that the registry computed, which must be ours."""
        headers = {"Content-Type": manifest.media_type}
        url = self._url(repository, "manifests", reference)
        response = self._send("PUT", url, HTTPStatus.CREATED, headers=headers, body=manifest.content)
        digest = response.headers.get("Docker-Content-Digest", "")
        if digest != manifest.digest:
            raise Corrupt(f"{repository}: {manifest.digest} was stored as {digest or 'nothing'}")
        return digest

    def manifest(self, repository: str, reference: str) -> Blob:
        """The bytes as they came; by digest they must be those that it names."""
        url = self._url(repository, "manifests", reference)
        response = self._send("GET", url, HTTPStatus.OK, headers={"Accept": _ACCEPT})
        digest = digest_of(response.data)
        if ":" in reference and reference != digest:
            raise Corrupt(f"{repository}@{reference} came with the digest {digest}")
        return Blob(content=response.data, media_type=response.headers.get("Content-Type", ""))

    def delete_manifest(self, repository: str, digest: str) -> None:
        self._send("DELETE", self._url(repository, "manifests", digest), HTTPStatus.ACCEPTED)

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

    def _url(self, repository: str, kind: str, rest: str) -> str:
        return f"{self._root}{repository}/{kind}/{rest}"

    def _here(self, repository: str, location: str) -> str:
        found = urljoin(self._root, location)
        if urlsplit(found)[:2] != urlsplit(self._root)[:2]:
            raise Corrupt(f"{repository}: an upload was sent elsewhere, to {found}")
        return found

    @contextmanager
    def _open(self, url: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """One step further where that is meant: there the signed address is enough, and our password is not shown."""
        response = self._pool.request("GET", url, headers=self._headers, **_UNREAD)
        if self._blobs_elsewhere and response.status in _MOVED:
            moved = urljoin(url, response.headers.get("Location", ""))
            response.drain_conn()
            if urlsplit(moved).scheme != urlsplit(self._root).scheme:
                raise Corrupt(f"{url} leads elsewhere, to {urlsplit(moved).scheme}://{urlsplit(moved).netloc}")
            response = self._pool.request("GET", moved, **_UNREAD)
        with response:
            if response.status != HTTPStatus.OK:
                raise _refused(response.status, response.read())
            yield response

    def _send(self, method: str, url: str, *expected: int, **options: Any) -> urllib3.BaseHTTPResponse:
        headers = {**self._headers, **options.pop("headers", {})}
        response = self._pool.request(method, url, headers=headers, **options)
        if response.status not in expected:
            raise _refused(response.status, response.data)
        return response


_UNREAD: dict[str, Any] = {"preload_content": False, "decode_content": False}
"""Read piece by piece, and as it was sent: a digest is of these bytes."""


def _refused(status: int, body: bytes) -> Refused:
    """By the registry's own words, where it has any."""
    try:
        error = json.loads(body)["errors"][0]
        return Refused(status, str(error["code"]), str(error["message"]))
    except (ValueError, LookupError, TypeError):
        return Refused(status, "", body.decode(errors="replace").strip())


def _checked(response: urllib3.BaseHTTPResponse, repository: str, digest: str) -> Iterator[bytes]:
    seen = hashlib.sha256()
    while chunk := response.read(_CHUNK):
        seen.update(chunk)
        yield chunk
    if f"sha256:{seen.hexdigest()}" != digest:
        raise Corrupt(f"{repository}: blob {digest} came as sha256:{seen.hexdigest()}")


def _with_digest(location: str, digest: str) -> str:
    return f"{location}{'&' if '?' in location else '?'}digest={digest}"
