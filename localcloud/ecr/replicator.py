"""What is pushed to one registry copied to others, as the registry's replication configuration says.

Every image goes that is pushed after the configuration was put: signatures and other referrers, too, of which AWS does
not say whether they go. What was pushed before goes with a backfill. What arrives is not copied on, and a deletion is
not repeated.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html"""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.aws import REGIONS, RegistryId
from domain.ecr.creation_templates import Occasion
from domain.ecr.limits import REPLICATION_BACKFILL_JUDGED_FROM
from domain.ecr.replication import destinations_of
from domain.iam.access import Caller, Identity, Policy
from domain.iam.document import CURRENT_VERSION, parse
from localcloud.callers import Callers
from localcloud.calls import Call
from localcloud.ecr import authorize, image_store, manifests, repository_creation
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.registry_state import (
    Backfill,
    BackfilledImage,
    BackfillStatus,
    Registries,
    ReplicationProgress,
    ReplicationStatus,
    StoredImage,
    StoredRegistry,
    StoredRepository,
    image_not_found,
)
from localcloud.events import ecr_events
from localcloud.events.event import EventBus
from localcloud.iam_and_kms import Backend

_LOG = logging.getLogger(__name__)

_ROLE = "AWSServiceRoleForECRReplication"
_ROLE_POLICY = Policy(
    name="ECRReplicationServiceRolePolicy",
    document=parse(
        {
            "Version": CURRENT_VERSION,
            "Statement": {"Effect": "Allow", "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"], "Resource": "*"},
        }
    ),
)
"""Of the role as which ECR replicates. AWS makes it with an account's first configuration; here IAM never shows it, and
who puts a configuration needs no iam:CreateServiceLinkedRole.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """One image on its way to one registry."""

    source: StoredRegistry
    repository: StoredRepository
    image: StoredImage
    tag: str | None
    """The tag that was pushed; others that the image has went when they were."""
    destination: RegistryId
    progress: ReplicationProgress


class Replicator:
    """Copies in the loop that serves the registries; what goes to one registry arrives in the order of the pushes."""

    def __init__(self, registries: Registries, backend: Backend, callers: Callers, events: EventBus) -> None:
        self._registries = registries
        self._backend = backend
        self._callers = callers
        self._events = events
        self._turns: dict[RegistryId, asyncio.Lock] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, source: StoredRegistry, repository: StoredRepository, image: StoredImage, tag: str | None) -> None:
        """After a push: the pusher has its answer before anything is copied, and never hears of a failure."""
        for destination in destinations_of(repository.name, source.replication):
            progress = image.replications[destination] = ReplicationProgress()
            copy = _Copy(
                source=source, repository=repository, image=image, tag=tag, destination=destination, progress=progress
            )
            self._keep(self._carry_out(copy))

    def begin_backfill(self, source: StoredRegistry, backfill: Backfill) -> None:
        """All that the registry holds now and the configuration sends to the backfill's destination, one by one."""
        self._keep(self._fill(source, backfill))

    async def settled(self) -> None:
        """Returns when everything that was pushed or begun so far has arrived or failed."""
        await asyncio.gather(*self._under_way)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _fill(self, source: StoredRegistry, backfill: Backfill) -> None:
        copies = list(_existing(source, backfill.destination))
        backfill.images = tuple(
            BackfilledImage(
                repository=each.repository.name, digest=each.image.digest, tag=each.tag, progress=each.progress
            )
            for each in copies
        )
        backfill.status = BackfillStatus.IN_PROGRESS
        for copy in copies:
            copy.image.replications[copy.destination] = copy.progress
            await self._carry_out(copy)
            if _fails(backfill):
                backfill.status = BackfillStatus.FAILED
                break
        else:
            backfill.status = BackfillStatus.COMPLETE
        backfill.ended_at = datetime.now(UTC)

    async def _carry_out(self, copy: _Copy) -> None:
        # Who waits for a lock gets it in the order of asking: a tag ends where it was pushed last.
        async with self._turns.setdefault(copy.destination, asyncio.Lock()):
            try:
                await self._copy(copy)
            except EcrError as refused:
                copy.progress.fail(str(refused))
            except Exception as error:  # noqa: BLE001 - no pusher waits for it; the status says so
                _LOG.exception("%s was not replicated to %s", copy.image.digest, copy.destination)
                copy.progress.fail(f"ServerException: {type(error).__name__}: {error}")
            else:
                copy.progress.status = ReplicationStatus.COMPLETE
            failed = copy.progress.status is ReplicationStatus.FAILED
            self._events.put(
                ecr_events.replicated(
                    copy.source,
                    copy.destination,
                    copy.image,
                    name=copy.repository.name,
                    tag=copy.tag,
                    failed=failed,
                    now=datetime.now(UTC),
                )
            )

    async def _copy(self, copy: _Copy) -> None:
        registry = self._registries.of(copy.destination.account, copy.destination.region)
        name = copy.repository.name
        call = Call(caller=self._replicator(copy.source), region=registry.region)
        authorize.require(call, "ReplicateImage", registry, name)
        target = registry.repositories.get(name)
        if target is None:
            authorize.require(call, "CreateRepository", registry, name)
            target = await repository_creation.create_by_template(registry, name, Occasion.REPLICATION, self._backend)
        _require_present(copy)
        _store(copy.repository, target, copy.image, copy.tag)

    def _replicator(self, source: StoredRegistry) -> Caller:
        """ECR as the source account's own role: in another account that registry's policy must allow it."""
        partition, account = REGIONS[source.region].id, source.account
        identity = Identity(
            arn=f"arn:{partition}:sts::{account}:assumed-role/{_ROLE}/replication",
            account=account,
            role_arn=f"arn:{partition}:iam::{account}:role/aws-service-role/replication.ecr.amazonaws.com/{_ROLE}",
        )
        organization = self._callers.organization(account)
        return Caller(identity=identity, policies=(_ROLE_POLICY,), organization=organization)


