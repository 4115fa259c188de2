"""What is said of each repository that was described."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from policies.pack.rule import Level


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule of the policy pack that an entry would fail, with what to do about it."""

    rule: str
    level: Level
    text: str
    fix: str
    regions: tuple[str, ...]


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
    failures: list[Failure] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Why it can't be adopted."""

    def refuse(self, *reasons: str) -> None:
        if self.status is Status.ADOPTABLE:
            self.status = Status.NOT_ADOPTABLE
        self.reasons.extend(reasons)
        self.entry = {}

    @property
    def is_refused_by_gate(self) -> bool:
        return any(each.level is Level.MANDATORY for each in self.failures)


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
    exceptions: Mapping[str, Mapping[str, object]]
    """What the stack's file of levels must say before the entries are merged, by rule."""
    others: tuple[str, ...]
    """The other stacks, which make the repositories anew."""
    notes: tuple[str, ...]
    """What people should know of what they gave."""

    def count(self, status: Status) -> int:
        return sum(verdict.status is status for verdict in self.verdicts)
