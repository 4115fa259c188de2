"""A plan as plain data."""

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
from resources.providers import CLUSTER_PROVIDER, GITHUB_PROVIDER, cluster_of, owner_of

IMPORT = "importId"
"""The option that imports; among the reasons of a replacement where the stack has the resource already."""


GITHUB = "GitHub"
"""The place of what is there."""

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Op(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    ADOPT = "adopt"
    """Imported: it exists in AWS and is not in the state yet."""
    UPDATE = "update"
    UPDATE_OR_REPLACE = "update-or-replace"
    """Only the provider knows which."""
    REPLACE = "replace"
    RENAME = "rename"
    """The same resource in AWS under another URN without an alias: the engine creates one and deletes the other."""
    DELETE = "delete"
    MOVE = "move"
    """Another URN with an alias: nothing changes in AWS."""
    OPTIONS = "options"
    """Only options of the engine change: protection above all."""


DESTROYING = frozenset({Op.DELETE, Op.REPLACE, Op.UPDATE_OR_REPLACE, Op.RENAME})


class Protection(StrEnum):
    """What a change does to the option `protect`."""

    LOST = "lost"
    GAINED = "gained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One input or option; None where it is absent."""

    path: str
    old: object
    new: object
    effect: OnChange
    lines: tuple[str, ...] = ()
    """What differs inside a document: `- ` is removed, `+ ` added, `~ ` changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of one resource."""

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
    def cluster(self) -> str | None:
        """The Kubernetes cluster that holds it."""
        resource = self.new or self.old
        if self.type == CLUSTER_PROVIDER:
            return self.name
        return cluster_of(resource.provider) if resource else None

    @property
    def owner(self) -> str | None:
        """The owner of what is at GitHub."""
        resource = self.new or self.old
        if self.type == GITHUB_PROVIDER:
            return self.name
        return owner_of(resource.provider) if resource else None

    @property
    def place(self) -> str:
        """Its region or cluster, or that it is at GitHub; empty for what has none."""
        if self.owner:
            return GITHUB
        return f"cluster {self.cluster}" if self.cluster else self.region or ""

    @property
    def protection(self) -> Protection | None:
        if self.old is None or self.new is None or self.old.protect == self.new.protect:
            return None
        return Protection.LOST if self.old.protect else Protection.GAINED

    @property
    def retained(self) -> bool:
        """Whether the old one only leaves the stack and stays in AWS."""
        return bool(self.old and self.old.options.get("retainOnDelete"))

    @property
    def refused(self) -> bool:
        """Whether the engine refuses to delete the old one: a replacement may take the protection off itself."""
        # An import over what the state holds is not refused: pulumi/pkg/resource/deploy/step_generator.go.
        if self.old is None or not self.old.protect or IMPORT in self.forced_by:
            return False
        if self.op in (Op.DELETE, Op.RENAME):
            return True
        return self.op in DESTROYING and bool(self.new and self.new.protect)


class Fate(StrEnum):
    """What happens to the images of a repository that is deleted."""

    LOST = "lost"
    KEPT_BY_AWS = "kept-by-aws"
    """AWS refuses to delete a repository with images: the deployment fails unless it is empty."""
    KEPT_BY_ENGINE = "kept-by-engine"
    """It is protected: the deployment fails."""


class Topic(StrEnum):
    """What a consequence is about, the worst first: images before all else."""

    LOSS = "loss"
    RETENTION = "retention"
    KEY = "key"
    BLOCKED = "blocked"
    POLICY = "policy"
    """A mandatory violation of the policy pack."""
    RENAME = "rename"
    CLUSTER = "cluster"
    """How pods pull, and which images a cluster admits."""
    SOURCE = "source"
    """How workflows of repositories at GitHub push."""
    PLACE = "place"
    WEAKER = "weaker"
    RETIREMENT = "retirement"
    ADOPTION = "adoption"
    PROTECTION = "protection"
    COST = "cost"
    """What AWS asks a month for what is declared."""
    ADVICE = "advice"
    """An advisory violation of the policy pack."""


IDS = {
    "plan-destroys": "A repository is deleted without the two steps that this takes",
    "plan-replaces": "A repository or a key is replaced: its images, or what it encrypts, are lost",
    "plan-removed-blocked": "A removed repository can't be deleted in this stack, and blocks every deployment after",
    "plan-adopts-managed": "A repository, a policy or a ruleset is imported that the stack has already",
    "plan-renames": "A resource is renamed without an alias",
    "plan-deletes-protected": "A protected resource is deleted: the engine refuses, and the deployment fails",
    "plan-key-deleted": "A key is deleted: what it encrypts can't be read",
    "plan-retires": "A repository is retired: from then on the engine does not refuse to delete it",
    "plan-retire-expired": "The day until which a repository could be deleted is past",
    "plan-replica-dropped": "A replica is removed that was not retired",
    "plan-account-moves": "The stack's account or home region changes",
    "plan-too-many-requests": "GitHub does not answer a deployment's requests within an hour",
    "plan-weakens": "The protection of images is weaker than before",
}
"""The consequences that the gate judges."""
_GRAVE = frozenset((Topic.LOSS, Topic.RETENTION, Topic.KEY, Topic.BLOCKED, Topic.POLICY, Topic.ADOPTION))
NOTHING_TO_DO = "none, if this is intended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One event and what it means; every command prints the same one."""

    topic: Topic
    text: str
    urns: tuple[str, ...]
    """The resources; none for the stack as a whole."""
    lines: tuple[str, ...] = ()
    """Details."""
    id: str | None = None
    """One of IDS; None where the gate does not judge it."""
    level: Level = Level.ADVISORY
    fix: str = NOTHING_TO_DO

    @property
    def fails(self) -> bool:
        return self.id is not None and self.level is Level.MANDATORY

    @property
    def is_grave(self) -> bool:
        """Whether it fails, or images can be lost by it: no comment leaves it out."""
        return self.fails or self.topic in _GRAVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The two sides; of an engine's preview there are no renders."""

    changes: Sequence[Change]
    olds: Sequence[Resource]
    """The base's resources, as far as they are known."""
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
    """The changes of one stack and their consequences."""

    project: str
    stack: str
    account: str
    against: str = ""
    """What it is compared with: a revision, a preview's file."""
    is_new: bool = False
    """The base has no such stack."""
    previewed: bool = False
    """Whether it is the engine's preview, whose base is the stack's state."""
    changes: tuple[Change, ...] = ()
    unchanged: int | None = None
    """None where that is not known."""
    consequences: tuple[Consequence, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Limits of this plan."""

    def counts(self) -> dict[Op, int]:
        found = Counter(change.op for change in self.changes)
        return {op: found[op] for op in Op if found[op]}