def _existing(source: StoredRegistry, destination: RegistryId) -> Iterator[_Copy]:
    """Each image with each of its tags; what an index lists comes with the index."""
    for repository in source.repositories.values():
        if destination not in destinations_of(repository.name, source.replication):
            continue
        listed = frozenset[str]().union(*(image.children for image in repository.images.values()))
        for image in repository.images.values():
            untagged: list[str | None] = [] if image.digest in listed else [None]
            for tag in sorted(image.tags) or untagged:
                yield _Copy(
                    source=source,
                    repository=repository,
                    image=image,
                    tag=tag,
                    destination=destination,
                    progress=ReplicationProgress(),
                )


def _fails(backfill: Backfill) -> bool:
    """AWS ends one of which half has failed, as soon as there is enough to judge by."""
    failed = backfill.count(ReplicationStatus.FAILED)
    ended = failed + backfill.count(ReplicationStatus.COMPLETE)
    return ended >= REPLICATION_BACKFILL_JUDGED_FROM and failed * 2 >= ended


def _require_present(copy: _Copy) -> None:
    """Image and repository may have gone while the copy waited, and the layers with them."""
    found = copy.source.repositories.get(copy.repository.name)
    if found is not copy.repository or copy.repository.images.get(copy.image.digest) is not copy.image:
        raise image_not_found(copy.image.digest, copy.repository)


def _store(source: StoredRepository, target: StoredRepository, image: StoredImage, tag: str | None) -> None:
    """The image with all that it lists; a tag that may not move stays where it is, and the image comes without it."""
    for child in sorted(image.children - target.images.keys()):
        _store(source, target, source.images[child], None)
    target.layers |= image.layers
    manifest = manifests.parse_manifest(image.manifest, image.media_type)
    movable = tag if tag is not None and image_store.may_tag(target, image.digest, tag) else None
    image_store.store_image(target, manifest, image.manifest, movable, now=datetime.now(UTC))
