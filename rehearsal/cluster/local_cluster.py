"""A Kubernetes control plane on loopback: etcd, the API server, and the controllers that tests and proofs need.

There is no node: rehearsal/cluster/kubelet.py runs the pods of a namespace.
"""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from localcloud.oidc_issuers import PublishedKeys
from localcloud.server import LOOPBACK
from rehearsal.cluster.binaries import CONTROL_PLANE, require_binaries
from rehearsal.cluster.guarded_program import GuardedProgram
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal

ISSUER = "https://oidc.cluster.example"
_START = 120.0
"""Seconds until a start counts as failed; a healthy one takes under ten on two busy cores."""
_KEY_BITS, _EXPONENT = 2048, 65537
_ETCD_SOCKET, _PEER_SOCKET = "unix://etcd:0", "unix://peer:0"
"""Files in the folder: etcd asks for no password, so no port of it is open."""
_CERTIFICATES, _TOKENS, _SIGNING_KEY, _PUBLIC_KEY = "certificates", "tokens.csv", "signing.pem", "public.pem"
_CERTIFICATE, _KUBECONFIG = f"{_CERTIFICATES}/apiserver.crt", "kubeconfig"
_CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "deployment-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "ttl-after-finished-controller",
    "validatingadmissionpolicy-status-controller",
)


class ClusterFailed(Exception):
    """A program of the control plane ended, or was not ready in time; the text has the end of its log."""


class LocalCluster:
    """Runs for a block; `issuer` is what its service accounts' tokens say who made them. Raises NotBuilt."""

    def __init__(self, issuer: str = ISSUER) -> None:
        self.issuer = issuer
        self._binaries = require_binaries(*CONTROL_PLANE)
        self._programs: list[GuardedProgram] = []
        self._token = secrets.token_urlsafe()
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """A start under way, in another thread, fails at once."""
        self._given_up.set()

    def __enter__(self) -> Self:
        self._directory = TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True)
        self.folder = Path(self._directory.name)
        try:
            self._start(time.monotonic() + _START)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the programs, last started first, and removes what they wrote; again does nothing."""
        while self._programs:
            self._programs.pop().stop()
        self._directory.cleanup()

    @property
    def client(self) -> KubernetesClient:
        """The administrator's: every right."""
        return KubernetesClient(self.endpoint, self.folder / _CERTIFICATE, self._token)

    def keys(self) -> PublishedKeys:
        """What the issuer publishes, as IAM would fetch it; the local STS takes it by `LocalCloud.add_issuer`."""
        jwks = self.client.request("GET", "/openid/v1/jwks", accept="application/jwk-set+json")
        return PublishedKeys(json.dumps(jwks))

    def _start(self, end: float) -> None:
        port = _free_port()
        self.endpoint = f"https://{LOOPBACK}:{port}"
        self._write_credentials()
        self._run("etcd", *_etcd_flags())
        self._run("kube-apiserver", *_api_flags(port, self.issuer))
        self._wait(self.client.is_ready, end)
        self._run("kube-controller-manager", *_controller_flags())
        self._wait(self._takes_pods, end)

    def _run(self, name: str, *flags: str) -> None:
        self._programs.append(GuardedProgram(self.folder, str(self._binaries / name), *flags))

    def _wait(self, ready: Callable[[], bool], end: float) -> None:
        """Until the program that was started last is ready."""
        while not ready():
            for each in self._programs:
                if each.exit_code is not None:
                    raise _failed(each, f"ended with exit code {each.exit_code}")
            if time.monotonic() > end:
                raise _failed(self._programs[-1], f"was not ready within {_START:.0f} s")
            if self._given_up.wait(0.1):
                raise _failed(self._programs[-1], "was not waited for")

    def _takes_pods(self) -> bool:
        """Whether a namespace has what the controllers make first: its account, and the server's certificate."""
        try:
            self.client.get("v1", "ServiceAccount", "default", "default")
            self.client.get("v1", "ConfigMap", "default", "kube-root-ca.crt")
        except KubernetesRefusal:
            return False
        return True

    def _write_credentials(self) -> None:
        key = generate_private_key(_EXPONENT, _KEY_BITS)
        files = {
            _SIGNING_KEY: key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            _PUBLIC_KEY: key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            _TOKENS: f'{self._token},administrator,administrator,"system:masters"\n'.encode(),
            _KUBECONFIG: self._kubeconfig().encode(),
        }
        for name, content in files.items():
            (self.folder / name).write_bytes(content)  # in a folder that is the user's alone

    def _kubeconfig(self) -> str:
        """JSON is YAML, too."""
        cluster = {"server": self.endpoint, "certificate-authority": _CERTIFICATE}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "rehearsal", "cluster": cluster}],
                "users": [{"name": "administrator", "user": {"token": self._token}}],
                "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "administrator"}}],
                "current-context": "rehearsal",
            }
        )


def _etcd_flags() -> list[str]:
    return [
        "--data-dir=etcd",
        f"--listen-client-urls={_ETCD_SOCKET}",
        f"--advertise-client-urls={_ETCD_SOCKET}",
        f"--listen-peer-urls={_PEER_SOCKET}",
        f"--initial-advertise-peer-urls={_PEER_SOCKET}",
        f"--initial-cluster=default={_PEER_SOCKET}",
        "--unsafe-no-fsync",
    ]


def _api_flags(port: int, issuer: str) -> list[str]:
    return [
        f"--etcd-servers={_ETCD_SOCKET}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--cert-dir={_CERTIFICATES}",  # it makes its own, self-signed
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--token-auth-file={_TOKENS}",
        "--authorization-mode=Node,RBAC",
        f"--service-account-issuer={issuer}",
        f"--service-account-key-file={_PUBLIC_KEY}",
        f"--service-account-signing-key-file={_SIGNING_KEY}",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
    ]


def _controller_flags() -> list[str]:
    return [
        f"--kubeconfig={_KUBECONFIG}",
        f"--service-account-private-key-file={_SIGNING_KEY}",
        f"--root-ca-file={_CERTIFICATE}",
        f"--controllers={','.join(_CONTROLLERS)}",
        "--leader-elect=false",
        "--secure-port=0",  # nothing calls it
    ]


def _free_port() -> int:
    """One that no other program is given for the next minute: its last connection waits until then (TIME_WAIT), and
    only who asks for it by number gets it."""
    with socket.socket() as listener, socket.socket() as caller:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port: int = listener.getsockname()[1]
        caller.connect((LOOPBACK, port))
        accepted, _ = listener.accept()
        accepted.close()
    return port


def _failed(program: GuardedProgram, what: str) -> ClusterFailed:
    return ClusterFailed(f"{program.name} {what}; the end of its log:\n{program.tail()}")
