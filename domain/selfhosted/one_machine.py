"""A registry of one's own on one machine: the files of a folder, compose.yaml first.

Compose mounts folders, not files: a container would keep the old one of a file that is replaced, as htpasswd is."""

import json
from typing import Any

from domain.selfhosted.own_registry import (
    AUTH,
    CERTIFICATES,
    CONFIG,
    DATA,
    DEBUG_PORT,
    ENVIRONMENT,
    READ_ONLY,
    REGISTRY_PORT,
    TLS,
    UPSTREAM_PASSWORD,
    WRITABLE,
    Bucket,
    OwnRegistry,
    Page,
    collect_command,
    registry_config,
    serve_command,
)
from domain.selfhosted.registry_page import IN_CONTAINER, NGINX, PAGE_PORT, page_config, page_start

COMPOSE = "compose.yaml"
MODE = "REGISTRY_MODE"
FOLDERS = ("auth", "config", "data", "page", "tls")
IMAGES_PUBLISHED, _PAGE_PUBLISHED = 443, 8443
"""Where a host has no port."""
_DOCKER_DNS = "127.0.0.11 valid=10s"
_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_HEALTH = f"http://127.0.0.1:{DEBUG_PORT}/debug/health"

Compose = dict[str, Any]


def machine_files(registry: OwnRegistry) -> dict[str, str]:
    """What compose.yaml mounts, by the names in the folder."""
    files = {
        f"config/{WRITABLE}.json": json.dumps(registry_config(registry, tls=True), indent=2),
        f"config/{READ_ONLY}.json": json.dumps(registry_config(registry, tls=True, read_only=True), indent=2),
    }
    if registry.page:
        proxied = f"https://registry:{REGISTRY_PORT}"
        files[f"page/{NGINX}"] = page_config(registry.page, proxied, tls=True, resolver=_DOCKER_DNS)
    if registry.login:
        files[f"auth/{CERTIFICATES}"] = registry.login.certificates
    return files


def _published(host: str, default: int) -> tuple[str, int]:
    """The address of this machine on which the host is served, and its port."""
    name, _, port = host.partition(":")
    return "127.0.0.1" if name in {"localhost", "127.0.0.1"} else "0.0.0.0", int(port or default)  # noqa: S104


def compose_file(registry: OwnRegistry, user: str) -> Compose:
    """`user` is UID:GID, whose the folder is."""
    address, port = _published(registry.host, IMAGES_PUBLISHED)
    serving: Compose = {
        **_container(registry, user),
        "command": serve_command(f"${{{MODE}:-{WRITABLE}}}"),
        "restart": "unless-stopped",
        "ports": [f"{address}:{port}:{REGISTRY_PORT}", f"127.0.0.1:{DEBUG_PORT}:{DEBUG_PORT}"],
        "healthcheck": {"test": ["CMD", "wget", "-q", "-O", "-", _HEALTH], "interval": "10s", "retries": 3},
    }
    services: Compose = {"registry": serving}
    if registry.upstream is None:
        collecting = {**_container(registry, user), "command": collect_command(registry), "profiles": ["collect"]}
        services["collect"] = collecting
    if registry.page:
        services["page"] = _page(registry, registry.page, user)
    return {"services": services}


def _hardened(user: str) -> Compose:
    return {
        "user": user, "read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"],
        "tmpfs": [IN_CONTAINER.work],
    }  # fmt: skip


def _container(registry: OwnRegistry, user: str) -> Compose:
    """Names without a value are taken from the environment of who calls compose."""
    passed = [*(_AWS if isinstance(registry.storage, Bucket) else ())]
    if registry.upstream and registry.upstream.username:
        passed.append(UPSTREAM_PASSWORD)
    data = [] if isinstance(registry.storage, Bucket) else [f"./data:{DATA}"]
    mounts = [f"./config:{CONFIG}:ro", f"./auth:{AUTH}:ro", f"./tls:{TLS}:ro", *data]
    environment = [*(f"{key}={value}" for key, value in ENVIRONMENT.items()), *passed]
    return {"image": registry.image, **_hardened(user), "environment": environment, "volumes": mounts}


def _page(registry: OwnRegistry, page: Page, user: str) -> Compose:
    address, port = _published(page.host, _PAGE_PUBLISHED)
    # A dollar sign alone would begin a variable of compose's own.
    start = page_start(registry, page).replace("$", "$$")
    return {
        "image": page.image,
        **_hardened(user),
        "entrypoint": ["/bin/sh", "-euc", start],
        "restart": "unless-stopped",
        "depends_on": {"registry": {"condition": "service_healthy"}},
        "ports": [f"{address}:{port}:{PAGE_PORT}"],
        "volumes": [f"./page:{CONFIG}:ro", f"./tls:{TLS}:ro"],
    }
