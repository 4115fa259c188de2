"""Switches a registry to read-only and back: before and after its garbage collection, in a pod of the same job.

Of its two Deployments one serves at a time, and both for the moment between: pulls go on. This needs Python 3.9 and
nothing else: its text is a ConfigMap, which any image of Python runs. It reads

  MODE                    `read-only` or `registry`, which is the writable one
  WRITABLE, READ_ONLY     the names of the Deployments
  WRITERS                 a selector of the pods that write
  STATUS_FILE             where the collection between wrote 0, if it went well
  WAIT_SECONDS            for how long it waits for pods (default: 600)
  SERVICE_ACCOUNT_FOLDER  namespace, token and ca.crt for the API (default: where Kubernetes mounts them)

It prints one line, and ends with 1 where the switch or the collection failed: after a failed switch to read-only the
registry takes pushes again, and after a failed one back it stays read-only, until a later job."""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

PAUSE, REQUEST_SECONDS = 1, 10


class SwitchFailed(Exception):
    """Why the registry is not in the wanted mode."""


class Api:
    """The cluster's, as the pod's service account."""

    def __init__(self) -> None:
        folder = Path(os.environ.get("SERVICE_ACCOUNT_FOLDER") or "/var/run/secrets/kubernetes.io/serviceaccount")
        self.namespace = (folder / "namespace").read_text(encoding="utf-8").strip()
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        self._root = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self._token = (folder / "token").read_text(encoding="utf-8").strip()
        trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=folder / "ca.crt"))
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trust)
        self._end = time.monotonic() + float(os.environ.get("WAIT_SECONDS", "600"))

    def scale(self, name: str, replicas: int) -> None:
        body = json.dumps({"spec": {"replicas": replicas}}).encode()
        self._send("PATCH", f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}/scale", body)

    def wait_ready(self, name: str) -> None:
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"
        while not self._send("GET", path)["status"].get("readyReplicas"):
            self._pause(f"no pod of {name} is ready")

    def wait_gone(self, selector: str) -> None:
        """Pods that end still take the rest of an upload, which a Deployment does not count any more."""
        path = f"/api/v1/namespaces/{self.namespace}/pods?labelSelector={quote(selector)}"
        while any(each["status"].get("phase") in {"Pending", "Running"} for each in self._send("GET", path)["items"]):
            self._pause(f"pods still write ({selector})")

    def _pause(self, why: str) -> None:
        if time.monotonic() > self._end:
            raise SwitchFailed(why)
        time.sleep(PAUSE)

    def _send(self, method: str, path: str, body: "bytes | None" = None) -> "dict[str, Any]":
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/merge-patch+json"}
        while True:
            request = urllib.request.Request(f"{self._root}{path}", body, headers, method=method)  # noqa: S310  https
            try:
                with self._opener.open(request, timeout=REQUEST_SECONDS) as answer:
                    found: dict[str, Any] = json.load(answer)
                    return found
            except urllib.error.HTTPError as error:
                with error:
                    if error.code < 500 and error.code != 429:  # noqa: PLR2004  what can pass
                        raise SwitchFailed(f"{method} {path}: {error.code} {error.reason}") from None
                self._pause(f"{method} {path}: {error.code} {error.reason}")
            except OSError as error:
                self._pause(f"{method} {path}: {error}")


def to_read_only(api: Api, writable: str, read_only: str) -> str:
    try:
        api.scale(read_only, 1)
        api.wait_ready(read_only)
        api.scale(writable, 0)
        api.wait_gone(os.environ["WRITERS"])
    except SwitchFailed:
        api.scale(writable, 1)
        api.scale(read_only, 0)
        raise
    return f"{read_only} serves, and nothing writes"


def to_writable(api: Api, writable: str, read_only: str) -> str:
    api.scale(writable, 1)
    api.wait_ready(writable)
    api.scale(read_only, 0)
    if Path(os.environ["STATUS_FILE"]).read_text(encoding="utf-8").strip() != "0":
        raise SwitchFailed(f"{writable} takes pushes again, and the collection failed: see the container `collect`")
    return f"{writable} takes pushes again"


def main() -> int:
    switch = to_read_only if os.environ["MODE"] == "read-only" else to_writable
    try:
        sys.stdout.write(f"{switch(Api(), os.environ['WRITABLE'], os.environ['READ_ONLY'])}\n")
    except (SwitchFailed, OSError, KeyError) as failed:
        sys.stderr.write(f"{type(failed).__name__}: {failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
