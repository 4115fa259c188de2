"""The account in which the calls are made, as IAM sees it: every call as the requests that it decides.

What a call asks beside itself: the dependent actions of the service authorization reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from domain.aws import Arn
from domain.ecr.upstreams import folder
from domain.iam.access import Context, Policy, Request
from domain.iam.document import parse
from domain.kms import key_policy
from domain.resource_tags import RETIRE_UNTIL
from render.resource import Resource
from resources import ecr
from settings import Settings
from tests.bootstrap import monitoring
from tests.bootstrap.calls import KEY_ID, Asked, Call, Parameters, deletions, reads, writes
from tests.bootstrap.full import EXISTING_SECRET

Tags = Mapping[str, str]

_REGISTRY = frozenset(
    operation for each in ecr.TYPES if "repositoryName" not in each.parameters for operation in each.operations
)
"""ECR's operations about the registry as a whole."""
_ALIAS = frozenset({"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"})
_INSPECTOR = ("Enable", "Disable", "ListFindings", "ListAccountPermissions", "ListCoverage")
_OWN_ROLES = {
    "inspector2": "AWSServiceRoleForAmazonInspector2",
    "ecr": "AWSServiceRoleForECRTemplate",
    "pullthroughcache.ecr": "AWSServiceRoleForECRPullThroughCache",
    "replication.ecr": "AWSServiceRoleForECRReplication",
}
"""Those that a service makes for itself, with the caller's permission.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/using-service-linked-roles.html"""


