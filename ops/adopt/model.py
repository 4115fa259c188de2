"""What is said of each repository that was described."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    ADOPTABLE = "adoptable"
    IN_CATALOG = "in the catalog"
    NOT_ADOPTABLE = "not adoptable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What adoption would change, and in which regions."""

    text: str
    details: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Verdict:
    """A repository, with its entry or why there is none."""

    name: str
    status: Status
    entry: dict[str, object] = field(default_factory=dict)
    """The entry; of one in the catalog, the keys that must be written anew."""
    before: list[str] = field(default_factory=list)
    """What must be done first, for the import fails without it."""
    guesses: list[str] = field(default_factory=list)
    """What the entry says without being told so."""
    changes: list[Change] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Why it can't be adopted."""

    def refuse(self, *reasons: str) -> None:
        if self.status is Status.ADOPTABLE:
            self.status = Status.NOT_ADOPTABLE
        self.reasons.extend(reasons)
        self.entry = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the command prints."""

    stack: str
    regions: tuple[str, ...]
    catalog_file: str
    verdicts: tuple[Verdict, ...]
    stack_keys: Mapping[str, Mapping[str, object]]
    """What must be added to the stack's file, by key."""
    elsewhere: tuple[str, ...]
    """What the other stacks' files need."""
    notes: tuple[str, ...]
    """What people should know of what they gave."""

    def count(self, status: Status) -> int:
        return sum(verdict.status is status for verdict in self.verdicts)
