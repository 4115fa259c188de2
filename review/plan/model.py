"""What a plan is made of, as plain data."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.aws import RegistryId
from policies.pack.rule import Level
from render.resource import Render, Resource
from resources import OnChange

IMPORT = "importId"
"""The option that adopts; among the reasons of a replacement where the stack has the thing already."""


_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


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
    def noun(self) -> str:
        """The type in a sentence: LifecyclePolicy is a lifecycle policy."""
        return _CAPITAL.sub(" ", self.short_type).lower()

    @property
    def repository(self) -> str:
        """The name in ECR of the repository that the change is about."""
        resource = self.new or self.old
        inputs = resource.inputs if resource else {}
        return str(inputs.get("repository", inputs.get("name", self.name)))

    @property
    def registry(self) -> RegistryId:
        return RegistryId(account=self.account, region=str(self.region))

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


class Topic(StrEnum):
    """What a consequence is about, the worst first."""

    POLICY = "policy"
    """What the policy pack does not let pass."""
    LOSS = "loss"
    KEY = "key"
    BLOCKED = "blocked"
    RENAME = "rename"
    PLACE = "place"
    WEAKER = "weaker"
    RETIREMENT = "retirement"
    RETENTION = "retention"
    ADOPTION = "adoption"
    PROTECTION = "protection"
    ADVICE = "advice"
    """What the policy pack advises against."""


IDS = {
    "plan-destroys": "A repository is destroyed without the two steps that a destruction takes",
    "plan-replaces": "A repository or a key is replaced: what it holds is gone",
    "plan-removed-blocked": "A removed repository can't be deleted in this stack, and blocks every deployment after",
    "plan-adopts-managed": "A repository is adopted that the stack has already",
    "plan-renames": "A resource has another name, and no alias says so",
    "plan-deletes-protected": "Something protected is deleted: the engine refuses, and the deployment fails",
    "plan-key-deleted": "A key is deleted: what it encrypts can't be read",
    "plan-retires": "A repository is retired: a deletion takes its images along from then on",
    "plan-retire-expired": "The day until which a repository could be destroyed is past",
    "plan-replica-dropped": "A region leaves without having been retired",
    "plan-account-moves": "The stack's account or home region changes",
    "plan-weakens": "What guards images does so less than before",
}
"""The consequences that the gate judges."""
NOTHING_TO_DO = "nothing to do, if that is meant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One thing that a change means, in words that need no knowledge of the engine; everybody prints the same one."""

    topic: Topic
    text: str
    urns: tuple[str, ...]
    """The resources; none where it concerns the stack as a whole."""
    lines: tuple[str, ...] = ()
    """Details."""
    id: str | None = None
    """One of IDS; None where the gate has nothing to judge."""
    level: Level = Level.ADVISORY
    fix: str = NOTHING_TO_DO

    @property
    def fails(self) -> bool:
        return self.id is not None and self.level is Level.MANDATORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is known of the two sides; of an engine's preview neither render is."""

    changes: Sequence[Change]
    olds: Sequence[Resource]
    """What the base has, as far as it is known."""
    is_new: bool
    base: Render | None = None
    head: Render | None = None
    today: date | None = None
    """By which a retirement is judged; without it none is past."""

    @property
    def account(self) -> str:
        return self.head.account if self.head else ""


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
    consequences: tuple[Consequence, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What the reader must know of this plan's own limits."""

    def counts(self) -> dict[Op, int]:
        found = Counter(change.op for change in self.changes)
        return {op: found[op] for op in Op if found[op]}
