"""Brings what is pulled from an upstream, and looks there again when a day has gone by.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from domain.ecr.creation_templates import Occasion
from domain.ecr.images import digest_of
from domain.ecr.names import private_registry
from domain.ecr.tags import may_move
from domain.ecr.upstreams import CacheRule, rule_for, upstream_name
from domain.iam.access import Policy
from localcloud.callers import Callers
from localcloud.calls import Call
from localcloud.ecr import authorize, image_store, manifests, repository_creation
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.blobs import Blobs, StorageError
from localcloud.ecr.cache.private_upstream import PrivateUpstream, reading_role
from localcloud.ecr.cache.public_upstream import PublicUpstream
from localcloud.ecr.cache.upstream import (
    Fetched,
    InvalidSecret,
    Login,
    UpstreamFailed,
    UpstreamMissing,
    UpstreamReader,
    UpstreamRefused,
    UpstreamUnreachable,
    login_of,
    secret_text,
)
from localcloud.ecr.registry_state import Registries, StoredRegistry, StoredRepository
from localcloud.ecr.replicator import Replicator
from localcloud.events import ecr_events
from localcloud.events.event import EventBus
from localcloud.iam_and_kms import Backend

CHECKED_EVERY = timedelta(hours=24)
_NOT_FOUND = "Requested image not found"
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/error-pullthroughcache.html"""
_IMAGE, _LAYER = "UnableToGetUpstreamImageException", "UnableToGetUpstreamLayerException"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a manifest was pulled by."""

    digest: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullThrough:
    """The rules of every registry at work; `players` are the local registries that play upstreams, by their address."""

    registries: Registries
    blobs: Blobs
    backend: Backend
    callers: Callers
    replicator: Replicator
    events: EventBus
    upstream_hosts: Mapping[str, str]
    _turns: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = field(
        default_factory=WeakValueDictionary, init=False
    )

    def policy_to_come(self, registry: StoredRegistry, name: str) -> Policy | None:
        """The policy of a repository that a pull has yet to make, by which another account pulls for the first time."""
        # https://github.com/aws/containers-roadmap/issues/2053
        if name in registry.repositories or self._rule(registry, name) is None:
            return None
        template = repository_creation.template_for(registry, name, Occasion.PULL_THROUGH_CACHE)
        return template.policy.policy if template is not None and template.policy is not None else None

    async def bring_image(self, call: Call, registry: StoredRegistry, name: str, reference: str) -> None:
        """What the upstream has under the tag or digest, if a rule is for it, it is time to ask, and the caller may.

        Raises EcrError where nothing came and nothing is cached."""
        rule = self._rule(registry, name)
        if rule is None or _is_fresh(registry, name, reference) or not _may_import(call, registry, name):
            return
        async with self._turn(registry, name):
            # Another pull may have brought it meanwhile.
            if _is_fresh(registry, name, reference):
                return
            image_id = {"image-digest" if ":" in reference else "image-tag": reference}
            try:
                digest = await self._import(rule, registry, name, reference)
                self._announce(rule, registry, name, {**image_id, "image-digest": digest}, None)
            except (UpstreamFailed, EcrError, StorageError) as failed:
                self._announce(rule, registry, name, image_id, _failure(failed))
                repository = registry.repositories.get(name)
                if repository is None or reference not in repository.tagged:
                    raise _as_ecr_error(failed, _IMAGE) from failed
                # "If Amazon ECR is unable to update the image from the upstream registry for any reason and the image
                # is pulled, the last cached image will still be pulled."
                _LOG.warning("%s:%s stays as it is cached: %s", name, reference, failed)

    async def bring_layer(self, call: Call, registry: StoredRegistry, name: str, digest: str) -> None:
        """A layer of a repository that exists, if the upstream has it and the repository has not."""
        rule, repository = self._rule(registry, name), registry.repositories.get(name)
        if rule is None or repository is None or not _may_import(call, registry, name):
            return
        async with self._turn(registry, name):
            if digest in repository.layers:
                return
            try:
                source = await self._source(rule, registry, name)
                await source.layer(upstream_name(name, rule), digest, repository)
            except UpstreamMissing:
                return  # the layer is missing here, too, and the answer says so
            except (UpstreamFailed, EcrError) as failed:
                raise _as_ecr_error(failed, _LAYER) from failed

    def _rule(self, registry: StoredRegistry, name: str) -> CacheRule | None:
        return rule_for(name, [each.rule for each in registry.cache_rules.values()])

    def _turn(self, registry: StoredRegistry, name: str) -> asyncio.Lock:
        """One import at a time into a repository: pulls that come together bring an image once."""
        return self._turns.setdefault((registry.account, registry.region, name), asyncio.Lock())

    async def _import(self, rule: CacheRule, registry: StoredRegistry, name: str, reference: str) -> str:
        """The digest of what came."""
        source, there = await self._source(rule, registry, name), upstream_name(name, rule)
        fetched = await source.manifest(there, reference)
        wanted = _Wanted(digest=reference) if ":" in reference else _Wanted(tag=reference)
        image_store.require_digest(manifests.parse_manifest(fetched.content, fetched.media_type), wanted.digest)
        repository = await repository_creation.create_by_template(
            registry, name, Occasion.PULL_THROUGH_CACHE, self.backend
        )
        await self._store(source, there, repository, fetched, wanted)
        if wanted.tag is not None:
            repository.upstream_checks[wanted.tag] = datetime.now(UTC)
        return digest_of(fetched.content)

    def _announce(
        self,
        rule: CacheRule,
        registry: StoredRegistry,
        name: str,
        image_id: Mapping[str, str],
        failure: tuple[str, str] | None,
    ) -> None:
        now = datetime.now(UTC)
        self.events.put(ecr_events.cached(registry, rule, name, now, image_id=image_id, failure=failure))

    async def _store(
        self, source: UpstreamReader, there: str, repository: StoredRepository, fetched: Fetched, wanted: _Wanted
    ) -> None:
        """The image with all that it names: of an index every image, of an image every layer."""
        manifest = manifests.parse_manifest(fetched.content, fetched.media_type)
        image_store.require_digest(manifest, wanted.digest)
        for child in sorted(manifest.children - repository.images.keys()):
            await self._store(source, there, repository, await source.manifest(there, child), _Wanted(digest=child))
        for digest in sorted(manifest.layers.keys() - repository.layers):
            await source.layer(there, digest, repository)
        is_new = image_store.is_new(repository, manifest.digest, wanted.tag)
        image = image_store.store_image(repository, manifest, fetched.content, wanted.tag, now=datetime.now(UTC))
        if is_new:
            # What is cached is replicated as what is pushed is.
            registry = self.registries.of(repository.account, repository.region)
            self.replicator.begin(registry, repository, image, wanted.tag)

    async def _source(self, rule: CacheRule, registry: StoredRegistry, name: str) -> UpstreamReader:
        upstream = private_registry(rule.upstream_url)
        if upstream is not None:
            read_as = await reading_role(rule, registry, self.backend, self.callers)
            return PrivateUpstream(read_as, self.registries.of(upstream.account, upstream.region), registry, name)
        login = await self._login(rule, registry)
        host = self.upstream_hosts.get(rule.upstream_url)
        if host is None:
            raise UpstreamUnreachable(f"{rule.upstream_url} can't be reached: the local cloud has no registry for it")
        return PublicUpstream(rule.upstream_url, host, login, self.blobs)

    async def _login(self, rule: CacheRule, registry: StoredRegistry) -> Login | None:
        if rule.credential_arn is None:
            return None
        try:
            return login_of(await secret_text(rule.credential_arn, registry, self.backend))
        except InvalidSecret as invalid:
            raise UpstreamRefused(str(invalid)) from invalid


def _is_fresh(registry: StoredRegistry, name: str, reference: str) -> bool:
    """Whether what is cached is current: a digest never changes, an immutable tag never moves."""
    repository = registry.repositories.get(name)
    if repository is None:
        return False
    if ":" in reference:
        return reference in repository.images
    if reference not in repository.tagged:
        return False
    checked = repository.upstream_checks.get(reference)
    recently = checked is not None and datetime.now(UTC) - checked < CHECKED_EVERY
    return recently or not may_move(repository.mutability, repository.exclusions, reference)


def _may_import(call: Call, registry: StoredRegistry, name: str) -> bool:
    """A caller that is not allowed to import is answered from what is there, as the User Guide describes it."""
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/error-pullthroughcache.html
    needed = ["BatchImportUpstreamImage", *([] if name in registry.repositories else ["CreateRepository"])]
    return all(authorize.may(call, action, registry, name) for action in needed)


def _failure(failed: Exception) -> tuple[str, str]:
    """Code and reason, as the event has them: the codes are the API's ImageFailureCode, or the error's own."""
    match failed:
        case UpstreamFailed():
            return failed.code, str(failed)
        case EcrError(code=code, message=message):
            return code, message
    return "ServerException", str(failed)


def _as_ecr_error(failed: Exception, code: str) -> EcrError:
    """The answer when nothing is cached."""
    match failed:
        case UpstreamMissing():
            return EcrError("ImageNotFoundException", f"{_NOT_FOUND}: {failed}")
        case UpstreamRefused():
            return EcrError(code, str(failed))
        case EcrError(code=own, message=message) if own.startswith(("SecretNotFound", "UnableTo")):
            return EcrError(code, message)
        case EcrError():
            return failed
    return EcrError(code, str(failed))
