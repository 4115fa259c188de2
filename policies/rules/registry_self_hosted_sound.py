"""A registry of one's own asks for a login, is served by TLS, and deletes and collects on purpose."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.kubernetes.image_reference import parse_image
from domain.problems import Path
from policies.checks.cluster_objects import POD_TYPES, ClusterObject, containers_in, declarable, objects_in, pods_in
from policies.checks.input_values import as_list, is_unknown, value_at, value_within
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.kubernetes import CONFIG_MAP, INGRESS

_IMAGES = ("distribution/distribution", "library/registry", "registry")
_COLLECT, _PREFIX = "garbage-collect", "REGISTRY_"
_Key = tuple[str | None, str]
"""A provider and a namespace."""


@dataclass(frozen=True, slots=True)
class _Served:
    """A registry: where its image is, and its configuration, if that is known."""

    resource: CheckedResource
    path: Path
    """Of the container."""
    container: Mapping[str, Any]
    config: Mapping[str, Any] | None
    words: tuple[str, ...]

    @property
    def collects(self) -> bool:
        return any(_COLLECT in each for each in self.words)


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    maps = {(_place(each), _name(each)): each for each in _of_type(resources, CONFIG_MAP)}
    found = [(each, key) for resource in resources for each, key in _registries(resource, maps)]
    ingresses = [(each, _place(each)) for each in _of_type(resources, INGRESS)]
    collected = {key for each, key in found if each.collects}
    for served, key in found:
        for result in _check_image(served):
            yield served.resource, result
        if served.collects:
            continue
        by_tls = any(_has_tls(each) for each, place in ingresses if place == key)
        for result in _check(served, by_tls=by_tls, collected=key in collected):
            yield served.resource, result
    yield from _check_ingresses(ingresses, {key for _, key in found})


def _registries(
    resource: CheckedResource, maps: Mapping[tuple[_Key, str], ClusterObject]
) -> Iterator[tuple[_Served, _Key]]:
    """The containers that run distribution: by their image, or by a configuration that is mounted."""
    for pod, holder in zip(pods_in(resource), objects_in(resource), strict=False):
        place = _place(holder)
        for path, container in containers_in(pod):
            if not isinstance(container, Mapping):
                continue
            mounted = {str(each.get("name")) for each in as_list(container.get("volumeMounts")) if _is_map(each)}
            names = [
                value_within(each, ("configMap", "name"))
                for each in as_list(value_within(pod.spec, ("volumes",)))
                if str(value_at(each, "name")) in mounted
            ]
            words = tuple(str(each) for key in ("command", "args") for each in as_list(container.get(key)))
            configs = [config for name in names for config in _configs(maps.get((place, str(name))), words)]
            image = parse_image(str(container.get("image")))
            if configs or (image is not None and image.name in _IMAGES):
                config = configs[0] if configs else _of_environment(container)
                yield _Served(resource, (*pod.path, *path), container, config, words), place


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _configs(found: ClusterObject | None, words: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Of a map its files that are a configuration: first the one that the container's command names."""
    data = value_within(found.value, ("data",)) if found is not None else None
    texts = data if isinstance(data, Mapping) else {}
    for _, text in sorted(texts.items(), key=lambda item: not any(item[0] in each for each in words)):
        try:
            config = json.loads(str(text))
        except (ValueError, RecursionError):
            continue
        if isinstance(config, Mapping) and {"version", "storage"} <= config.keys():
            yield config


def _of_environment(container: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The configuration that variables make, as far as it is judged; None without any, or where one is not known."""
    written = {str(value_at(each, "name")): value_at(each, "value") for each in as_list(container.get("env"))}
    own = {key: value for key, value in written.items() if key.startswith(_PREFIX)}
    if not own or any(map(is_unknown, own.values())):
        return None
    auth = [key for key in own if key.startswith(f"{_PREFIX}AUTH")]
    deletes = own.get(f"{_PREFIX}STORAGE_DELETE_ENABLED")
    return {
        "auth": {"htpasswd" if f"{_PREFIX}AUTH_HTPASSWD_PATH" in own else "token": {}} if auth else {},
        "http": {"tls": {"certificate": own.get(f"{_PREFIX}HTTP_TLS_CERTIFICATE")}},
        "storage": {} if deletes is None else {"delete": {"enabled": str(deletes).lower() == "true"}},
        **({"proxy": {"remoteurl": ""}} if f"{_PREFIX}PROXY_REMOTEURL" in own else {}),
    }


def _check_image(served: _Served) -> Iterator[CheckResult]:
    image = served.container.get("image")
    if is_unknown(image):
        yield Undecided((*served.path, "image"))
    elif "@sha256:" not in str(image):
        yield Finding(f"runs the image {image!r}: another one tomorrow", (*served.path, "image"))


def _check(served: _Served, *, by_tls: bool, collected: bool) -> Iterator[CheckResult]:
    config = served.config
    if config is None:
        yield Undecided(served.path)
        return
    auth = value_within(config, ("auth",))
    if not (isinstance(auth, Mapping) and {"htpasswd", "token"} & auth.keys()):
        fix = "configure auth.htpasswd with a file of bcrypt, or auth.token"
        yield Finding("serves and takes images without a login", served.path, fix)
    if not (by_tls or value_within(config, ("http", "tls", "certificate"))):
        fix = "give it http.tls, or an Ingress with tls in its namespace"
        yield Finding("is served without TLS: passwords are for all in the network", served.path, fix)
    deletes = value_within(config, ("storage", "delete", "enabled"))
    if deletes is None:
        fix = "set storage.delete.enabled, to true or to false"
        yield Finding("does not say whether images can be deleted", served.path, fix)
    elif deletes and not collected and value_within(config, ("proxy", "remoteurl")) is None:
        fix = "write `collection` in its entry, a CronJob of `garbage-collect`, or deletion: false"
        yield Finding("deletes images, and nothing collects what they leave: no space is ever free", served.path, fix)


def _check_ingresses(ingresses: Sequence[tuple[ClusterObject, _Key]], served: set[_Key]) -> StackResults:
    for each, place in ingresses:
        if place in served and not _has_tls(each):
            yield each.resource, Finding("serves a registry without TLS", (*each.path, "spec", "tls"))


def _has_tls(ingress: ClusterObject) -> bool:
    return bool(value_within(ingress.value, ("spec", "tls")))


def _of_type(resources: Sequence[CheckedResource], token: str) -> Iterator[ClusterObject]:
    return (each for resource in resources for each in objects_in(resource) if each.type == token)


def _place(found: ClusterObject) -> _Key:
    return found.resource.provider, str(value_within(found.value, ("metadata", "namespace")))


def _name(found: ClusterObject) -> str:
    return str(value_within(found.value, ("metadata", "name")))


RULE = StackRule(
    id="registry-self-hosted-sound",
    title="A registry of one's own has a login, TLS and a digest, and deletes and collects on purpose",
    severity="critical",
    risk="Without a login, all in the network replace images that others run; without TLS they read its passwords. "
    "What is deleted and never collected fills the disk, and then each push fails.",
    remediation="Declare it by the stack's self_hosted, which has a login, TLS and digests, with a collection, or with "
    "deletion false. Of others mount a configuration with auth, storage.delete and http.tls, or an Ingress with tls.",
    controls=("NIST SP 800-190 4.2.1", "NIST SP 800-190 4.2.3", "NIST SP 800-53 AC-3", "NIST SP 800-53 SC-8"),
    parameters=Parameters,
    types=(*POD_TYPES, *declarable(CONFIG_MAP, INGRESS)),
    check=check,
)
