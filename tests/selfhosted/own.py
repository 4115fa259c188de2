"""A registry of one's own with everything that one can have, but what excludes another."""

from dataclasses import replace

from domain.selfhosted.cluster_registry import ClusterRegistry, Served
from domain.selfhosted.own_registry import (
    PAGE_IMAGE,
    REGISTRY_IMAGE,
    Collection,
    Disk,
    OwnRegistry,
    Page,
    ProxiedRegistry,
)

PYTHON = f"public.ecr.aws/docker/library/python@sha256:{'ab' * 32}"
REGISTRY = OwnRegistry(
    name="own",
    host="registry.acme.example",
    image=REGISTRY_IMAGE,
    login=None,
    storage=Disk(size="10Gi", storage_class="fast"),
    deletion=True,
    collection=Collection(schedule="0 3 * * 0", image=PYTHON, untagged=True),
    page=Page(image=PAGE_IMAGE, host="images.acme.example", title="Images"),
)
PROXIED = ProxiedRegistry(url="https://registry-1.docker.io", username="acme", days=2)
OWN = ClusterRegistry(
    registry=replace(REGISTRY, upstream=PROXIED),
    cluster="factory",
    namespace="registry",
    create=True,
    served=Served(
        class_name="traefik", namespace="traefik", annotations={"a/b": "c"}, certificate="own-tls", issuer="le"
    ),
    scraped_from="monitoring",
    api_port=6443,
)
