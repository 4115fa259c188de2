"""Registries of one's own, from what the stack's key `self_hosted` says."""

from urllib.parse import urlsplit

from domain.selfhosted.cluster_registry import ClusterRegistry, Served
from domain.selfhosted.own_registry import Bucket, Collection, Disk, OwnRegistry, Page, ProxiedRegistry, TokenServer
from settings.written.self_hosted import SelfHostedEntry, StorageOptions
from settings.written.stack import StackKeys

_HTTPS = 443


def self_hosted(keys: StackKeys) -> tuple[ClusterRegistry, ...]:
    """One in a cluster that is not known has a fault of its own."""
    endpoints = {each.name: each.endpoint for each in keys.clusters}
    return tuple(_placed(each, endpoints[each.cluster]) for each in keys.self_hosted if each.cluster in endpoints)


def _placed(entry: SelfHostedEntry, endpoint: str) -> ClusterRegistry:
    ingress = entry.ingress
    served = Served(
        class_name=ingress.ingress_class, namespace=ingress.namespace, annotations=ingress.annotations,
        certificate=ingress.certificate or f"{entry.name}-tls", issuer=ingress.issuer,
    )  # fmt: skip
    return ClusterRegistry(
        registry=_registry(entry), cluster=entry.cluster, namespace=entry.namespace, create=entry.create,
        served=served, scraped_from=entry.scraped_from, api_port=urlsplit(endpoint).port or _HTTPS,
    )  # fmt: skip


def _registry(entry: SelfHostedEntry) -> OwnRegistry:
    page, collection, proxied = entry.page, entry.collection, entry.proxy_of
    return OwnRegistry(
        name=entry.name,
        host=entry.host,
        image=entry.image,
        login=TokenServer(**entry.tokens.model_dump()) if entry.tokens else None,
        storage=_storage(entry.storage),
        deletion=entry.deletion,
        collection=Collection(**collection.model_dump()) if collection else None,
        page=Page(**{**page.model_dump(), "title": page.title or entry.host}) if page else None,
        upstream=ProxiedRegistry(**proxied.model_dump()) if proxied else None,
    )


def _storage(storage: StorageOptions) -> Disk | Bucket:
    if storage.bucket is None:
        return Disk(size=storage.size or "", storage_class=storage.storage_class)
    return Bucket(name=storage.bucket, region=storage.region or "", endpoint=storage.endpoint, role=storage.role)
