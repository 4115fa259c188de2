"""The Kubernetes API over HTTPS, with no more than the standard library: one bearer token, objects as plain data."""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

Object = dict[str, Any]

_TIMEOUT = 30.0
_SHORTEST_TOKEN = 600
"""Seconds; the API refuses less."""
_PAUSE = 0.05
_T = TypeVar("_T")


class Unreachable(Exception):
    """No answer: nothing listens there, or its certificate is not the one that is trusted."""


class KubernetesRefusal(Exception):
    """An answer of 400 and more: `status` is HTTP's, `reason` Kubernetes' own word, the text its message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class KubernetesClient:
    """One identity at one API server; `ca` is the file with the certificate to trust."""

    endpoint: str
    ca: Path
    token: str = field(repr=False)
    warnings: list[str] = field(default_factory=list, repr=False)
    """What the server warned of, oldest first: what it accepts and will refuse later, for one."""
    _resources: dict[str, list[Object]] = field(default_factory=dict, repr=False)
    """What an apiVersion has, as it was asked once."""

    def apply(self, given: Mapping[str, Any], *, manager: str, force: bool = False, dry_run: bool = False) -> Object:
        """Server-side apply, with every field checked; 409 where another manager has a field, unless forced."""
        query = _query(dry_run=dry_run) | {"fieldManager": manager, "force": str(force).lower()}
        about = given["metadata"]
        path = self.path(given["apiVersion"], given["kind"], about.get("namespace"), about["name"])
        return self.request("PATCH", path, given, "application/apply-patch+yaml", query=query)

    def create(self, given: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """POST, with every field checked."""
        path = self.path(given["apiVersion"], given["kind"], given.get("metadata", {}).get("namespace"))
        return self.request("POST", path, given, query=_query(dry_run=dry_run))

    def patch(
        self, api_version: str, kind: str, namespace: str | None, name: str, changes: Mapping[str, Any]
    ) -> Object:
        """A merge patch: what is None goes."""
        path = self.path(api_version, kind, namespace, name)
        return self.request("PATCH", path, changes, "application/merge-patch+json", query=_query(dry_run=False))

    def get(self, api_version: str, kind: str, namespace: str | None, name: str) -> Object:
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def objects(self, api_version: str, kind: str, namespace: str | None = None, **query: str) -> list[Object]:
        """All of a kind; `query` is a selector, say `labelSelector`."""
        found: list[Object] = self.request("GET", self.path(api_version, kind, namespace), query=query)["items"]
        return found

    def delete(self, api_version: str, kind: str, namespace: str | None, name: str) -> Object:
        """What depends on it goes too, later."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        return self.request("DELETE", self.path(api_version, kind, namespace, name), options)

    def service_account_token(
        self,
        namespace: str,
        account: str,
        audiences: Sequence[str] = (),
        *,
        seconds: int = _SHORTEST_TOKEN,
        pod: Mapping[str, Any] | None = None,
    ) -> str:
        """A new one; without audiences it is for the API itself, and with a pod it ends with that, as a kubelet's."""
        spec: Object = {"audiences": list(audiences), "expirationSeconds": seconds}
        if pod is not None:
            about = {key: pod["metadata"][key] for key in ("name", "uid")}
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod"} | about
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"{self.path('v1', 'ServiceAccount', namespace, account)}/token"
        token: str = self.request("POST", path, asked)["status"]["token"]
        return token

    def as_service_account(self, namespace: str, account: str) -> "KubernetesClient":
        """The client that a pod of this account has."""
        return self.with_token(self.service_account_token(namespace, account))

    def with_token(self, token: str) -> "KubernetesClient":
        return KubernetesClient(self.endpoint, self.ca, token, _resources=self._resources)

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """Where objects of a kind are, as the server itself says it: custom resources too."""
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if not any(each["kind"] == kind for each in self._resources.get(api_version, ())):
            self._resources[api_version] = [
                each for each in self.request("GET", root)["resources"] if "/" not in each["name"]
            ]
        for each in self._resources[api_version]:
            if each["kind"] == kind:
                where = f"/namespaces/{namespace}" if each["namespaced"] and namespace else ""
                return f"{root}{where}/{each['name']}" + (f"/{name}" if name else "")
        raise LookupError(f"the server has no {kind} in {api_version}")

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        *,
        accept: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """The JSON object that the server answers. Raises KubernetesRefusal and Unreachable."""
        request = urllib.request.Request(  # noqa: S310 - the endpoint is https
            f"{self.endpoint}{path}" + (f"?{urlencode(query)}" if query else ""),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Accept": accept},
        )
        answer: Object = json.loads(self._send(request))
        return answer

    def is_ready(self) -> bool:
        """Whether the server is up, with all that it does at its start."""
        try:
            return self._send(urllib.request.Request(f"{self.endpoint}/readyz")) == b"ok"  # noqa: S310
        except (KubernetesRefusal, Unreachable):
            return False

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with _opener(self.ca).open(request, timeout=_TIMEOUT) as answer:
                self.warnings.extend(map(_warning, answer.headers.get_all("Warning", ())))
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as refusal:
            raise _refusal(refusal) from None
        except OSError as error:
            raise Unreachable(f"{request.get_method()} {request.full_url}: {error}") from error


def until(holds: Callable[[], _T | None], seconds: float = 30.0) -> _T:
    """What it answers as soon as that is true; raises TimeoutError with the last answer. A 404 counts as not yet."""
    end = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            if answer := holds():
                return answer
            last = answer
        except KubernetesRefusal as refusal:
            if refusal.status != 404:  # noqa: PLR2004
                raise
            last = refusal
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s; last: {last}")
        time.sleep(_PAUSE)


def _query(*, dry_run: bool) -> dict[str, str]:
    return {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})


def _opener(ca: Path) -> urllib.request.OpenerDirector:
    """Without proxies: the server is on loopback."""
    context = ssl.create_default_context(cafile=ca)
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def _warning(header: str) -> str:
    """The text of `299 - "text"`."""
    return header.partition('"')[2].removesuffix('"').replace('\\"', '"')


def _refusal(answer: urllib.error.HTTPError) -> KubernetesRefusal:
    with answer:
        text = answer.read().decode(errors="replace")
    try:
        status = json.loads(text)
        return KubernetesRefusal(answer.code, status["reason"], status["message"])
    except (ValueError, KeyError, TypeError):
        return KubernetesRefusal(answer.code, answer.reason, text)
