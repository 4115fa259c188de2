"""What a registry holds. Only the event loop's own thread changes it, so no step is ever seen half done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from domain.aws import RegistryId
from domain.ecr.creation_templates import Occasion
from domain.ecr.names import repository_arn
from domain.ecr.replication import ReplicationRule
from domain.ecr.scanning import ScanRule, ScanType
from domain.ecr.tags import TagMutability
from domain.ecr.upstreams import CacheRule
from domain.iam.access import Policy
from localcloud.ecr.api_errors import EcrError, repository_not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy as it was given, byte for byte, and as IAM reads it."""

    text: str
    policy: Policy


class ReplicationStatus(Enum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"


@dataclass(slots=True, kw_only=True)
class ReplicationProgress:
    """How far the copy of an image to one registry has come, since its last push."""

    status: ReplicationStatus = ReplicationStatus.IN_PROGRESS
    failure: str | None = None
    """The code with the reason; which codes AWS has, it does not say."""

    def fail(self, why: str) -> None:
        self.status, self.failure = ReplicationStatus.FAILED, why


class BackfillStatus(Enum):
    PREPARING = "PREPARING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfilledImage:
    """One image under one tag, or one that has none."""

    repository: str
    digest: str
    tag: str | None
    progress: ReplicationProgress


@dataclass(slots=True, kw_only=True)
class Backfill:
    """The copy to one registry of what was pushed before the replication configuration was put."""

    destination: RegistryId
    started_at: datetime
    status: BackfillStatus = BackfillStatus.PREPARING
    images: tuple[BackfilledImage, ...] = ()
    """Empty until it is prepared."""
    ended_at: datetime | None = None

    def count(self, status: ReplicationStatus) -> int:
        return sum(each.progress.status is status for each in self.images)


@dataclass(slots=True, kw_only=True)
class StoredImage:
    """One manifest, by its digest; an index is one too."""

    digest: str
    media_type: str
    artifact_type: str | None
    manifest: bytes
    layers: frozenset[str]
    """Blobs that it needs, its configuration included."""
    children: frozenset[str]
    """Images that it lists, which can't be deleted before it."""
    subject: str | None
    annotations: Mapping[str, str]
    size: int
    """Bytes of its blobs; of an index, of its largest child."""
    pushed_at: datetime
    pulled_at: datetime | None = None
    archived: bool = False
    """In the archive storage class: described and deleted, and not pulled until it is restored."""
    archived_at: datetime | None = None
    activated_at: datetime | None = None
    """When it was last restored."""
    tags: set[str] = field(default_factory=set)
    replications: dict[RegistryId, ReplicationProgress] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class StoredRepository:
    """Itself alone: one that is deleted and made anew is another, however alike they are."""

    name: str
    account: str
    region: str
    created_at: datetime
    encryption_type: str
    """AES256 or KMS, as the API names them."""
    key_arn: str | None
    mutability: TagMutability
    exclusions: tuple[str, ...]
    scan_on_push: bool
    tags: dict[str, str]
    policy: StoredPolicy | None = None
    lifecycle: str | None = None
    layers: set[str] = field(default_factory=set)
    """Blobs that were uploaded or mounted here; no other can be pulled from here."""
    images: dict[str, StoredImage] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    """Tag to digest."""
    upstream_checks: dict[str, datetime] = field(default_factory=dict)
    """When the upstream of a pull-through cache was last checked for a tag."""

    @property
    def arn(self) -> str:
        return repository_arn(self.region, self.account, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTemplate:
    """What repositories are given that ECR makes by itself; one that exists already never changes with it."""

    prefix: str
    description: str | None
    encryption: Mapping[str, str]
    """As the API has it: encryptionType, and kmsKey if one is said."""
    mutability: TagMutability
    exclusions: tuple[str, ...]
    policy: StoredPolicy | None
    lifecycle: str | None
    tags: Mapping[str, str]
    occasions: tuple[Occasion, ...]
    role: str | None
    """Of the role as which ECR makes the repository, its ARN."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCacheRule:
    """A rule of a pull-through cache since it was made."""

    rule: CacheRule
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class StoredRegistry:
    """The private registry of one account in one region."""

    account: str
    region: str
    repositories: dict[str, StoredRepository] = field(default_factory=dict)
    policy: StoredPolicy | None = None
    settings: dict[str, str] = field(default_factory=dict)
    scan_type: ScanType = ScanType.BASIC
    scan_rules: tuple[ScanRule, ...] = ()
    pull_time_exclusions: dict[str, datetime] = field(default_factory=dict)
    templates: dict[str, StoredTemplate] = field(default_factory=dict)
    """By prefix, without a slash at its end."""
    cache_rules: dict[str, StoredCacheRule] = field(default_factory=dict)
    """By prefix, without a slash at its end."""
    replication: tuple[ReplicationRule, ...] = ()
    backfills: dict[str, Backfill] = field(default_factory=dict)
    """By id."""

    def repository(self, name: str) -> StoredRepository:
        if name not in self.repositories:
            raise repository_not_found(name, self.account)
        return self.repositories[name]


class Registries:
    """Every registry there is: each account has one in each region, empty until something is put there."""

    def __init__(self) -> None:
        self._registries: dict[tuple[str, str], StoredRegistry] = {}

    def of(self, account: str, region: str) -> StoredRegistry:
        place = account, region
        if place not in self._registries:
            self._registries[place] = StoredRegistry(account=account, region=region)
        return self._registries[place]

    def unnamed(self, layers: Iterable[str]) -> set[str]:
        """Those of the layers that no repository of any registry has."""
        rest = set(layers)
        for registry in self._registries.values():
            for repository in registry.repositories.values():
                rest -= repository.layers
        return rest


def image_not_found(reference: str, repository: StoredRepository) -> EcrError:
    text = (
        f"The image with imageId {reference} does not exist within the repository with name "
        f"'{repository.name}' in the registry with id '{repository.account}'"
    )
    return EcrError("ImageNotFoundException", text)
