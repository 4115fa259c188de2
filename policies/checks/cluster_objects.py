"""Objects of Kubernetes in the inputs of resources, and the pods that they make."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.problems import Path
from policies.checks.input_values import as_list, value_within
from policies.pack.rule import CheckedResource

_PATCH, _LIST = "Patch", "List"
_TEMPLATE = ("spec", "template", "spec")
_PODS: dict[str, Path] = {
    "core/v1:Pod": ("spec",),
    "core/v1:PodTemplate": ("template", "spec"),
    "core/v1:ReplicationController": _TEMPLATE,
    "apps/v1:DaemonSet": _TEMPLATE,
    "apps/v1:Deployment": _TEMPLATE,
    "apps/v1:ReplicaSet": _TEMPLATE,
    "apps/v1:StatefulSet": _TEMPLATE,
    "batch/v1:Job": _TEMPLATE,
    "batch/v1:CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
"""Where each kind has the spec of its pods."""
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterObject:
    """One object, and where it is in its resource's inputs."""

    resource: CheckedResource
    path: Path
    type: str
    """Without what says that it is a patch, or one of a list."""
    value: Any
    is_patch: bool
    """Whether the object exists, and only these fields of it are declared."""

    @property
    def kind(self) -> str:
        return self.type.rpartition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """The pods that an object makes: their spec, and its path in the resource's inputs."""

    path: Path
    spec: Any
    metadata: Any
    is_patch: bool


def declarable(*types: str) -> tuple[str, ...]:
    """The types by which pulumi-kubernetes declares such objects: one, a patch of one, and a list of them."""
    return tuple(f"{each}{suffix}" for each in types for suffix in ("", _PATCH, _LIST))


POD_TYPES = declarable(*(f"kubernetes:{each}" for each in _PODS))


def objects_in(resource: CheckedResource) -> Iterator[ClusterObject]:
    """The resource itself, or each item of a list."""
    of, is_patch = resource.type.removesuffix(_PATCH), resource.type.endswith(_PATCH)
    if of.endswith(_LIST):
        for index, item in enumerate(as_list(resource.inputs.get("items"))):
            path = ("items", index)
            yield ClusterObject(
                resource=resource, path=path, type=of.removesuffix(_LIST), value=item, is_patch=is_patch
            )
    else:
        yield ClusterObject(resource=resource, path=(), type=of, value=resource.inputs, is_patch=is_patch)


def pods_in(resource: CheckedResource) -> Iterator[Pod]:
    """What the resource's objects say of pods; nothing of an object that makes none."""
    for each in objects_in(resource):
        path = _PODS.get(each.type.removeprefix("kubernetes:"))
        if path is not None:
            spec, metadata = (value_within(each.value, (*path[:-1], key)) for key in ("spec", "metadata"))
            yield Pod(path=(*each.path, *path), spec=spec, metadata=metadata, is_patch=each.is_patch)


def containers_in(pod: Pod) -> Iterator[tuple[Path, Any]]:
    """The containers of each kind, each with its path in the pod's spec; a list may be unknown as a whole."""
    for key in CONTAINERS:
        listed = value_within(pod.spec, (key,))
        if isinstance(listed, list | tuple):
            yield from (((key, index), each) for index, each in enumerate(listed))
        elif listed is not None:
            yield (key,), listed
