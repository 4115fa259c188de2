"""Images are encrypted with a key whose policy is the company's own."""

from collections.abc import Iterator

from policies.inputs import entries, entry, is_unknown
from policies.kinds import REPOSITORY
from policies.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict

_CONFIGURATIONS = "encryptionConfigurations"
_KMS = ("KMS", "KMS_DSSE")
_AWS_MANAGED = "alias/aws/"
"""How the aliases of all keys begin that AWS manages.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html"""


def check(resource: Resource, _given: Given[Parameters]) -> Iterator[Verdict]:
    written = resource.inputs.get(_CONFIGURATIONS)
    if is_unknown(written):
        yield Undecided((_CONFIGURATIONS,))
        return
    configurations = entries(written)
    if not configurations:
        yield Finding("has no key: it says nothing of encryption, and AES256 is the default", (_CONFIGURATIONS,))
    for index, configuration in enumerate(configurations):
        if (verdict := _verdict(configuration, index)) is not None:
            yield verdict


def _verdict(configuration: object, index: int) -> Verdict | None:
    kind, key = entry(configuration, "encryptionType"), entry(configuration, "kmsKey")
    where = (_CONFIGURATIONS, index, "encryptionType")
    if is_unknown(configuration) or is_unknown(kind):
        return Undecided(where)
    if kind not in _KMS:
        return Finding(f"has no key: encryptionType is {kind or 'not given, and AES256 the default'}", where)
    where = (_CONFIGURATIONS, index, "kmsKey")
    if not key:
        return Finding("is encrypted with the key that AWS manages: no kmsKey is given", where)
    if not isinstance(key, str):
        return Finding(f"is encrypted with no key, but {key!r}", where)
    return Finding(f"is encrypted with the key that AWS manages: {key}", where) if _is_aws_managed(key) else None


def _is_aws_managed(key: str) -> bool:
    """By an alias or an alias's ARN; nothing else tells."""
    return key.rpartition(":")[2].startswith(_AWS_MANAGED)


RULE = ResourceRule(
    id="ecr-customer-key",
    title="Images are encrypted with a customer key",
    severity=Severity.MEDIUM,
    risk="Nobody in the company can say who may decrypt the images, see it in a key policy, or end it in one place.",
    remediation="Give encryptionConfigurations the type KMS and a kmsKey of the company's (encryption: customer in the "
    "catalog). ECR sets it when it creates a repository: to change it means to replace the repository. Other people's "
    "controls may pass KMS alone, and not KMS_DSSE.",
    controls=("Security Hub ECR.5", "checkov CKV_AWS_136", "trivy AWS-0033"),
    parameters=Parameters,
    types=(REPOSITORY,),
    check=check,
)
