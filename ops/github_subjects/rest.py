"""What GitHub's REST API says of a repository. No text of a failure has the token."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

PUBLIC_API = "https://api.github.com"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 30
_PAUSE = 1.0
_RETRIES = 2
_REDIRECTS_MAX = 5
_MOVED = (301, 302, 307, 308)
_FAILS_FOR_A_WHILE = 500


class GitHubUnavailable(Exception):
    """GitHub does not answer, or not to this token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A repository as GitHub knows it, and the subjects of its tokens."""

    full_name: str
    owner_id: str
    repository_id: str
    archived: bool
    prefix: str | None
    """What its subjects begin with; None where GitHub does not say."""
    claim_keys: tuple[str, ...] | None
    """Of a template of its own, or its organization's; None for GitHub's, or where it can't be read."""
    is_custom: bool
    """Whether its subjects are made by such a template."""

    @property
    def by_name(self) -> str:
        return f"repo:{self.full_name}"

    @property
    def with_ids(self) -> str:
        owner, _, name = self.full_name.partition("/")
        return f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Followed by ourselves, to the same server alone: each request has the token."""


class GitHubApi:
    """Reads, and changes nothing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
        if not token:
            raise GitHubUnavailable("no token: set GITHUB_TOKEN or GH_TOKEN, as in GH_TOKEN=$(gh auth token)")
        if not _TOKEN.fullmatch(token):
            raise GitHubUnavailable("the token has a character that no token has: set GITHUB_TOKEN anew")
        self._token = token
        self._base = _base_url(environment.get("GITHUB_API_URL") or PUBLIC_API)
        self._opener = urllib.request.build_opener(_NoRedirect())

    def source(self, github: str) -> LiveSource | None:
        """None where there is none that this token can read."""
        found = self._get(f"/repos/{quote(github)}")
        if found is None:
            return None
        name = str(found["full_name"])
        subject = self._get(f"/repos/{quote(name)}/actions/oidc/customization/sub") or {}
        keys = tuple(subject.get("include_claim_keys") or ())
        follows = subject.get("use_default") is False and not keys
        if follows:
            keys = self._organizations_keys(str(found["owner"]["login"]))
        is_custom = subject.get("use_default") is False and keys != _GITHUBS_KEYS
        return LiveSource(
            full_name=name,
            owner_id=str(found["owner"]["id"]),
            repository_id=str(found["id"]),
            archived=bool(found["archived"]),
            prefix=subject.get("sub_claim_prefix"),
            claim_keys=keys or None,
            is_custom=is_custom,
        )

    def _organizations_keys(self, owner: str) -> tuple[str, ...]:
        """Of a user there is no template, and not every token can read an organization's."""
        try:
            found = self._get(f"/orgs/{quote(owner)}/actions/oidc/customization/sub") or {}
        except _ForbiddenError:
            return ()
        return tuple(found.get("include_claim_keys") or ())

    def _get(self, path: str) -> Any:
        url = f"{self._base}{path}"
        for _ in range(_REDIRECTS_MAX):
            status, headers, raw = self._answered(url)
            if status == HTTPStatus.NOT_FOUND:
                return None
            if status in _MOVED:
                url = self._moved(url, headers.get("location", ""))
                continue
            if status != HTTPStatus.OK:
                raise _refused(path, status, headers, raw)
            try:
                return json.loads(raw)
            except ValueError:
                raise GitHubUnavailable(f"{self._base} answers no JSON: check GITHUB_API_URL") from None
        raise GitHubUnavailable(f"GET {path}: redirected more than {_REDIRECTS_MAX} times")

    def _moved(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if urlsplit(target)[:2] != urlsplit(self._base)[:2]:
            raise GitHubUnavailable(f"GET {urlsplit(url).path}: redirected to another server, which gets no token")
        return target

    def _answered(self, url: str) -> tuple[int, Message, bytes]:
        """Asked again after a failure of the network or the server."""
        request = urllib.request.Request(  # noqa: S310 - https, or loopback
            url,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/vnd.github+json",
                "User-Agent": "container-registry",
            },
        )
        for left in reversed(range(_RETRIES + 1)):
            try:
                with self._opener.open(request, timeout=_SECONDS) as answer:
                    return answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as refused:
                with refused:
                    if refused.code < _FAILS_FOR_A_WHILE or not left:
                        return refused.code, refused.headers, refused.read()
            except (OSError, HTTPException) as failure:
                if not left:
                    reason = getattr(failure, "reason", None) or failure
                    raise GitHubUnavailable(f"{self._base} does not answer: {reason}") from None
            time.sleep(_PAUSE)
        raise AssertionError("unreachable")


_GITHUBS_KEYS = ("repo", "context")
"""Which make the same subjects as no template."""


class _ForbiddenError(GitHubUnavailable):
    """This token can't read it."""


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise GitHubUnavailable("GITHUB_API_URL is no https address: write https://api.github.com")
    if parts.username or parts.password or not parts.hostname or parts.query:
        raise GitHubUnavailable("GITHUB_API_URL is more than an address: write https://HOST/api/v3")
    return text.rstrip("/")


def _refused(path: str, status: int, headers: Message, raw: bytes) -> GitHubUnavailable:
    message = _message(raw)
    if status == HTTPStatus.UNAUTHORIZED:
        return GitHubUnavailable(f"GitHub refuses the token ({message}): it has expired, or is of another server")
    if headers.get("x-ratelimit-remaining") == "0":
        limit, reset = headers.get("x-ratelimit-limit", "?"), headers.get("x-ratelimit-reset", "")
        until = f" until {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC" if reset.isdecimal() else ""
        return GitHubUnavailable(f"the token's {limit} requests an hour are used up{until}: run it again then")
    if status == HTTPStatus.TOO_MANY_REQUESTS or "retry-after" in headers or "secondary rate limit" in message:
        return GitHubUnavailable(
            f"GitHub asks for a pause ({message}): run it again in {headers.get('retry-after', '60')} seconds"
        )
    if status == HTTPStatus.FORBIDDEN:
        permissions = "it needs Metadata and Actions to read"
        return _ForbiddenError(f"this token can't read {path} ({message}): {permissions}, see docs/github.md")
    return GitHubUnavailable(f"GET {path}: {status} {message}")


def _message(raw: bytes) -> str:
    try:
        return str(json.loads(raw)["message"])
    except (ValueError, KeyError, TypeError):
        return "no message"