@dataclass(frozen=True)
class World:
    """One account: what IAM knows of each resource."""

    _account: str
    _tags: Tags
    _alias: str
    _roles_path: str
    _boundary: str

    @classmethod
    def of(cls, settings: Settings, account: str) -> "World":
        """The stack's own account, or another one that it has replicas in."""
        return cls(account, settings.tags, f"alias/{settings.project}", settings.role_path, settings.boundary)

    def reads(self, resource: Resource) -> Iterator[Asked]:
        """What the provider asks to learn how a declared resource stands."""
        return (each for call in reads(resource) for each in self.asked(call))

    def writes(self, resource: Resource) -> Iterator[Asked]:
        return (each for call in writes(resource) for each in self.asked(call))

    def deletions(self, resource: Resource) -> Iterator[Asked]:
        """The same of what was retired."""
        retired = {**self._tags, RETIRE_UNTIL: "2027-01-31"}
        tags = {f"{of}:ResourceTag/{key}": (value,) for of in ("aws", "ecr") for key, value in retired.items()}
        for call in deletions(resource):
            for each in self.asked(call):
                alias = ":alias/" in each.request.resource
                context = {**each.request.context, **({} if alias else tags)}
                yield replace(each, request=replace(each.request, context=context))

    def asked(self, call: Call) -> Iterator[Asked]:
        """Every request that IAM decides before the call is answered."""
        match call.service:
            case "ecr":
                yield from self._ecr(call)
            case "kms":
                yield from self._kms(call)
            case "iam":
                yield from self._iam(call)
            case "secretsmanager":
                yield from self._secretsmanager(call)
            case service if service in monitoring.SERVICES:
                yield from monitoring.asked(self, call)
            case _:
                raise AssertionError(f"{call.action}: the test knows nothing of {call.service}")

    def _ecr(self, call: Call) -> Iterator[Asked]:
        if call.operation in _REGISTRY:
            yield self.plain(call, call.action, "*")
            yield from self._dependent(call)
            return
        repository = self.arn("ecr", call.region, f"repository/{call.parameters['repositoryName']}")
        tags = _tags(call.parameters) if call.operation in ("CreateRepository", "TagResource") else {}
        yield self.plain(call, call.action, repository, _requested(tags))
        if call.operation == "CreateRepository" and tags:
            yield self.plain(call, "ecr:TagResource", repository, _requested(tags))
        yield from self._encryption(call, repository)

    def _dependent(self, call: Call) -> Iterator[Asked]:
        parameters = call.parameters
        match call.operation:
            case "PutRegistryScanningConfiguration" if parameters["scanType"] == "ENHANCED":
                # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
                for operation in _INSPECTOR:
                    yield self.plain(call, f"inspector2:{operation}", "*")
                yield self._own_role(call, "inspector2")
            case "PutReplicationConfiguration":
                yield self._own_role(call, "replication.ecr")
            case "CreateRepositoryCreationTemplate" | "UpdateRepositoryCreationTemplate":
                repositories = self.arn("ecr", call.region, f"repository/{folder(parameters['prefix'])}any")
                for operation in ("CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"):
                    yield self.plain(call, f"ecr:{operation}", repositories)
                yield self._own_role(call, "ecr")
                yield self._passed(call, "ecr")
            case "CreatePullThroughCacheRule" | "UpdatePullThroughCacheRule":
                yield self._own_role(call, "pullthroughcache.ecr")
                if parameters.get("customRoleArn"):
                    yield self._passed(call, "pullthroughcache.ecr")
                # The permissions of the handlers of AWS::ECR::PullThroughCacheRule name it.
                if parameters.get("credentialArn"):
                    yield self._of_secret(call, "secretsmanager:GetSecretValue", parameters["credentialArn"])

    def _own_role(self, call: Call, service: str) -> Asked:
        name = f"{service}.amazonaws.com"
        role = f"arn:aws:iam::{self._account}:role/aws-service-role/{name}/{_OWN_ROLES[service]}"
        return self.plain(call, "iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": (name,)})

    def _passed(self, call: Call, service: str) -> Asked:
        to: Context = {"iam:PassedToService": (f"{service}.amazonaws.com",)}
        return self.plain(call, "iam:PassRole", call.parameters["customRoleArn"], to)

    def _encryption(self, call: Call, repository: str) -> Iterator[Asked]:
        """ECR makes two grants in the caller's name, and retires them with the repository.
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""
        encryption = call.parameters.get("encryptionConfiguration")
        if not encryption or not (encryption[0] if isinstance(encryption, list) else encryption).get("kmsKey"):
            return  # the aws/ecr key's own policy allows every principal of the account, through ECR
        via: dict[str, tuple[str, ...]] = {"kms:ViaService": (f"ecr.{call.region}.amazonaws.com",)}
        match call.operation:
            case "CreateRepository":
                yield self._of_key(call, "kms:DescribeKey", via, tagged=False)
                for operation in ("Decrypt", "GenerateDataKey"):
                    grant: dict[str, tuple[str, ...]] = {
                        **via,
                        "kms:GrantIsForAWSResource": ("true",),
                        "kms:GrantConstraintType": ("EncryptionContextSubset",),
                        "kms:GrantOperations": (operation,),
                        "kms:EncryptionContext:aws:ecr:arn": (repository,),
                    }
                    yield self._of_key(call, "kms:CreateGrant", grant, tagged=False)
            case "DeleteRepository":
                yield self._of_key(call, "kms:RetireGrant", via, tagged=False)

    def _iam(self, call: Call) -> Iterator[Asked]:
        role = f"arn:aws:iam::{self._account}:role{self._roles_path}{call.parameters['RoleName']}"
        tags = _requested(_tags(call.parameters)) if call.operation in ("CreateRole", "TagRole") else {}
        boundary: Context = {"iam:PermissionsBoundary": (self._boundary,)}
        if call.operation == "CreateRole":
            assert call.parameters["PermissionsBoundary"] == self._boundary
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_roles.html
            yield self.plain(call, "iam:TagRole", role, tags)
        known = call.operation in ("CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy")
        yield self.plain(call, call.action, role, {**tags, **boundary} if known else tags)

    def _secretsmanager(self, call: Call) -> Iterator[Asked]:
        if call.operation == "CreateSecret":
            # One with tags needs the second as well.
            # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
            made = self.arn("secretsmanager", call.region, f"secret:{_secret(call.parameters)}-a1b2c3")
            for action in (call.action, "secretsmanager:TagResource"):
                yield self.plain(call, action, made, _requested(_tags(call.parameters)))
            return
        tags = _tags(call.parameters) if call.operation == "TagResource" else {}
        yield self._of_secret(call, call.action, _secret(call.parameters), _requested(tags))

    def _of_secret(self, call: Call, action: str, secret: str, context: Context | None = None) -> Asked:
        """`secret` is a name or an ARN, as the API has it."""
        named = secret.startswith("arn:")
        whole = secret if named else self.arn("secretsmanager", call.region, f"secret:{secret}-a1b2c3")
        tags = {"project": self._tags["project"]} if EXISTING_SECRET in secret else self._tags
        tagged = {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()}
        return self.plain(call, action, whole, {**tagged, **(context or {})})

    def _kms(self, call: Call) -> Iterator[Asked]:
        if call.operation == "CreateKey":
            requested = _requested(_tags(call.parameters))
            yield self.plain(call, call.action, "*", requested)
            # "The permission must cover all KMS keys in the account and Region."
            # https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html
            # What the service authorization reference lists as dependent; the key's policy does not hold yet.
            anything = parse({"Version": "2012-10-17", "Statement": _everything(self._account)})
            for action in ("kms:TagResource", "kms:PutKeyPolicy"):
                asked = self.plain(call, action, self.arn("kms", call.region, "key/*"), requested)
                yield Asked(request=asked.request, resource_policies=(Policy(name="new", document=anything),))
            return
        if call.operation == "ListAliases":
            yield self.plain(call, call.action, "*")
            return
        if call.action in _ALIAS:
            yield self.plain(call, call.action, self.arn("kms", call.region, call.parameters["AliasName"]))
        tags = _tags(call.parameters) if call.operation == "TagResource" else {}
        yield self._of_key(call, call.action, _requested(tags))

    def _of_key(self, call: Call, action: str, context: Context, *, tagged: bool = True) -> Asked:
        """Of one of the stack's own, or of any that lets a registry encrypt with it."""
        tags = {f"aws:ResourceTag/{key}": (value,) for key, value in self._tags.items() if tagged}
        aliases = {"kms:ResourceAliases": (self._alias,)}
        arn = self.arn("kms", call.region, f"key/{KEY_ID}")
        policy = Policy(name="key", document=parse(key_policy(account=self._account, region=call.region)))
        asked = self.plain(call, action, arn, {**tags, **aliases, **context})
        return Asked(request=asked.request, resource_policies=(policy,))

    def requested(self, parameters: Parameters) -> Context:
        return _requested(_tags(parameters))

    def plain(self, call: Call, action: str, resource: str, context: Context | None = None) -> Asked:
        here: Context = {"aws:RequestedRegion": (call.region,), "aws:SecureTransport": ("true",), **(context or {})}
        return Asked(request=Request(action=action, resource=resource, account=self._account, context=here))

    def arn(self, service: str, region: str, resource: str) -> str:
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


def _secret(parameters: Parameters) -> str:
    return str(parameters.get("SecretId") or parameters["Name"])
