"""Another private registry of the local cloud as an upstream: no port is needed, but both sides' permissions are.

Amazon ECR reads it as the rule's role, or, without one, as its own service-linked role:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html"""

from datetime import UTC, datetime

from domain.aws import REGIONS, Arn
from domain.ecr.upstreams import CacheRule
from domain.iam.access import Caller, Identity, Policy
from domain.iam.document import CURRENT_VERSION, parse
from localcloud.callers import Callers
from localcloud.calls import Call
from localcloud.ecr import authorize, image_store
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.cache.upstream import Fetched, UpstreamMissing, UpstreamRefused
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.ecr.repository_creation import RoleUnusable, assumed_role
from localcloud.iam_and_kms import Backend

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
_AT_THE_UPSTREAM = ("BatchGetImage", "BatchImportUpstreamImage", "GetImageCopyStatus")
_FOR_LAYERS = "GetDownloadUrlForLayer"
_IN_THE_CACHE = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")


_SERVICE = "pullthroughcache.ecr.amazonaws.com"
_OWN_ROLE = "AWSServiceRoleForECRPullThroughCache"
_OWN_POLICY = Policy(
    name="AWSECRPullThroughCache_ServiceRolePolicy",
    document=parse(
        {
            "Version": CURRENT_VERSION,
            "Statement": {
                "Effect": "Allow",
                "Action": [
                    "ecr:GetAuthorizationToken",
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:InitiateLayerUpload",
                    "ecr:UploadLayerPart",
                    "ecr:CompleteLayerUpload",
                    "ecr:PutImage",
                    "ecr:BatchGetImage",
                    "ecr:BatchImportUpstreamImage",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:GetImageCopyStatus",
                ],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
            },
        }
    ),
)


class PrivateUpstream:
    """Reads the upstream, and writes into the cache, as one and the same role."""

    def __init__(self, reading_role: Caller, upstream: StoredRegistry, cache: StoredRegistry, cached_as: str) -> None:
        self._reader = reading_role
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
            image = image_store.image_to_pull(
                repository, tag=None if by_digest else reference, digest=reference if by_digest else None
            )
        except EcrError as missing:
            raise UpstreamMissing(missing.message) from missing
        image_store.record_pull(self._upstream, image, self._reader.identity, datetime.now(UTC))
        return Fetched(content=image.manifest, media_type=image.media_type)

    async def layer(self, name: str, digest: str, into: StoredRepository) -> None:
        """No byte moves: all registries share their layers."""
        self._require(_FOR_LAYERS, self._upstream, name)
        found = self._upstream.repositories.get(name)
        if found is None or digest not in found.layers:
            raise UpstreamMissing(f"{name} has no layer {digest}")
        into.layers.add(digest)

    def _require(self, action: str, registry: StoredRegistry, name: str | None) -> None:
        call = Call(caller=self._reader, region=registry.region)
        try:
            authorize.require(call, action, registry, name)
        except EcrError as refused:
            raise UpstreamRefused(refused.message) from refused


async def reading_role(rule: CacheRule, registry: StoredRegistry, backend: Backend, callers: Callers) -> Caller:
    """Raises UpstreamRefused where ECR can't become the rule's role."""
    if rule.custom_role_arn is None:
        return Caller(identity=_own_identity(registry), policies=(_OWN_POLICY,))
    try:
        session = await assumed_role(rule.custom_role_arn, registry, backend, service=_SERVICE)
    except RoleUnusable as unusable:
        raise UpstreamRefused(str(unusable)) from unusable
    return await callers.caller(session.identity)


def _own_identity(registry: StoredRegistry) -> Identity:
    partition = REGIONS[registry.region].id
    role = Arn(partition, "iam", "", registry.account, f"role/aws-service-role/{_SERVICE}/{_OWN_ROLE}")
    session = Arn(partition, "sts", "", registry.account, f"assumed-role/{_OWN_ROLE}/ecr-pullthroughcache")
    return Identity(arn=str(session), account=registry.account, role_arn=str(role))
