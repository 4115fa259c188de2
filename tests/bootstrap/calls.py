"""What Pulumi and its provider ask of AWS, and each call as the requests that IAM decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.aws import Arn
from domain.iam.access import Context, Policy, Request
from domain.iam.document import parse
from domain.kms import key_policy
from review.resource import Resource

Parameters = Mapping[str, Any]
Tags = Mapping[str, str]

KEY_ID = "9f8e7d6c-1111-4222-8333-0123456789ab"
"""Of the key that encrypts images, in each region."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation of one service, with the parameters that decide what it is about."""

    service: str
    operation: str
    region: str
    parameters: Parameters = field(default_factory=dict)

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that a call makes of IAM, and the policy of the key where it is about one."""

    request: Request
    resource_policies: tuple[Policy, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What the provider calls for one type of resource."""

    source: str
    """In hashicorp/terraform-provider-aws, which pulumi-aws is built from."""
    create: tuple[str, ...]
    read: tuple[str, ...]
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.create, *self.read, *self.update, *self.delete)


PROVIDER = {
    "aws:ecr/repository:Repository": Operations(
        source="internal/service/ecr/repository.go, tags_gen.go",
        create=("ecr:CreateRepository",),
        read=("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
        update=(
            "ecr:PutImageTagMutability",
            "ecr:PutImageScanningConfiguration",
            "ecr:TagResource",
            "ecr:UntagResource",
        ),
        delete=("ecr:DeleteRepository",),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Operations(
        source="internal/service/ecr/lifecycle_policy.go",
        create=("ecr:PutLifecyclePolicy",),
        read=("ecr:GetLifecyclePolicy",),
        delete=("ecr:DeleteLifecyclePolicy",),
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Operations(
        source="internal/service/ecr/repository_policy.go",
        create=("ecr:SetRepositoryPolicy",),
        read=("ecr:GetRepositoryPolicy",),
        delete=("ecr:DeleteRepositoryPolicy",),
    ),
    "aws:ecr/registryPolicy:RegistryPolicy": Operations(
        source="internal/service/ecr/registry_policy.go",
        create=("ecr:PutRegistryPolicy",),
        read=("ecr:GetRegistryPolicy",),
        delete=("ecr:DeleteRegistryPolicy",),
    ),
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Operations(
        source="internal/service/ecr/registry_scanning_configuration.go",
        create=("ecr:PutRegistryScanningConfiguration",),
        read=("ecr:GetRegistryScanningConfiguration",),
    ),
    "aws:ecr/accountSetting:AccountSetting": Operations(
        source="internal/service/ecr/account_setting.go",
        create=("ecr:PutAccountSetting",),
        read=("ecr:GetAccountSetting",),
    ),
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion": Operations(
        source="internal/service/ecr/pull_time_update_exclusion.go",
        create=("ecr:RegisterPullTimeUpdateExclusion",),
        read=("ecr:ListPullTimeUpdateExclusions",),
        delete=("ecr:DeregisterPullTimeUpdateExclusion",),
    ),
    # Rotation is never switched off and a key never disabled: `enable_key_rotation` is always declared, `is_enabled` is
    # true by default. A key that somebody else disabled is enabled.
    "aws:kms/key:Key": Operations(
        source="internal/service/kms/key.go, tags_gen.go",
        create=("kms:CreateKey", "kms:EnableKeyRotation"),
        read=("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"),
        update=(
            "kms:EnableKey",
            "kms:PutKeyPolicy",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateKeyDescription",
        ),
        delete=("kms:ScheduleKeyDeletion",),
    ),
    "aws:kms/alias:Alias": Operations(
        source="internal/service/kms/alias.go",
        create=("kms:CreateAlias",),
        read=("kms:ListAliases",),
        update=("kms:UpdateAlias",),
        delete=("kms:DeleteAlias",),
    ),
}
"""By type of resource. `sts:GetCallerIdentity`, by which the provider learns its account, needs no permission."""

_REGISTRY = frozenset(
    action
    for kind in (
        "aws:ecr/registryPolicy:RegistryPolicy",
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        "aws:ecr/accountSetting:AccountSetting",
        "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion",
    )
    for action in PROVIDER[kind].all
)
_ALIAS = frozenset({"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"})
_INSPECTOR = ("Enable", "Disable", "ListFindings", "ListAccountPermissions", "ListCoverage")


def by_provider(resource: Resource, actions: tuple[str, ...]) -> Iterator[Call]:
    """What the provider would call for a declared resource, with what the resource declares."""
    inputs = resource.inputs
    parameters: dict[str, Any] = {
        "repositoryName": inputs.get("name", inputs.get("repository")),
        "KeyId": KEY_ID,
        "TargetKeyId": KEY_ID,
        "AliasName": inputs.get("name"),
        "scanType": inputs.get("scanType"),
        "encryptionConfiguration": next(iter(inputs.get("encryptionConfigurations", ())), None),
        "tags": inputs.get("tags", {}),
    }
    for action in actions:
        service, _, operation = action.partition(":")
        yield Call(service=service, operation=operation, region=inputs["region"], parameters=parameters)


class World:
    """The account in which the calls are made: what IAM knows of each resource."""

    def __init__(self, account: str, tags: Tags, alias: str) -> None:
        self._account = account
        self._tags = tags
        self._alias = alias

    def asked(self, call: Call) -> Iterator[Asked]:
        """Every request that IAM decides before the call is answered."""
        match call.service:
            case "ecr":
                yield from self._ecr(call)
            case "kms":
                yield from self._kms(call)
            case _:
                raise AssertionError(f"{call.action}: the test knows nothing of {call.service}")

    def _ecr(self, call: Call) -> Iterator[Asked]:
        if call.action in _REGISTRY:
            yield self._plain(call, call.action, "*")
            if call.operation.startswith("Put") and call.parameters.get("scanType") == "ENHANCED":
                yield from self._inspector(call)
            return
        repository = self._arn("ecr", call.region, f"repository/{_repository(call.parameters)}")
        tags = _tags(call.parameters) if call.operation in ("CreateRepository", "TagResource") else {}
        yield self._plain(call, call.action, repository, _requested(tags))
        if call.operation == "CreateRepository" and tags:
            yield self._plain(call, "ecr:TagResource", repository, _requested(tags))
        yield from self._encryption(call, repository)

    def _encryption(self, call: Call, repository: str) -> Iterator[Asked]:
        """ECR makes two grants in the caller's name, and retires them with the repository.
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""
        encryption = call.parameters.get("encryptionConfiguration") or {}
        if not encryption.get("kmsKey"):
            return  # the aws/ecr key's own policy lets everybody of the account in, through ECR
        via: dict[str, tuple[str, ...]] = {"kms:ViaService": (f"ecr.{call.region}.amazonaws.com",)}
        match call.operation:
            case "CreateRepository":
                yield self._of_key(call, "kms:DescribeKey", via)
                for operation in ("Decrypt", "GenerateDataKey"):
                    grant: dict[str, tuple[str, ...]] = {
                        **via,
                        "kms:GrantIsForAWSResource": ("true",),
                        "kms:GrantConstraintType": ("EncryptionContextSubset",),
                        "kms:GrantOperations": (operation,),
                        "kms:EncryptionContext:aws:ecr:arn": (repository,),
                    }
                    yield self._of_key(call, "kms:CreateGrant", grant)
            case "DeleteRepository":
                yield self._of_key(call, "kms:RetireGrant", via)

    def _inspector(self, call: Call) -> Iterator[Asked]:
        """https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html"""
        for operation in _INSPECTOR:
            yield self._plain(call, f"inspector2:{operation}", "*")
        name = "inspector2.amazonaws.com"
        role = f"arn:aws:iam::{self._account}:role/aws-service-role/{name}/AWSServiceRoleForAmazonInspector2"
        yield self._plain(call, "iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": (name,)})

    def _kms(self, call: Call) -> Iterator[Asked]:
        if call.operation == "CreateKey":
            requested = _requested(_tags(call.parameters))
            yield self._plain(call, call.action, "*", requested)
            # "The permission must cover all KMS keys in the account and Region."
            # https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html
            # What the service authorization reference lists as dependent; the key's policy does not hold yet.
            anything = parse({"Version": "2012-10-17", "Statement": _everything(self._account)})
            for action in ("kms:TagResource", "kms:PutKeyPolicy"):
                asked = self._plain(call, action, self._arn("kms", call.region, "key/*"), requested)
                yield Asked(request=asked.request, resource_policies=(Policy(name="new", document=anything),))
            return
        if call.operation == "ListAliases":
            yield self._plain(call, call.action, "*")
            return
        if call.action in _ALIAS:
            yield self._plain(call, call.action, self._arn("kms", call.region, call.parameters["AliasName"]))
        tags = _tags(call.parameters) if call.operation == "TagResource" else {}
        yield self._of_key(call, call.action, _requested(tags))

    def _of_key(self, call: Call, action: str, context: Context) -> Asked:
        tagged = {f"aws:ResourceTag/{key}": (value,) for key, value in self._tags.items()}
        aliases = {"kms:ResourceAliases": (self._alias,)}
        arn = self._arn("kms", call.region, f"key/{KEY_ID}")
        policy = Policy(name="key", document=parse(key_policy(account=self._account, region=call.region)))
        asked = self._plain(call, action, arn, {**tagged, **aliases, **context})
        return Asked(request=asked.request, resource_policies=(policy,))

    def _plain(self, call: Call, action: str, resource: str, context: Context | None = None) -> Asked:
        here: Context = {"aws:RequestedRegion": (call.region,), "aws:SecureTransport": ("true",), **(context or {})}
        return Asked(request=Request(action=action, resource=resource, account=self._account, context=here))

    def _arn(self, service: str, region: str, resource: str) -> str:
        return str(Arn("aws", service, region, self._account, resource))


def _everything(account: str) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}


def _requested(tags: Tags) -> dict[str, tuple[str, ...]]:
    requested = {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
    return {**requested, "aws:TagKeys": tuple(tags)} if tags else {}


def _tags(parameters: Parameters) -> dict[str, str]:
    """As ECR and KMS each write them, or as a program does."""
    given = parameters.get("Tags") or parameters.get("tags") or {}
    if isinstance(given, Mapping):
        return dict(given)
    return {each.get("Key") or each["TagKey"]: each.get("Value") or each["TagValue"] for each in given}


def _repository(parameters: Parameters) -> str:
    if "resourceArn" in parameters:
        return str(parameters["resourceArn"]).partition(":repository/")[2]
    return str(parameters["repositoryName"])


# What the state's backend and the secrets' provider were seen to ask in the course of `pulumi` commands on an S3
# bucket; tests/bootstrap/test_bootstrap_engine.py asks a real one. {state} is project and stack.
_LOOK = (
    ("s3:GetObject", ".pulumi/meta.yaml"),
    ("s3:ListBucket", ""),
    ("s3:GetObject", ".pulumi/stacks/{state}.json"),
    ("s3:GetObject", ".pulumi/stacks/{state}.pulumi-tags"),
    ("kms:Decrypt", None),
)
_CHANGE = (
    ("s3:GetObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:PutObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:DeleteObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:PutObject", ".pulumi/stacks/{state}.json"),
    ("s3:PutObject", ".pulumi/stacks/{state}.json.bak"),
    ("s3:PutObject", ".pulumi/history/{state}/dev-1795288856.history.json"),
    ("s3:PutObject", ".pulumi/history/{state}/dev-1795288856.checkpoint.json"),
    ("s3:PutObject", ".pulumi/backups/{state}/dev.1795288856.json"),
    # Where the stack's file holds no encrypted key yet.
    ("kms:Encrypt", None),
)


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Where a stack's state lies."""

    account: str
    bucket: str
    key: str
    key_policy: Policy
    bucket_policy: Policy
    state: str

    def looks(self) -> list[Asked]:
        """`pulumi login`, `pulumi preview`, `pulumi refresh --preview-only`."""
        return [self.asked(*each) for each in _LOOK]

    def changes(self) -> list[Asked]:
        """What `pulumi up` asks on top."""
        return [self.asked(*each) for each in _CHANGE]

    def asked(self, action: str, path: str | None) -> Asked:
        if path is None:
            resource, policy = self.key, self.key_policy
        else:
            name = path.format(state=self.state)
            resource, policy = f"{self.bucket}/{name}" if name else self.bucket, self.bucket_policy
        tls: Context = {"aws:SecureTransport": ("true",), "s3:TlsVersion": ("1.3",)}
        request = Request(action=action, resource=resource, account=self.account, context=tls)
        return Asked(request=request, resource_policies=(policy,))
