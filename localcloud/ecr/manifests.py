"""Image manifests and indexes, Docker's and OCI's: what they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import document_text
from domain.ecr.images import DIGEST, INDEXES, MANIFESTS, OCI_INDEX, OCI_MANIFEST, digest_of
from domain.ecr.limits import MANIFEST_MAX_BYTES
from localcloud.ecr.api_errors import EcrError, invalid_parameter

_UNPULLED = ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",)
"""Layers that stand elsewhere, at the addresses that the manifest gives."""

_SIZE_MAX = 2**53
"""Far more than a layer may have, and exact in every reader of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    digest: str
    media_type: str
    artifact_type: str | None
    layers: Mapping[str, int]
    """Digest to size, of the configuration and of each layer."""
    children: frozenset[str]
    subject: str | None
    annotations: Mapping[str, str]
    stated_type: str | None = None
    """What the manifest itself says that it is."""


def parse_manifest(content: bytes, media_type: str | None = None) -> Manifest:
    """The manifest in the bytes, whose media type the sender may say; raises EcrError."""
    if len(content) > MANIFEST_MAX_BYTES:
        raise invalid_parameter("ImageManifest", f"must have length less than or equal to {MANIFEST_MAX_BYTES}")
    data = _loaded(content)
    stated = data.get("mediaType")
    kind = media_type or stated or (OCI_INDEX if "manifests" in data else OCI_MANIFEST)
    if kind not in MANIFESTS:
        raise _invalid(f"the media type {kind!r} is not supported")
    if stated is not None and stated != kind:
        raise _invalid(f"the manifest says {stated!r}, and was sent as {kind!r}")
    if data.get("schemaVersion") != 2:  # noqa: PLR2004  the one version that both formats have
        raise _invalid("schemaVersion must be 2")
    subject = data.get("subject")
    return Manifest(
        digest=digest_of(content),
        media_type=kind,
        artifact_type=_artifact_type(data),
        layers={} if kind in INDEXES else dict(_blobs(data)),
        children=frozenset(_digest(each) for each in _list(data, "manifests")) if kind in INDEXES else frozenset(),
        subject=None if subject is None else _digest(subject),
        annotations=_annotations(data),
        stated_type=stated,
    )


def _loaded(content: bytes) -> dict[str, Any]:
    try:
        data = document_text.parse_json(content.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid(f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise _invalid("no JSON object")
    return data


def _artifact_type(data: Mapping[str, Any]) -> str | None:
    if isinstance(data.get("artifactType"), str):
        return str(data["artifactType"])
    config = data.get("config")
    media_type = config.get("mediaType") if isinstance(config, dict) else None
    return media_type if isinstance(media_type, str) else None


def _annotations(data: Mapping[str, Any]) -> dict[str, str]:
    """Those that are what the image specification calls annotations, texts under texts."""
    given = data.get("annotations")
    return {key: value for key, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}


def _blobs(data: Mapping[str, Any]) -> list[tuple[str, int]]:
    if "config" not in data:
        raise _invalid("config is missing")
    stored = [each for each in _list(data, "layers") if _media_type(each) not in _UNPULLED]
    return [(_digest(each), _size(each)) for each in (data["config"], *stored)]


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise _invalid(f"{key} must be a list")
    return value


def _media_type(descriptor: object) -> object:
    return descriptor.get("mediaType") if isinstance(descriptor, dict) else None


def _digest(descriptor: object) -> str:
    value = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise _invalid(f"{value!r} is not a sha256 digest")
    return value


def _size(descriptor: Mapping[str, Any]) -> int:
    value = descriptor.get("size")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _SIZE_MAX:
        raise _invalid(f"{value!r} is not a size of a blob")
    return value


def _invalid(why: str) -> EcrError:
    return invalid_parameter("ImageManifest", f"Invalid image manifest: {why}")
