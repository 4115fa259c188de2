"""A pod's volumes as folders: ConfigMaps, secrets, empty ones, and what a projected one puts together."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.cluster.kubernetes_client import KubernetesClient, Object


class NotSupported(Exception):
    """A part of a pod that is not stood in for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodVolumes:
    """Makes the folders of one pod below a root, one for each volume by its name."""

    client: KubernetesClient
    pod: Object
    root: Path

    def write(self) -> None:
        for volume in self.pod["spec"].get("volumes", ()):
            folder = self.root / volume["name"]
            folder.mkdir()
            [(kind, source)] = [(name, value) for name, value in volume.items() if name != "name"]
            for path, content in self._files(kind, source).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)

    def field(self, path: str) -> str:
        """What a downward `fieldPath` says."""
        value: Any = self.pod
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str):
            raise NotSupported(f"the field {path} of a pod is not stood in for")
        return value

    def data(self, kind: str, name: str) -> dict[str, bytes]:
        """What a ConfigMap or secret of the pod's namespace has by its keys."""
        found = self.client.get("v1", kind, self.pod["metadata"]["namespace"], name)
        text = {key: value.encode() for key, value in found.get("data", {}).items()}
        if kind == "Secret":
            return {key: base64.b64decode(value) for key, value in text.items()}
        return text | {key: base64.b64decode(value) for key, value in found.get("binaryData", {}).items()}

    def _files(self, kind: str, source: Mapping[str, Any]) -> dict[str, bytes]:
        match kind:
            case "emptyDir":
                return {}
            case "configMap":
                return _chosen(self.data("ConfigMap", source["name"]), source)
            case "secret":
                return _chosen(self.data("Secret", source.get("secretName") or source["name"]), source)
            case "downwardAPI":
                return {each["path"]: self.field(each["fieldRef"]["fieldPath"]).encode() for each in source["items"]}
            case "serviceAccountToken":
                return {source["path"]: self._token(source).encode()}
            case "projected":
                parts = [self._files(kind, part) for each in source["sources"] for kind, part in each.items()]
                return {path: content for part in parts for path, content in part.items()}
        raise NotSupported(f"a volume from {kind} is not stood in for")

    def _token(self, source: Mapping[str, Any]) -> str:
        audience = source.get("audience")
        return self.client.service_account_token(
            self.pod["metadata"]["namespace"],
            self.pod["spec"]["serviceAccountName"],
            [audience] if audience else [],
            seconds=source["expirationSeconds"],
            pod=self.pod,
        )


def _chosen(data: Mapping[str, bytes], source: Mapping[str, Any]) -> dict[str, bytes]:
    """All keys, or those that `items` gives a path."""
    items = source.get("items")
    return dict(data) if items is None else {each["path"]: data[each["key"]] for each in items}
