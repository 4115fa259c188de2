"""The Pod Security Standard `restricted`, as the API server applies it.

https://pkg.go.dev/k8s.io/pod-security-admission/policy; pods of Windows and those with user namespaces are no
exception here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from domain.problems import Path, path_text
from domain.wording import listed
from policies.checks.cluster_objects import Pod, containers_in
from policies.checks.input_values import as_list, is_unknown, value_within
from policies.pack.rule import Finding, Results, Undecided

_STANDARD = "the Pod Security Standard restricted"
_WANTED, _FORBIDDEN = f"{_STANDARD} wants", f"which {_STANDARD} forbids"
_CONTEXT = "securityContext"
_PROFILES = ("RuntimeDefault", "Localhost")
_ALL, _ADDABLE = "ALL", "NET_BIND_SERVICE"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_VOLUMES = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    }
)  # fmt: skip
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Field:
    """A field, with the values that it can have where it is set."""

    path: Path
    allows: Callable[[Any], bool]
    allowed: str


_TRUE, _FALSE = True, False


def _only(path: Path, *values: object) -> _Field:
    return _Field(path, lambda value: value in values, listed(map(_as_yaml, values)))


def _as_yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


_SELINUX = tuple(f"container{each}_t" for each in ("", "_init", "_kvm", "_engine"))
_NO_ROOT = _Field((_CONTEXT, "runAsUser"), lambda user: user != 0, "any user but 0")
_OF_BOTH = (
    _only((_CONTEXT, "runAsNonRoot"), _TRUE),
    _NO_ROOT,
    _only((_CONTEXT, "seccompProfile", "type"), *_PROFILES),
    _only((_CONTEXT, "appArmorProfile", "type"), *_PROFILES),
    _only((_CONTEXT, "seLinuxOptions", "type"), "", *_SELINUX),
    _only((_CONTEXT, "seLinuxOptions", "user"), ""),
    _only((_CONTEXT, "seLinuxOptions", "role"), ""),
    _only((_CONTEXT, "windowsOptions", "hostProcess"), _FALSE),
)
"""Of a pod, and of each container."""
_OF_POD = (*_OF_BOTH, *(_only((each,), _FALSE) for each in ("hostNetwork", "hostPID", "hostIPC")))
_PROBES = tuple(
    _only((*where, how, "host"), "")
    for where, how in product(
        (
            ("livenessProbe",),
            ("readinessProbe",),
            ("startupProbe",),
            ("lifecycle", "postStart"),
            ("lifecycle", "preStop"),
        ),
        ("httpGet", "tcpSocket"),
    )
)
_OF_CONTAINER = (
    *_OF_BOTH,
    *_PROBES,
    _only((_CONTEXT, "privileged"), _FALSE),
    _only((_CONTEXT, "allowPrivilegeEscalation"), _FALSE),
    _only((_CONTEXT, "procMount"), "Default"),
)
_HOST_PORT, _SYSCTL = _only(("hostPort",), 0), _Field(("name",), lambda name: name in _SYSCTLS, "a safe sysctl")
_ADDED = _only((), _ADDABLE)
_ANNOTATION = _Field(
    (), lambda value: value == "runtime/default" or str(value).startswith("localhost/"), listed(_PROFILES)
)
_BY_POD = ((_CONTEXT, "runAsNonRoot"), (_CONTEXT, "seccompProfile", "type"))
"""What each container sets, or the pod for all."""


def check_restricted(pod: Pod) -> Results:
    """What of the pod's spec the standard forbids; of a patch only what it sets."""
    if is_unknown(pod.spec):
        yield Undecided(pod.path)
        return
    yield from _check_fields(pod.spec, pod.path, _OF_POD)
    sysctls = value_within(pod.spec, (_CONTEXT, "sysctls"))
    yield from _check_items(sysctls, (*pod.path, _CONTEXT, "sysctls"), (_SYSCTL,))
    yield from _check_volumes(pod)
    yield from _check_annotations(pod)
    for path, container in containers_in(pod):
        yield from _check_container(container, (*pod.path, *path), pod)


def _check_container(container: Any, path: Path, pod: Pod) -> Results:
    if is_unknown(container):
        yield Undecided(path)
        return
    yield from _check_fields(container, path, _OF_CONTAINER)
    yield from _check_items(value_within(container, ("ports",)), (*path, "ports"), (_HOST_PORT,))
    added = (_CONTEXT, "capabilities", "add")
    yield from _check_items(value_within(container, added), (*path, *added), (_ADDED,))
    if pod.is_patch:
        return
    for of_pod in _BY_POD:
        if value_within(container, of_pod) is None and value_within(pod.spec, of_pod) is None:
            yield _missing(path, of_pod, "the container and the pod")
    escalation, dropped = (_CONTEXT, "allowPrivilegeEscalation"), (_CONTEXT, "capabilities", "drop")
    if value_within(container, escalation) is None:
        yield _missing(path, escalation, "the container")
    capabilities = as_list(value_within(container, dropped))
    if _ALL not in capabilities and any(map(is_unknown, capabilities)):
        yield Undecided((*path, *dropped))
    elif _ALL not in capabilities:
        yield Finding(f"has a container that does not drop the capabilities {_ALL}, as {_WANTED}", (*path, *dropped))


def _missing(path: Path, field: Path, holder: str) -> Finding:
    message = f"does not set {path_text(field)} on {holder}, as {_WANTED}"
    return Finding(message, (*path, *field))


def _check_fields(holder: Any, path: Path, fields: tuple[_Field, ...]) -> Results:
    for field in fields:
        value = value_within(holder, field.path)
        where = (*path, *field.path)
        if is_unknown(value):
            yield Undecided(where)
        elif value is not None and not field.allows(value):
            yield Finding(
                f"has {path_text(where)} = {_as_yaml(value)}, {_FORBIDDEN}: allowed is {field.allowed}",
                where,
            )


def _check_items(items: Any, path: Path, fields: tuple[_Field, ...]) -> Results:
    if is_unknown(items):
        yield Undecided(path)
        return
    for index, item in enumerate(as_list(items)):
        yield from _check_fields(item, (*path, index), fields)


def _check_volumes(pod: Pod) -> Results:
    path, volumes = (*pod.path, "volumes"), value_within(pod.spec, ("volumes",))
    if is_unknown(volumes):
        yield Undecided(path)
        return
    for index, volume in enumerate(as_list(volumes)):
        kinds = set(_set_keys(volume)) - {"name"}
        if is_unknown(volume):
            yield Undecided((*path, index))
        elif forbidden := sorted(kinds - _VOLUMES):
            message = f"has a volume of the type {listed(forbidden)}, {_FORBIDDEN}"
            yield Finding(message, (*path, index))


def _set_keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (key for key, each in value.items() if each is not None)


def _check_annotations(pod: Pod) -> Results:
    annotations = value_within(pod.metadata, ("annotations",))
    path = (*pod.path[:-1], "metadata", "annotations")
    if isinstance(annotations, Mapping):
        for key, value in annotations.items():
            if key.startswith(_APP_ARMOR):
                yield from _check_fields(value, (*path, key), (_ANNOTATION,))
