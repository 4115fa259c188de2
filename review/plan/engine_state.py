"""A resource of the engine's state in the form of a render, without the values of secrets."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from domain.document_text import SECRET, UNKNOWN
from render.monitor import SIGNATURE_KEY
from render.resource import Resource

_OPTIONS = {"importID": "importId", "retainOnDelete": "retainOnDelete", "deletedWith": "deletedWith"}
_INTERNAL = "__"
"""The prefix of a provider's internal fields."""


def resource_of_state(state: Mapping[str, Any] | None) -> Resource | None:
    """None where a step has no such side."""
    if not state:
        return None
    urn = state["urn"]
    inputs, outputs = _plain(state.get("inputs") or {}), _plain(state.get("outputs") or {})
    provider = state.get("provider") or ""
    return Resource(
        urn=urn,
        type=type_of(urn),
        name=urn.split("::", 3)[3],
        custom=bool(state.get("custom", provider)),
        parent=state.get("parent", ""),
        provider=None if "::default" in provider or not provider else provider,
        region=inputs.get("region") or outputs.get("region"),
        protect=bool(state.get("protect")),
        inputs=inputs,
        outputs=outputs,
        dependencies=tuple(sorted(state.get("dependencies") or ())),
        options={ours: state[theirs] for theirs, ours in _OPTIONS.items() if state.get(theirs)},
    )


def type_of(urn: str) -> str:
    """A resource's own type, without its parents'."""
    return urn.split("::")[2].rpartition("$")[2]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        # A value that is not plain has a signature; of those a registry has only secrets.
        if SIGNATURE_KEY in value:
            return SECRET
        return {key: _plain(item) for key, item in value.items() if not key.startswith(_INTERNAL)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return UNKNOWN if value == rpc.UNKNOWN else value
