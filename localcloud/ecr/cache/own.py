"""Another private registry of the local cloud as an upstream: no port is needed, but both sides' permissions are."""

from datetime import UTC, datetime

from domain.iam.access import Caller
from localcloud.call import Call
from localcloud.ecr import authorize, images
from localcloud.ecr.cache.source import Fetched, UpstreamMissing, UpstreamRefused
from localcloud.ecr.errors import EcrError
from localcloud.ecr.state import Registry, Repository

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
_AT_THE_UPSTREAM = ("BatchGetImage", "BatchImportUpstreamImage", "GetImageCopyStatus")
_FOR_LAYERS = "GetDownloadUrlForLayer"
_IN_THE_CACHE = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")


class Own:
    """Reads the upstream, and writes into the cache, as one and the same role."""

    def __init__(self, reader: Caller, upstream: Registry, cache: Registry, cached_as: str) -> None:
        self._reader = reader
        self._upstream = upstream
        self._cache = cache
        self._cached_as = cached_as

    async def manifest(self, name: str, reference: str) -> Fetched:
        self._require("GetAuthorizationToken", self._cache, None)
        for action in _AT_THE_UPSTREAM:
            self._require(action, self._upstream, name)
        for action in _IN_THE_CACHE:
            self._require(action, self._cache, self._cached_as)
        by_digest = ":" in reference
        try:
            repository = self._upstream.repository(name)
            image = images.find(
                repository, tag=None if by_digest else reference, digest=reference if by_digest else None
            )
        except EcrError as missing:
            raise UpstreamMissing(missing.message) from missing
        images.record_pull(self._upstream, image, self._reader.identity, datetime.now(UTC))
        return Fetched(content=image.manifest, media_type=image.media_type)

    async def layer(self, name: str, digest: str, into: Repository) -> None:
        """No byte moves: all registries share their layers."""
        self._require(_FOR_LAYERS, self._upstream, name)
        found = self._upstream.repositories.get(name)
        if found is None or digest not in found.layers:
            raise UpstreamMissing(f"{name} has no layer {digest}")
        into.layers.add(digest)

    def _require(self, action: str, registry: Registry, name: str | None) -> None:
        call = Call(caller=self._reader, region=registry.region)
        try:
            authorize.require(call, action, registry, name)
        except EcrError as refused:
            raise UpstreamRefused(refused.message) from refused
