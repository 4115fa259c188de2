"""What a plan is made of, as plain data."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from render.resource import Resource
from resources import OnChange

IMPORT = "importId"
"""The option that adopts; among the reasons of a replacement where the stack has the thing already."""


class Op(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    ADOPT = "adopt"
    """Imported: it exists in AWS, and the stack does not know it yet."""
    UPDATE = "update"
    UPDATE_OR_REPLACE = "update-or-replace"
    """Nobody can say which before the provider was asked."""
    REPLACE = "replace"
    RENAME = "rename"
    """The same thing in AWS under another URN, and no alias: the new one is created and the old one deleted."""
    DELETE = "delete"
    MOVE = "move"
    """Another URN, which an alias covers: AWS sees nothing of it."""
    OPTIONS = "options"
    """Only what the engine keeps for itself changes: protection above all."""


DESTROYING = frozenset({Op.DELETE, Op.REPLACE, Op.UPDATE_OR_REPLACE, Op.RENAME})


class Protection(StrEnum):
    """What a change does to the engine's refusal to delete."""

    LOST = "lost"
    GAINED = "gained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One input or option; None stands for one that is not there."""

    path: str
    old: object
    new: object
    effect: OnChange
    lines: tuple[str, ...] = ()
    """What differs inside a document, a line each: `- ` goes, `+ ` comes, `~ ` changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource that does not stay as it is."""

    op: Op
    urn: str
    type: str
    name: str
    region: str | None
    account: str
    old: Resource | None = None
    new: Resource | None = None
    old_urn: str | None = None
    """Where the old one had another URN."""
    differences: tuple[Difference, ...] = ()
    options: tuple[Difference, ...] = ()
    forced_by: tuple[str, ...] = ()
    """The inputs that make it a replacement, or may."""

    @property
    def short_type(self) -> str:
        return self.type.rpartition(":")[2]

    @property
    def protection(self) -> Protection | None:
        if self.old is None or self.new is None or self.old.protect == self.new.protect:
            return None
        return Protection.LOST if self.old.protect else Protection.GAINED

    @property
    def retained(self) -> bool:
        """Whether the old one leaves the stack alone, and stays in AWS."""
        return bool(self.old and self.old.options.get("retainOnDelete"))

    @property
    def refused(self) -> bool:
        """Whether the engine refuses to delete the old one: a replacement may take the protection off itself."""
        # An import over what the state holds already is not asked: pulumi/pkg/resource/deploy/step_generator.go.
        if self.old is None or not self.old.protect or IMPORT in self.forced_by:
            return False
        if self.op in (Op.DELETE, Op.RENAME):
            return True
        return self.op in DESTROYING and bool(self.new and self.new.protect)


class Fate(StrEnum):
    """What becomes of the images of a repository that is to be destroyed."""

    LOST = "lost"
    KEPT_BY_AWS = "kept-by-aws"
    """AWS does not delete a repository that holds images: the deployment fails, unless it is empty."""
    KEPT_BY_ENGINE = "kept-by-engine"
    """It is protected: the deployment fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A repository that the change destroys, or tries to."""

    urn: str
    repository: str
    region: str
    account: str
    op: Op
    fate: Fate


class Topic(StrEnum):
    """What a statement is about, the worst first."""

    POLICY = "policy"
    """What the policy pack does not let pass."""
    LOSS = "loss"
    KEY = "key"
    BLOCKED = "blocked"
    RENAME = "rename"
    PLACE = "place"
    WEAKER = "weaker"
    ACCESS = "access"
    RETIREMENT = "retirement"
    RETENTION = "retention"
    ADOPTION = "adoption"
    PROTECTION = "protection"
    ADVICE = "advice"
    """What the policy pack advises against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a change means, in words; `lines` are its details."""

    topic: Topic
    text: str
    urns: tuple[str, ...]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a change does to one stack."""

    project: str
    stack: str
    account: str
    against: str = ""
    """What it is compared with: a revision, a preview's file."""
    is_new: bool = False
    """The base declares no such stack."""
    previewed: bool = False
    """The engine's own preview: its base is the stack's state."""
    changes: tuple[Change, ...] = ()
    unchanged: int | None = None
    """None where the source does not say."""
    losses: tuple[Loss, ...] = ()
    statements: tuple[Statement, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What the reader must know of this plan's own limits."""

    def counts(self) -> dict[Op, int]:
        found = Counter(change.op for change in self.changes)
        return {op: found[op] for op in Op if found[op]}
