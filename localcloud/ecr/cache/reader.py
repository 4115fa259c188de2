"""As whom Amazon ECR reads another private registry: as the rule's role, or, without one, as its own.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html"""

from domain.aws import REGIONS, Arn
from domain.ecr.upstreams import CacheRule
from domain.iam.access import Caller, Identity, Policy
from domain.iam.document import CURRENT_VERSION, parse
from localcloud.callers import Callers
from localcloud.ecr.cache.source import UpstreamRefused
from localcloud.ecr.creation_role import RoleUnusable, assumed
from localcloud.ecr.state import Registry
from localcloud.iam_and_kms import Neighbour

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


async def reader(rule: CacheRule, registry: Registry, neighbour: Neighbour, callers: Callers) -> Caller:
    """Raises UpstreamRefused where ECR can't become the rule's role."""
    if rule.custom_role_arn is None:
        return Caller(identity=_own_identity(registry), policies=(_OWN_POLICY,))
    try:
        session = await assumed(rule.custom_role_arn, registry, neighbour, service=_SERVICE)
    except RoleUnusable as unusable:
        raise UpstreamRefused(str(unusable)) from unusable
    return await callers.caller(session.identity)


def _own_identity(registry: Registry) -> Identity:
    partition = REGIONS[registry.region].id
    role = Arn(partition, "iam", "", registry.account, f"role/aws-service-role/{_SERVICE}/{_OWN_ROLE}")
    session = Arn(partition, "sts", "", registry.account, f"assumed-role/{_OWN_ROLE}/ecr-pullthroughcache")
    return Identity(arn=str(session), account=registry.account, role_arn=str(role))
