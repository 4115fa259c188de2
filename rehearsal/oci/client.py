"""A small client of the distribution protocol. It checks every digest itself, and follows no answer blindly."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Self
from urllib.parse import urljoin, urlsplit

import urllib3

from domain.ecr.digests import digest_of
from domain.ecr.media_types import MANIFESTS
from rehearsal.oci.image import Blob, Image, Index

_ACCEPT = ", ".join(MANIFESTS)
_CHUNK = 1024 * 1024
_TIMEOUT = urllib3.Timeout(connect=5, read=60)


class Refused(Exception):
    """The registry said no: its status, its error code and its words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"{status}: {message}")
        self.status = status
        self.code = code
        self.message = message


class Corrupt(Exception):
    """What came is not what its digest says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull brought: the manifest, and the digests of all blobs, each compared with its content."""

    digest: str
    media_type: str
    manifest: bytes
    blobs: tuple[str, ...]


class Client:
    """One user at one registry; no password is nobody."""

    def __init__(self, host: str, password: str | None = None, *, user: str = "AWS") -> None:
        self._root = f"http://{host}/v2/"
        self._headers = {} if password is None else urllib3.make_headers(basic_auth=f"{user}:{password}")
        self._pool = urllib3.PoolManager(maxsize=4, timeout=_TIMEOUT, retries=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

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
        digest = digest_of(manifest.content)
        if ":" in reference and reference != digest:
            raise Corrupt(f"{repository}@{reference} came with the digest {digest}")
        children, own = _named(manifest.content, f"{repository}@{reference}")
        blobs = [blob for child in children for blob in self.pull(repository, child).blobs]
        for each in own:
            self.check_blob(repository, each)
            blobs.append(each)
        return Pulled(digest=digest, media_type=manifest.media_type, manifest=manifest.content, blobs=tuple(blobs))

    def has_blob(self, repository: str, digest: str) -> bool:
        response = self._send("HEAD", self._url(repository, "blobs", digest), HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return response.status == HTTPStatus.OK

    def put_blob(self, repository: str, blob: Blob) -> None:
        self.put_stream(repository, blob.digest, blob.content)

    def put_stream(self, repository: str, digest: str, body: bytes | IO[bytes]) -> None:
        """One upload session and one request that carries all of it."""
        location = self.begin_upload(repository)
        joint = "&" if "?" in location else "?"
        headers = {"Content-Type": "application/octet-stream"}
        self._send("PUT", f"{location}{joint}digest={digest}", HTTPStatus.CREATED, headers=headers, body=body)

    def begin_upload(self, repository: str) -> str:
        """Where the registry wants the content; it must be at the registry, which alone gets our password."""
        start = self._send("POST", self._url(repository, "blobs", "uploads/"), HTTPStatus.ACCEPTED)
        location = urljoin(self._root, start.headers["Location"])
        if urlsplit(location)[:2] != urlsplit(self._root)[:2]:
            raise Corrupt(f"{repository}: an upload was sent elsewhere, to {location}")
        return location

    def check_blob(self, repository: str, digest: str) -> None:
        """Reads the blob to its end without keeping it; raises Corrupt when its digest differs."""
        url = self._url(repository, "blobs", digest)
        with self._pool.request("GET", url, headers=self._headers, preload_content=False) as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status, response.read())
            seen = hashlib.sha256()
            for chunk in _chunks(response):
                seen.update(chunk)
        if f"sha256:{seen.hexdigest()}" != digest:
            raise Corrupt(f"{repository}: blob {digest} came as sha256:{seen.hexdigest()}")

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
        url = self._url(repository, "manifests", reference)
        response = self._send("GET", url, HTTPStatus.OK, headers={"Accept": _ACCEPT})
        return Blob(content=response.data, media_type=response.headers.get("Content-Type", ""))

    def delete_manifest(self, repository: str, digest: str) -> None:
        self._send("DELETE", self._url(repository, "manifests", digest), HTTPStatus.ACCEPTED)

    def _url(self, repository: str, kind: str, rest: str) -> str:
        return f"{self._root}{repository}/{kind}/{rest}"

    def _send(self, method: str, url: str, *expected: int, **options: Any) -> urllib3.BaseHTTPResponse:
        headers = {**self._headers, **options.pop("headers", {})}
        response = self._pool.request(method, url, headers=headers, **options)
        if response.status not in expected:
            raise _refusal(response.status, response.data)
        return response


def _named(manifest: bytes, what: str) -> tuple[list[str], list[str]]:
    """The digests of an index's images, and of an image's blobs."""
    try:
        data = json.loads(manifest)
        children = [str(each["digest"]) for each in data.get("manifests", ())]
        descriptors = [data["config"], *data["layers"]] if "layers" in data else []
        return children, [str(each["digest"]) for each in descriptors]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Corrupt(f"{what} is no manifest: {error!r}") from error


def _chunks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    while chunk := response.read(_CHUNK):
        yield chunk


def _refusal(status: int, body: bytes) -> Refused:
    try:
        error = json.loads(body)["errors"][0]
        return Refused(status, str(error["code"]), str(error["message"]))
    except (ValueError, LookupError, TypeError):
        return Refused(status, "", body.decode(errors="replace").strip())
