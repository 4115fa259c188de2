"""The key of a repository's layers, and the grants on it that Amazon ECR makes with the caller's permission.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""

import uuid
from collections.abc import Mapping
from typing import Any

from domain.aws import REGIONS, Arn, Partition, account_problems
from domain.ecr.names import repository_arn
from domain.iam.access import Context, Request
from domain.iam.evaluate import evaluate, reason
from domain.kms import GRANT_OPERATIONS
from localcloud.calls import Call, call_context
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.iam_and_kms import Backend, KmsKey

AES256, KMS, KMS_DSSE = "AES256", "KMS", "KMS_DSSE"
_MANAGED_ALIAS = "alias/aws/ecr"


def encryption_type(configuration: Mapping[str, Any], registry: StoredRegistry) -> str:
    """The type that the configuration asks for, which is fixed once the repository exists."""
    kind = str(configuration.get("encryptionType", AES256))
    if kind == AES256 and "kmsKey" in configuration:
        raise invalid_parameter("encryptionConfiguration", "A KMS key can't be given with the encryption type AES256")
    if kind == KMS_DSSE and REGIONS[registry.region] is not Partition.US_GOV:
        raise invalid_parameter(
            "encryptionConfiguration", "KMS_DSSE is available in the AWS GovCloud (US) Regions only"
        )
    return kind


async def chosen(
    configuration: Mapping[str, Any], call: Call, registry: StoredRegistry, name: str, keys: Backend
) -> tuple[str, str | None]:
    """Type and key of a repository that the caller makes."""
    kind = encryption_type(configuration, registry)
    if kind == AES256:
        return kind, None
    return kind, await key_arn(configuration, call, registry, name, keys)


async def key_arn(
    configuration: Mapping[str, Any], call: Call, registry: StoredRegistry, name: str, keys: Backend
) -> str:
    """The ARN of the requested key, once the caller may let Amazon ECR use it for the repository."""
    wanted = configuration.get("kmsKey", _MANAGED_ALIAS)
    managed = managed_key_arn(registry)
    if wanted in (_MANAGED_ALIAS, str(_arn(registry, _MANAGED_ALIAS)), managed):
        return managed
    _require_reachable(wanted, registry)
    key = await keys.key(wanted, account=registry.account, region=registry.region)
    if key is None:
        raise _refused(f"The key '{wanted}' does not exist")
    _require_usable(key)
    _require_grants(key, call, registry, name)
    return key.arn


def managed_key_arn(registry: StoredRegistry) -> str:
    """Of the account's own key `aws/ecr`, which AWS makes when it is first needed."""
    made_up = uuid.uuid5(uuid.NAMESPACE_URL, f"{_MANAGED_ALIAS} {registry.account} {registry.region}")
    return str(_arn(registry, f"key/{made_up}"))


async def require_retirable(repository: StoredRepository, call: Call, registry: StoredRegistry, keys: Backend) -> None:
    """Raises KmsException unless the caller may let Amazon ECR retire the grants that it has for the repository."""
    if repository.key_arn in (None, managed_key_arn(registry)):
        return
    key = await keys.key(repository.key_arn, account=registry.account, region=registry.region)
    if key is not None:
        context = {**_via_ecr(call, registry), **_constraint(registry, repository.name)}
        _require_allowed(key, call, "kms:RetireGrant", context)


def _require_reachable(key: str, registry: StoredRegistry) -> None:
    """Of a key that is given by its ARN; an id or an alias is looked for in the repository's region anyway."""
    arn = Arn.parse(key)
    if arn is None:
        return
    if (arn.partition, arn.service) != (REGIONS[registry.region].id, "kms") or account_problems(arn.account):
        raise _refused(f"'{key}' is not the ARN of a KMS key")
    if arn.region != registry.region:
        raise _refused(f"The key '{key}' is not in the repository's region, which is {registry.region}")


def _arn(registry: StoredRegistry, resource: str) -> Arn:
    return Arn(REGIONS[registry.region].id, "kms", registry.region, registry.account, resource)


def _require_usable(key: KmsKey) -> None:
    if not key.enabled:
        raise _refused(f"{key.arn} is disabled")
    if (key.usage, key.spec) != ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"):
        raise _refused(f"{key.arn} is of type {key.usage} and {key.spec}; Amazon ECR needs a symmetric encryption key")


def _require_grants(key: KmsKey, call: Call, registry: StoredRegistry, name: str) -> None:
    # ECR makes two grants, alike in everything that a policy can ask about: one answer is the answer for both.
    via = _via_ecr(call, registry)
    for action, context in (("kms:DescribeKey", via), ("kms:CreateGrant", {**via, **_grant(registry, name)})):
        _require_allowed(key, call, action, context)


def _require_allowed(key: KmsKey, call: Call, action: str, context: Context) -> None:
    request = Request(action=action, resource=key.arn, account=key.account, context=context)
    decision = evaluate(call.caller, request, [key.policy])
    if not decision.allowed:
        raise _refused(reason(decision, call.caller, request))


def _via_ecr(call: Call, registry: StoredRegistry) -> Context:
    return {**call_context(registry.region), "kms:CallerAccount": (call.account,), "kms:ViaService": (_ecr(registry),)}


def _grant(registry: StoredRegistry, name: str) -> Context:
    return {
        "kms:GrantIsForAWSResource": ("true",),
        "kms:GrantOperations": GRANT_OPERATIONS,
        "kms:GranteePrincipal": (_ecr(registry),),
        "kms:RetiringPrincipal": (_ecr(registry),),
        **_constraint(registry, name),
    }


def _constraint(registry: StoredRegistry, name: str) -> Context:
    return {
        "kms:GrantConstraintType": ("EncryptionContextSubset",),
        "kms:EncryptionContext:aws:ecr:arn": (repository_arn(registry.region, registry.account, name),),
        "kms:EncryptionContextKeys": ("aws:ecr:arn",),
    }


def _ecr(registry: StoredRegistry) -> str:
    return f"ecr.{registry.region}.{REGIONS[registry.region].dns_suffix}"


def _refused(why: str) -> EcrError:
    return EcrError("KmsException", why)
