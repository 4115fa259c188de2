"""Objects of Kubernetes as the API has them, and the types by which pulumi-kubernetes knows them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from domain.document_text import to_json_text

Manifest = dict[str, Any]

LABELS = {"app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "container-registry"}
DOCKER_CONFIG = ".dockerconfigjson"
DOCKER_CONFIG_TYPE = f"kubernetes.io/{DOCKER_CONFIG[1:]}"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label of each namespace that has its name."""
_PATCH_FORCE = "pulumi.com/patchForce"
_HASH_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesObject:
    """One object as it is declared."""

    manifest: Manifest
    part: str = ""
    """What distinguishes it from its component's other objects of the type."""
    is_patch: bool = False
    """Whether the object exists already, and only these fields of it are declared."""

    @property
    def token(self) -> str:
        """The type in Pulumi, as the class of pulumi-kubernetes has it; the core group has no name in apiVersion."""
        version: str = self.manifest["apiVersion"]
        group = version if "/" in version else f"core/{version}"
        return f"kubernetes:{group}:{self.manifest['kind']}{'Patch' if self.is_patch else ''}"


def manifest(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    **fields: object,
) -> Manifest:
    """An object with the labels that all of ours have."""
    metadata: Manifest = {"name": name, "labels": {**LABELS, **(labels or {})}}
    if namespace is not None:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def patch(api_version: str, kind: str, name: str, namespace: str, **fields: object) -> Manifest:
    """Fields of an object that another made; where another manager has one of them, it is taken over."""
    metadata = {"name": name, "namespace": namespace, "annotations": {_PATCH_FORCE: "true"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def named_by_content(name: str, content: object) -> str:
    """A name that changes with the content, for objects that can't be changed themselves."""
    return f"{name}-{_digest(content if isinstance(content, str) else to_json_text(content))}"


@lru_cache
def _digest(text: str) -> str:
    """Of a text that many objects share, once."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
