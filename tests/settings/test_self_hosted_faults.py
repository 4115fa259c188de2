"""Registries of one's own: faults of the input, and what is declared of good input."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.selfhosted.own_registry import Bucket, TokenServer
from settings import load
from tests.settings.test_cluster_faults import CLUSTER, DIGEST, NODES, PEM
from tests.settings.written import words

ADMITTING = {**CLUSTER, "namespaces": [NODES]}
STORAGE, INGRESS = {"size": "100Gi"}, {"class": "traefik", "namespace": "traefik"}
COLLECTION = {"schedule": "0 3 * * 0", "image": DIGEST}
ENTRY = {
    "name": "own", "cluster": "shop", "namespace": "registry", "host": "registry.acme.example", "storage": STORAGE,
    "ingress": INGRESS, "collection": COLLECTION,
}  # fmt: skip
PAGE = {"host": "images.acme.example"}
TOKENS = {"realm": "https://auth.acme.example/token", "service": "registry", "issuer": "acme", "certificates": PEM}
HTPASSWD = "  container-registry:htpasswd-own: {secure: v1:abc}\n"
UPSTREAM = "  container-registry:upstream-token-own: {secure: v1:abc}\n"
PROXY = {"url": "https://registry-1.docker.io"}
BUCKET = {"bucket": "acme-images", "region": "eu-west-1"}
CANARY = "hunter2-canary"


def written(
    project: Path, *entries: Mapping[str, Any], cluster: Mapping[str, Any] = ADMITTING, more: str = HTPASSWD
) -> None:
    keys = {"container-registry:clusters": [cluster], "container-registry:self_hosted": [*entries]}
    lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in keys.items())
    with (project / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(lines + more)


def of(more: str = HTPASSWD, cluster: Mapping[str, Any] = ADMITTING, **keys: Any) -> Any:
    """A case: the entry with other keys; None leaves one out."""
    entry = {key: value for key, value in {**ENTRY, **keys}.items() if value is not None}
    return lambda project: written(project, entry, cluster=cluster, more=more)


def given(*entries: Mapping[str, Any], more: str = HTPASSWD) -> Any:
    return lambda project: written(project, *entries, more=more)


OTHER = {**ENTRY, "name": "other", "host": "other.acme.example"}
BOTH = f"{HTPASSWD}{HTPASSWD.replace('own', 'other')}"
DENYING = {**ADMITTING, "admission": {"action": "deny"}}
CASES = {
    "an unknown cluster": of(cluster={**ADMITTING, "name": "shops"}),
    "a misspelt key": of(deletions=True),
    "two of one name": given(ENTRY, {**OTHER, "name": "own"}),
    "two of one host": given(ENTRY, {**OTHER, "host": ENTRY["host"]}, more=BOTH),
    "a page at the registry's host": of(page={"host": ENTRY["host"]}),
    "a namespace made twice": given({**ENTRY, "create": True}, {**OTHER, "create": True}, more=BOTH),
    "a namespace that the cluster makes": of(
        create=True, cluster={**ADMITTING, "namespaces": [{**NODES, "name": "registry", "create": True}]}
    ),
    "denied images": of(cluster=DENYING, page=PAGE),
    "a long name": of(name="x" * 41, more=HTPASSWD.replace("own", "x" * 41)),
    "a host with a port": of(host="registry.acme.example:5000"),
    "a tag": of(image="docker.io/library/registry:3"),
    "no storage": of(storage={}),
    "two storages": of(storage={**STORAGE, **BUCKET}),
    "a bucket without a region": of(storage={"bucket": "acme-images"}),
    "a class of a bucket": of(storage={**BUCKET, "storage_class": "fast"}),
    "a role of a volume": of(storage={**STORAGE, "role": "arn:aws:iam::111122223333:role/images"}),
    "no size": of(storage={"size": "100 GB"}),
    "a bucket's name": of(storage={**BUCKET, "bucket": "Acme"}),
    "a schedule of four fields": of(collection={**COLLECTION, "schedule": "0 3 * *"}),
    "an hour that is none": of(collection={**COLLECTION, "schedule": "0 24 * * *"}),
    "a range backwards": of(collection={**COLLECTION, "schedule": "0 5-3 * * *"}),
    "collection without deletion": of(deletion=False),
    "a page that deletes nothing": of(page={**PAGE, "deletion": True}, deletion=False, collection=None),
    "a page by tokens": of(page=PAGE, tokens=TOKENS, more=""),
    "a page's title for a shell": of(page={**PAGE, "title": "x'; reboot"}),
    "a key in place of a certificate": of(
        tokens={**TOKENS, "certificates": f"-----BEGIN PRIVATE KEY-----{CANARY}"}, more=""
    ),
    "no certificate": of(tokens={**TOKENS, "certificates": CANARY}, more=""),
    "a realm without TLS": of(tokens={**TOKENS, "realm": "http://auth.acme.example"}, more=""),
    "a collected proxy": of(proxy_of=PROXY),
    "a proxy that keeps all": of(proxy_of=PROXY, collection=None, deletion=False),
    "a proxy's password in the file": of(proxy_of={**PROXY, "password": CANARY}, collection=None),
    "a proxy's login in its address": of(proxy_of={"url": f"https://a:{CANARY}@x.example"}, collection=None),
    "no days": of(proxy_of={**PROXY, "days": 0}, collection=None),
    "no users": of(more=""),
    "users for a token server": of(tokens=TOKENS),
    "no password for the proxy": of(proxy_of={**PROXY, "username": "acme"}, collection=None),
    "users in plain text": of(more="  container-registry:htpasswd-own: acme:x\n"),
    "users of another name": of(more=HTPASSWD.replace("own", "owm")),
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    found = words(project, CASES)
    assert found == snapshot
    assert CANARY not in found


SOUND = {
    "a page that deletes": of(page={**PAGE, "deletion": True}),
    "what is never deleted": of(deletion=False, collection=None),
    "a schedule with all there is": of(collection={**COLLECTION, "schedule": "*/15 0-6,22 1 1,7 1-5"}),
    "a proxy with a login": of(proxy_of={**PROXY, "username": "acme"}, collection=None, more=f"{HTPASSWD}{UPSTREAM}"),
    "admitted images": of(cluster={**DENYING, "admission": {"action": "deny", "except": ["registry"]}}),
    "none": given(more=""),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound(project: Path, name: str) -> None:
    SOUND[name](project)
    assert len(load(project, "dev").self_hosted) == (name != "none")


def test_what_is_declared(project: Path) -> None:
    written(project, {**ENTRY, "page": PAGE, "storage": BUCKET}, more=HTPASSWD)
    (found,) = load(project, "dev").self_hosted
    assert (found.htpasswd_key, found.upstream_key, found.api_port) == ("htpasswd-own", None, 443)
    assert found.registry.storage == Bucket(name="acme-images", region="eu-west-1")
    assert found.served.certificate == "own-tls"
    assert found.registry.page is not None
    assert found.registry.page.title == ENTRY["host"]


def test_tokens_take_the_place_of_users(project: Path) -> None:
    written(project, {**ENTRY, "tokens": TOKENS}, more="")
    (found,) = load(project, "dev").self_hosted
    assert found.htpasswd_key is None
    assert found.registry.login == TokenServer(**TOKENS)
