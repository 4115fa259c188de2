"""The resource types that the stand-in knows: what names a resource in AWS, and what AWS computes."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from review.plan import replacement

Values = dict[str, Any]

_REGIONS = """
    af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1
    eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1
    me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2
    """
REGIONS = frozenset(_REGIONS.split())


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a resource is: ARNs and addresses follow from it."""

    account: str
    region: str
    home: bool = True
    """Whether the account is the one whose credentials the engine runs with."""

    def shelf(self, kind: "Kind") -> str:
        """Where the cloud keeps it: a name is free in each account and, for what is regional, in each region."""
        region = self.region if kind.regional else ""
        return region if self.home else f"{self.account}.{region}"

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rsplit("-", 2)[0], "aws")

    def arn(self, service: str, rest: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    @property
    def registry(self) -> str:
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"{self.account}.dkr.ecr.{self.region}.{suffix}"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One resource type. `replaces`: the inputs that can't be changed in place."""

    replaces: frozenset[str]
    identity: Callable[[Values, Place], str]
    outputs: Callable[[Values, Place, str], Values]
    optional: frozenset[str] = frozenset()
    """Blocks that AWS fills when they are left out: leaving them out is no difference."""
    deletes_first: bool = False
    exclusive: bool = False
    """AWS refuses to create a second one under the same id."""
    regional: bool = True
    """What is not takes no region, and is there once for all of them."""


def _tags(inputs: Values) -> Values:
    return {"tagsAll": dict(inputs.get("tags") or {})}


def _repository(inputs: Values, place: Place, id: str) -> Values:
    return {
        "arn": place.arn("ecr", f"repository/{id}"),
        "registryId": place.account,
        "repositoryUrl": f"{place.registry}/{id}",
        **_tags(inputs),
    }


def _key(inputs: Values, place: Place, id: str) -> Values:
    return {"arn": place.arn("kms", f"key/{id}"), "keyId": id, **_tags(inputs)}


def _alias(inputs: Values, place: Place, id: str) -> Values:
    key = str(inputs["targetKeyId"]).rpartition("/")[2]
    return {"arn": place.arn("kms", id), "targetKeyArn": place.arn("kms", f"key/{key}")}


def _role(inputs: Values, place: Place, id: str) -> Values:
    arn = f"arn:{place.partition}:iam::{place.account}:role{inputs.get('path', '/')}{id}"
    unique = uuid.uuid5(uuid.NAMESPACE_OID, arn).hex[:17].upper()
    return {"arn": arn, "uniqueId": f"AROA{unique}", **_tags(inputs)}


def _secret_arn(inputs: Values, place: Place) -> str:
    return place.arn("secretsmanager", f"secret:{inputs['name']}-AbCdEf")


def _secret(inputs: Values, _place: Place, id: str) -> Values:
    return {"arn": id, **_tags(inputs)}


def _secret_version(inputs: Values, _place: Place) -> str:
    return f"{inputs['secretId']}|{uuid.uuid4()}"


def _secret_of_version(_inputs: Values, _place: Place, id: str) -> Values:
    secret, _, version = id.partition("|")
    return {"arn": secret, "versionId": version}


def _registry(_inputs: Values, place: Place, _id: str) -> Values:
    return {"registryId": place.account}


def _nothing(_inputs: Values, _place: Place, _id: str) -> Values:
    return {}


def _input(name: str) -> Callable[[Values, Place], str]:
    return lambda inputs, _place: str(inputs[name])


def _account(_inputs: Values, place: Place) -> str:
    return place.account


def _kind(
    type: str, identity: Callable[[Values, Place], str], outputs: Callable[[Values, Place, str], Values], **more: bool
) -> tuple[str, Kind]:
    """What forces a replacement stands in the table by which the plan is made; here the engine goes by it."""
    known = replacement.KINDS[type]
    replaces = known.replaces | ({"region"} if more.get("regional", True) else set())
    return type, Kind(replaces=replaces, optional=known.optional, identity=identity, outputs=outputs, **more)


KINDS = dict(
    (
        _kind("aws:ecr/repository:Repository", _input("name"), _repository, exclusive=True),
        _kind("aws:ecr/lifecyclePolicy:LifecyclePolicy", _input("repository"), _registry, deletes_first=True),
        _kind("aws:ecr/repositoryPolicy:RepositoryPolicy", _input("repository"), _registry),
        _kind("aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration", _account, _registry),
        _kind("aws:ecr/registryPolicy:RegistryPolicy", _account, _registry),
        _kind("aws:ecr/replicationConfiguration:ReplicationConfiguration", _account, _registry),
        _kind(
            "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate", _input("prefix"), _registry, exclusive=True
        ),
        _kind("aws:ecr/accountSetting:AccountSetting", _input("name"), _nothing),
        _kind("aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion", _input("principalArn"), _nothing),
        _kind(
            "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
            _input("ecrRepositoryPrefix"),
            _registry,
            exclusive=True,
        ),
        _kind("aws:secretsmanager/secret:Secret", _secret_arn, _secret, exclusive=True),
        _kind("aws:secretsmanager/secretVersion:SecretVersion", _secret_version, _secret_of_version),
        _kind("aws:iam/role:Role", _input("name"), _role, exclusive=True, regional=False),
        _kind(
            "aws:iam/rolePolicy:RolePolicy",
            lambda inputs, _place: f"{inputs['role']}:{inputs['name']}",
            _nothing,
            regional=False,
        ),
        _kind("aws:kms/key:Key", lambda _inputs, _place: str(uuid.uuid4()), _key),
        _kind("aws:kms/alias:Alias", _input("name"), _alias, exclusive=True),
    )
)
