"""What is wrong with the registries of one's own that a stack declares in clusters."""

from collections.abc import Iterator

from domain.ecr.names import private_registry
from domain.kubernetes.image_reference import parse_image
from domain.problems import Path, Problem, unknown
from domain.selfhosted.cluster_registry import HTPASSWD_KEY_PREFIX, UPSTREAM_KEY_PREFIX
from settings.written.clusters import ClusterEntry
from settings.written.self_hosted import SelfHostedEntry, StorageOptions
from settings.written.stack import StackKeys


def self_hosted_problems(keys: StackKeys) -> Iterator[Problem]:
    clusters = {each.name: each for each in keys.clusters}
    yield from _shared(keys)
    for index, entry in enumerate(keys.self_hosted):
        cluster = clusters.get(entry.cluster)
        if cluster is None:
            yield unknown((index, "cluster"), entry.cluster, "is not a cluster of this stack", clusters)
        else:
            yield from (each.under(index) for each in _cluster_problems(entry, cluster))
        for problem in (*_storage_problems(entry.storage), *_mode_problems(entry), *_page_problems(entry)):
            yield problem.under(index)


def self_hosted_secrets(keys: StackKeys) -> dict[str, tuple[str, Path, str]]:
    """The secrets that they need: for each its key of the stack, the path in it, and the value there."""
    found: dict[str, tuple[str, Path, str]] = {}
    for index, each in enumerate(keys.self_hosted):
        if each.tokens is None:
            found[f"{HTPASSWD_KEY_PREFIX}{each.name}"] = ("self_hosted", (index, "name"), each.name)
        if each.proxy_of and each.proxy_of.username:
            path = (index, "proxy_of", "username")
            found[f"{UPSTREAM_KEY_PREFIX}{each.name}"] = ("self_hosted", path, each.proxy_of.username)
    return found


def _shared(keys: StackKeys) -> Iterator[Problem]:
    """What two of them can't both have."""
    seen: dict[tuple[str, object], Path] = {}
    for index, entry in enumerate(keys.self_hosted):
        claims: list[tuple[Path, str, object, str]] = [
            (("name",), "name", entry.name, entry.name),
            (("host",), "host", entry.host, entry.host),
        ]
        if entry.page:
            claims.append((("page", "host"), "host", entry.page.host, entry.page.host))
        if entry.create:
            claims.append((("namespace",), "namespace", (entry.cluster, entry.namespace), entry.namespace))
        for path, kind, value, shown in claims:
            first = seen.setdefault((kind, value), (index, *path))
            if first != (index, *path):
                fix = "leave out create here" if kind == "namespace" else "write another"
                yield Problem((index, *path), shown, f"is a {kind} that another entry has", fix)


def _cluster_problems(entry: SelfHostedEntry, cluster: ClusterEntry) -> Iterator[Problem]:
    if entry.create and any(each.create and each.name == entry.namespace for each in cluster.namespaces):
        message = f"is declared by cluster {cluster.name}, too"
        yield Problem(("namespace",), entry.namespace, message, "leave out create here")
    admission = cluster.admission
    if admission is None or admission.action != "deny" or entry.namespace in admission.excepted:
        return
    images: dict[Path, str] = {("image",): entry.image}
    if entry.page:
        images["page", "image"] = entry.page.image
    if entry.collection:
        images["collection", "image"] = entry.collection.image
    for path, image in images.items():
        parsed = parse_image(image)
        if parsed is not None and private_registry(parsed.host) is None:
            message = f"is an image of another registry, which cluster {cluster.name} denies"
            fix = f"copy it to a repository of the catalog, or add {entry.namespace} to admission: except"
            yield Problem(path, image, message, fix)


def _storage_problems(storage: StorageOptions) -> Iterator[Problem]:
    if (storage.size is None) == (storage.bucket is None):
        message = "has a volume and a bucket" if storage.size else "has neither a volume nor a bucket"
        yield Problem(("storage",), None, message, "write either {size: 100Gi} or {bucket: NAME, region: REGION}")
        return
    if storage.bucket and storage.region is None:
        yield Problem(("storage", "region"), None, "is missing", "write the bucket's region")
    foreign = ("storage_class",) if storage.bucket else ("region", "endpoint", "role")
    for key in foreign:
        if (value := getattr(storage, key)) is not None:
            of = "a bucket" if storage.bucket else "a volume"
            yield Problem(("storage", key), value, f"is not a key of {of}", "remove it")


def _mode_problems(entry: SelfHostedEntry) -> Iterator[Problem]:
    if entry.proxy_of is None:
        if entry.collection and not entry.deletion:
            message = "collects what is deleted, and nothing can be"
            fix = "write deletion: true, or remove it"
            yield Problem(("collection",), entry.collection.schedule, message, fix)
        return
    if not entry.deletion:
        message = "keeps the images that expire, which a pull-through registry deletes by itself"
        yield Problem(("deletion",), entry.deletion, message, "remove it")
    if entry.collection:
        message = "is not for a pull-through registry, which deletes by itself after proxy_of: days"
        yield Problem(("collection",), entry.collection.schedule, message, "remove it")


def _page_problems(entry: SelfHostedEntry) -> Iterator[Problem]:
    if entry.page is None:
        return
    if entry.tokens:
        message = "has a token server, which a browser would meet at another address than the page's"
        yield Problem(("page",), entry.page.host, message, "remove the page, or tokens")
    if entry.page.deletion and not entry.deletion:
        yield Problem(
            ("page", "deletion"), entry.page.deletion, "is allowed, and the registry deletes nothing", "remove it"
        )
