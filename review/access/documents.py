"""The policy documents of a render, each text parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.iam.access import Policy
from domain.iam.document import Document, InvalidDocument, parse
from policies.checks.inputs import holds_unknown


@dataclass(slots=True)
class Documents:
    """Reads documents, and remembers what can't be read and where it stands."""

    unread: list[str] = field(default_factory=list)
    _parsed: dict[tuple[str, bool], Document | None] = field(default_factory=dict)

    def policy(self, value: Any, name: str, where: str, *, identity: bool = False) -> Policy | None:
        """The policy that an input holds; None where there is none, or none that can be read, which is noted."""
        if value is None or value == "":
            return None
        document = self._document(value, identity=identity)
        if document is None:
            self.unread.append(where)
            return None
        return Policy(name=name, document=document)

    def _document(self, value: Any, *, identity: bool) -> Document | None:
        if not isinstance(value, str):
            return _parsed(value, identity=identity)
        key = (value, identity)
        if key not in self._parsed:
            self._parsed[key] = _parsed(value, identity=identity)
        return self._parsed[key]


def _parsed(value: Any, *, identity: bool) -> Document | None:
    if holds_unknown(value) or not isinstance(value, str | Mapping):
        return None
    try:
        return parse(value, incomplete_arns=identity)
    except InvalidDocument:
        return None
