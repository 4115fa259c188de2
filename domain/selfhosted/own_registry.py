"""The description of a registry of one's own, and the configuration of CNCF distribution 3 that it makes.

https://distribution.github.io/distribution/about/configuration/"""

from dataclasses import dataclass
from typing import Any

REGISTRY_PORT, DEBUG_PORT = 5000, 5001
"""Of the images, and of metrics and health."""
DATA, AUTH, TLS, CONFIG = "/var/lib/registry", "/etc/registry-auth", "/etc/registry-tls", "/etc/registry"
"""Where a container finds each."""
HTPASSWD, CERTIFICATES = "htpasswd", "certificates.pem"
WRITABLE, READ_ONLY = "registry", "read-only"
"""The two configurations, each in a file NAME.json."""
CERTIFICATE, PRIVATE_KEY = "tls.crt", "tls.key"
"""As a secret of the type kubernetes.io/tls calls them."""
REALM = "registry"
ENVIRONMENT = {"OTEL_TRACES_EXPORTER": "none"}
"""Distribution 3 sends traces to localhost otherwise, and logs each that does not arrive:
https://github.com/distribution/distribution/blob/v3.0.0/docs/content/about/configuration.md"""
UPSTREAM_PASSWORD = "REGISTRY_PROXY_PASSWORD"  # noqa: S105  the variable
PURGED_AFTER = "168h"
REGISTRY_IMAGE = (
    "docker.io/library/registry:3.1.2@sha256:ddf754342cfc8acc51a56d5d0ab6af06826461864460636d8bd5c546dab2a7b8"
)
"""As several public repositories pin it; not pulled where this was written."""
PAGE_IMAGE = (
    "docker.io/joxit/docker-registry-ui:2.5.7@sha256:5594b76bf8dd9de479648e28f38572d020d260568be40b7e52b9758b442275e1"
)
"""As one public repository pins it; not pulled where this was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenServer:
    """What gives tokens: https://distribution.github.io/distribution/spec/auth/token/"""

    realm: str
    service: str
    issuer: str
    certificates: str
    """PEM: whose signatures count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Images on a volume."""

    size: str = ""
    storage_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Images in S3, or in what speaks its API at an endpoint."""

    name: str
    region: str
    endpoint: str | None = None
    role: str | None = None
    """The ARN that its pods assume by the token of their service account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Garbage collection: what no manifest refers to goes, in read-only mode."""

    schedule: str
    image: str
    """With Python, by its digest: it switches the registry to read-only and back."""
    untagged: bool = False
    """Whether manifests without a tag go too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The web page: a proxy in front of the registry, so that the browser knows one address alone."""

    image: str
    host: str
    title: str
    deletion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxiedRegistry:
    """The registry that is pulled through; images expire by themselves, and none can be pushed."""

    url: str
    username: str | None = None
    days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRegistry:
    """Everything that the registry is, wherever it runs."""

    name: str
    host: str
    """As images name it: registry.acme.example, localhost:5000."""
    image: str
    login: TokenServer | None
    """None is a file of users and their passwords."""
    storage: Disk | Bucket
    deletion: bool
    collection: Collection | None = None
    page: Page | None = None
    upstream: ProxiedRegistry | None = None


def registry_config(registry: OwnRegistry, *, tls: bool, read_only: bool = False) -> dict[str, Any]:
    """What distribution reads; JSON is YAML. There is no secret in it.

    No cache of descriptors: with one, a layer that was collected still counts as there, and its next push is broken
    (https://github.com/distribution/distribution/issues/2367). Locations are relative, so that clients stay at the
    address that they came by: the registry's own or the page's.
    """
    served: dict[str, Any] = {
        "addr": f":{REGISTRY_PORT}",
        "relativeurls": True,
        "headers": {"X-Content-Type-Options": ["nosniff"]},
        "debug": {"addr": f":{DEBUG_PORT}", "prometheus": {"enabled": True, "path": "/metrics"}},
    }
    if tls:
        files = {"certificate": f"{TLS}/{CERTIFICATE}", "key": f"{TLS}/{PRIVATE_KEY}", "minimumtls": "tls1.2"}
        served["tls"] = files
    purging = {"enabled": not read_only, "age": PURGED_AFTER, "interval": "24h", "dryrun": False}
    config = {
        "version": "0.1",
        "log": {"level": "info"},
        "http": served,
        "auth": _auth(registry.login),
        "storage": {
            **_storage(registry.storage),
            "delete": {"enabled": registry.deletion},
            "maintenance": {"uploadpurging": purging, "readonly": {"enabled": read_only}},
        },
        "health": {"storagedriver": {"enabled": True, "interval": "10s", "threshold": 3}},
    }
    if upstream := registry.upstream:
        user = {"username": upstream.username} if upstream.username else {}
        config["proxy"] = {"remoteurl": upstream.url, **user, "ttl": f"{upstream.days * 24}h"}
    return config


def _auth(login: TokenServer | None) -> dict[str, Any]:
    if login is None:
        return {"htpasswd": {"realm": REALM, "path": f"{AUTH}/{HTPASSWD}"}}
    bundle = f"{AUTH}/{CERTIFICATES}"
    given = {"realm": login.realm, "service": login.service, "issuer": login.issuer, "rootcertbundle": bundle}
    return {"token": given}


def _storage(storage: Disk | Bucket) -> dict[str, Any]:
    """Credentials of a bucket come from the environment, or by the role."""
    if isinstance(storage, Disk):
        return {"filesystem": {"rootdirectory": DATA}}
    own = {"regionendpoint": storage.endpoint, "forcepathstyle": True} if storage.endpoint else {}
    return {"s3": {"region": storage.region, "bucket": storage.name, "encrypt": True, "secure": True, **own}}


def serve_command(mode: str) -> list[str]:
    return ["serve", f"{CONFIG}/{mode}.json"]


def collect_command(registry: OwnRegistry) -> list[str]:
    """Of distribution 3: the same of 2.8 deletes the children of images for several platforms with `untagged`
    (https://github.com/distribution/distribution/issues/3178)."""
    untagged = ["--delete-untagged"] if registry.collection and registry.collection.untagged else []
    return ["garbage-collect", *untagged, f"{CONFIG}/{READ_ONLY}.json"]
