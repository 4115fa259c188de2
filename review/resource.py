"""What a render is made of, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT_VERSION = 1
UNKNOWN = "[unknown]"
SECRET = "[secret]"  # noqa: S105  what is shown in a secret's place


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One registration, as the engine would get it; `provider` None is the default one."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    provider: str | None
    region: str | None
    protect: bool
    inputs: dict[str, Any]
    outputs: Mapping[str, object]
    dependencies: tuple[str, ...]
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """All that one stack declares."""

    project: str
    stack: str
    preview: bool
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    not_built: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The form in which renders are exchanged."""
        return {"version": FORMAT_VERSION, **asdict(self)}
