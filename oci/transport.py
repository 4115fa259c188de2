"""Requests to one registry: with the login that it asks for, to no other host, and within bounds."""

import json
import re
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from oci.challenge import Challenge, challenges
from oci.credentials import Credential
from oci.manifest import Corrupt

Body = bytes | IO[bytes] | Iterable[bytes] | None

_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_CONNECTIONS = 8
_REDIRECTS = 5
_MOVED = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
_ANSWER_BYTES = 4 * 1024 * 1024
"""The largest answer that is kept in memory: of a manifest a registry need not take more.
https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests"""
_TOKEN_SECONDS = 60
"""How long a token is good for that doesn't say it. https://distribution.github.io/distribution/spec/auth/token/"""
_TOKEN_SPARE = 5
_CLIENT_ID = "container-registry"
_UNREAD: dict[str, Any] = {"preload_content": False, "decode_content": False, "redirect": False}
"""Read piece by piece, and as it was sent: a digest is of these bytes."""


class Refused(Exception):
    """The registry said no: its status, its error code and its message."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"{status}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        """Seconds that the registry wants to be left alone."""


class NotReached(Exception):
    """Why a registry can't be talked to, now or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a registry is reached."""

    ca_file: Path | None = None
    """Certificates that are trusted beside the system's; else those of /etc/docker/certs.d/HOST."""
    plain_http: bool = False
    """Whether a host that is not this machine is talked to without TLS."""
    follows: bool = True
    """Whether an answer can lead to another address, as blobs in a registry's storage do."""
    chunk_bytes: int | None = None
    """Of an upload: the most that one request carries. Without it, one request carries a whole layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """What a registry lets a client pull: so many of `limit` are left, in windows of so many seconds."""

    remaining: int
    limit: int | None = None
    seconds: int | None = None


@dataclass(slots=True)
class _Token:
    text: str = field(repr=False)
    ends: float


class Transport:
    """Of one registry, `https://HOST`. Can be used by several threads."""

    def __init__(self, address: str, credential: Credential | None, connection: Connection) -> None:
        self.root = address.removesuffix("/")
        self.rate_limit: RateLimit | None = None
        self._origin = urlsplit(self.root)[:2]
        self._credential = credential
        self._connection = connection
        self._lock = threading.Lock()
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, ...], _Token] = {}
        host = urlsplit(self.root)
        if host.scheme == "http" and not connection.plain_http and not is_loopback(host.hostname or ""):
            raise Corrupt(
                f"{self.root}: without TLS the login could be read on the way (ask for plain HTTP if it is meant)"
            )
        self._pool = _pool(self.root, connection)

    def close(self) -> None:
        self._pool.clear()

    def send(
        self, method: str, url: str, *expected: int, scopes: Sequence[str] = (),
        headers: Mapping[str, str] | None = None, body: Body = None,
    ) -> "Answer":  # fmt: skip
        """An answer that is read to its end; raises Refused where its status is not one of these."""
        with self.open(method, url, *expected, scopes=scopes, headers=headers, body=body) as response:
            content = b"" if method == "HEAD" else _content(response, url)
            return Answer(status=response.status, headers=response.headers, content=content)

    @contextmanager
    def open(
        self, method: str, url: str, *expected: int, scopes: Sequence[str] = (),
        headers: Mapping[str, str] | None = None, body: Body = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:  # fmt: skip
        """The answer as it comes. A body that can be read only once follows a request that was answered."""
        response = self._authorized(method, url, scopes, headers or {}, body)
        for _ in range(_REDIRECTS if self._connection.follows and method in ("GET", "HEAD") else 0):
            if response.status not in _MOVED:
                break
            url = self._next(url, response)
            if url.startswith(f"{self.root}/v2/"):
                response = self._authorized(method, url, scopes, headers or {}, None)
            else:  # there the signed address is enough, and the login is not shown
                response = self._sent(method, url, headers=headers or {})
        with response:
            if response.status not in expected:
                raise refused(response.status, _content(response, url), response.headers)
            yield response

    def here(self, location: str, what: str) -> str:
        """The address of an upload: at the registry, which alone gets the login."""
        found = urljoin(f"{self.root}/v2/", location)
        if urlsplit(found)[:2] != self._origin:
            raise Corrupt(f"{what}: an upload was sent elsewhere, to {urlsplit(found).netloc}")
        return found

    def _next(self, url: str, response: urllib3.BaseHTTPResponse) -> str:
        moved = urljoin(url, response.headers.get("Location", ""))
        response.drain_conn()
        response.release_conn()
        if urlsplit(moved).scheme != urlsplit(self.root).scheme:
            raise Corrupt(f"{url} leads elsewhere, to {urlsplit(moved).scheme}://{urlsplit(moved).netloc}")
        return moved

    def _authorized(
        self, method: str, url: str, scopes: Sequence[str], headers: Mapping[str, str], body: Body
    ) -> urllib3.BaseHTTPResponse:
        login = self._login(tuple(scopes))
        response = self._request(method, url, {**headers, **login}, body)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        offered = challenges(", ".join(response.headers.getlist("WWW-Authenticate")))
        try:
            again = None if _is_once(body) else self._answered(offered, tuple(scopes), login)
        except BaseException:
            response.close()
            raise
        if again is None:
            return response
        response.drain_conn()
        response.release_conn()
        return self._request(method, url, {**headers, **again}, body)

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> urllib3.BaseHTTPResponse:
        response = self._sent(method, url, headers=headers, body=body)
        if remaining := response.headers.get("RateLimit-Remaining"):
            self.rate_limit = _rate_limit(remaining, response.headers.get("RateLimit-Limit", ""))
        return response

    def _sent(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, url, **options, **_UNREAD)
        except urllib3.exceptions.SSLError as error:
            fix = "name the certificate of its authority with --ca-file"
            raise NotReached(f"{urlsplit(url).netloc}: {_reason(error)} ({fix})") from error
        except urllib3.exceptions.NameResolutionError as error:
            raise NotReached(f"{urlsplit(url).netloc}: there is no host of this name") from error

    def _login(self, scopes: tuple[str, ...]) -> dict[str, str]:
        """What goes along with a request, as far as the registry has said what it takes."""
        with self._lock:
            if self._challenge is not None and self._challenge.scheme == "bearer":
                return _bearer(self._token(self._challenge, scopes))
            asked = self._challenge is not None
        basic = self._credential is not None and (asked or self._credential.sent_at_once)
        return _basic(self._credential) if basic and self._credential else {}

    def _answered(
        self, offered: Sequence[Challenge], scopes: tuple[str, ...], sent: Mapping[str, str]
    ) -> dict[str, str] | None:
        """The login that the registry asks for; None where there is no other than the one that was sent."""
        bearer = next((each for each in offered if each.scheme == "bearer"), None)
        if bearer is not None:
            with self._lock:
                self._challenge = bearer
                if scopes not in self._tokens or _bearer(self._tokens[scopes].text) == sent:
                    self._tokens[scopes] = self._fetched(bearer, tuple(dict.fromkeys((*scopes, *bearer.scopes))))
                return _bearer(self._tokens[scopes].text)
        if any(each.scheme == "basic" for each in offered) and self._credential and not sent:
            with self._lock:
                self._challenge = next(each for each in offered if each.scheme == "basic")
            return _basic(self._credential)
        return None

    def _token(self, challenge: Challenge, scopes: tuple[str, ...]) -> str:
        """Of the registry's token server, kept until shortly before it ends."""
        known = self._tokens.get(scopes)
        if known is None or known.ends <= time.monotonic():
            known = self._tokens[scopes] = self._fetched(challenge, scopes)
        return known.text

    def _fetched(self, challenge: Challenge, scopes: tuple[str, ...]) -> _Token:
        realm = challenge.parameters.get("realm", "")
        if not self._is_safe(realm):
            raise Corrupt(f"{self.root} sends its logins to {realm!r}, which is not reached by TLS")
        service = challenge.parameters.get("service")
        asked = [*([("service", service)] if service else []), *(("scope", each) for each in scopes)]
        credential = self._credential
        if credential is not None and credential.is_identity_token:
            form = [
                ("grant_type", "refresh_token"), ("client_id", _CLIENT_ID), ("refresh_token", credential.secret),
                *([("service", service)] if service else []), ("scope", " ".join(scopes)),
            ]  # fmt: skip
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            response = self._sent("POST", realm, body=urlencode(form).encode(), headers=headers)
        else:
            url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(asked)}" if asked else realm
            response = self._sent("GET", url, headers=_basic(credential) if credential else {})
        with response:
            content = _content(response, realm)
            if response.status != HTTPStatus.OK:
                raise refused(
                    response.status, content, response.headers, f"no token for {' '.join(scopes) or self.root}"
                )
            return _token_of(content, realm)

    def _is_safe(self, realm: str) -> bool:
        """A login goes by TLS, or as openly as the registry itself is talked to."""
        parts = urlsplit(realm)
        return parts.scheme == "https" or (parts.scheme == "http" and self._origin[0] == "http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


def refused(status: int, body: bytes, headers: Mapping[str, str], what: str = "") -> Refused:
    """In the registry's own words, where it has any."""
    before = f"{what}: " if what else ""
    wait = _seconds(headers.get("Retry-After"))
    try:
        error = json.loads(body)["errors"][0]
        return Refused(status, str(error["code"]), f"{before}{error['message']}", wait)
    except (ValueError, LookupError, TypeError):
        text = body.decode(errors="replace").strip() or HTTPStatus(status).phrase
        return Refused(status, "", f"{before}{text}", wait)


def _reason(error: Exception) -> str:
    """`certificate verify failed: self-signed certificate`, without the place in OpenSSL."""
    return re.sub(r"^\[[^]]*\] | \([^)]*\)$", "", str(error.__cause__ or error))


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _pool(root: str, connection: Connection) -> urllib3.PoolManager:
    parts = urlsplit(root)
    options: dict[str, Any] = {"maxsize": _CONNECTIONS, "timeout": _TIMEOUT, "retries": False}
    if parts.scheme == "https":
        options["ssl_context"] = _trust(parts.netloc, connection.ca_file)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    if proxy is None or is_loopback(parts.hostname or ""):
        return urllib3.PoolManager(**options)
    user = urlsplit(proxy)
    login = f"{user.username}:{user.password}" if user.username else None
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _trust(host: str, ca_file: Path | None) -> ssl.SSLContext:
    """https://docs.docker.com/engine/security/certificates/"""
    context = ssl.create_default_context()
    for each in [ca_file] if ca_file else sorted(Path("/etc/docker/certs.d", host).glob("*.crt")):
        try:
            context.load_verify_locations(each)
        except (OSError, ssl.SSLError) as error:
            raise Corrupt(f"{each}: holds no certificate that can be read: {error}") from error
    return context


def _content(response: urllib3.BaseHTTPResponse, url: str) -> bytes:
    content = response.read(_ANSWER_BYTES + 1)
    if len(content) > _ANSWER_BYTES:
        raise Corrupt(f"{urlsplit(url)._replace(query='').geturl()} answers with more than {_ANSWER_BYTES >> 20} MiB")
    return content


def _is_once(body: Body) -> bool:
    return body is not None and not isinstance(body, bytes)


def _basic(credential: Credential) -> dict[str, str]:
    return dict(urllib3.make_headers(basic_auth=f"{credential.user}:{credential.secret}"))


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _token_of(content: bytes, realm: str) -> _Token:
    try:
        data = json.loads(content)
        text = data.get("token") or data["access_token"]
        seconds = max(float(data.get("expires_in") or _TOKEN_SECONDS), _TOKEN_SPARE)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Corrupt(f"{realm} answered what is not a token") from None
    return _Token(text=str(text), ends=time.monotonic() + seconds - _TOKEN_SPARE)


def _seconds(header: str | None) -> float | None:
    """Retry-After is a number of seconds, or a date; what is neither says nothing."""
    if header is None or header.strip().isdecimal():
        return None if header is None else float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _rate_limit(remaining: str, limit: str) -> RateLimit | None:
    """`76;w=21600`: 76 in six hours, as Docker Hub writes it. https://docs.docker.com/docker-hub/usage/pulls/"""
    left, _, window = remaining.partition(";w=")
    most = limit.partition(";")[0]
    if not left.strip().isdecimal():
        return None
    return RateLimit(
        remaining=int(left),
        limit=int(most) if most.strip().isdecimal() else None,
        seconds=int(window) if window.isdecimal() else None,
    )
