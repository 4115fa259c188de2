"""The key that encrypts images, in the inputs of repositories and creation templates."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.problems import Path
from policies.checks.input_values import as_list, is_unknown, value_at
from policies.pack.rule import CheckResult, Finding, Results, Undecided

ENCRYPTION_CONFIGURATIONS = "encryptionConfigurations"
_KMS = ("KMS", "KMS_DSSE")
_AWS_MANAGED_ALIAS = "alias/aws/"
"""The prefix of the aliases of AWS managed keys.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html"""


def check_customer_key(inputs: Mapping[str, Any]) -> Results:
    """Images must be encrypted with a customer managed key."""
    value = inputs.get(ENCRYPTION_CONFIGURATIONS)
    if is_unknown(value):
        yield Undecided((ENCRYPTION_CONFIGURATIONS,))
        return
    configurations = as_list(value)
    if not configurations:
        yield Finding("is encrypted with AES256, the default, without a KMS key", (ENCRYPTION_CONFIGURATIONS,))
    for index, configuration in enumerate(configurations):
        if (result := _check_configuration(configuration, index)) is not None:
            yield result


def known_customer_keys(inputs: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The customer managed keys that are known, each with its path in the inputs."""
    for index, configuration in enumerate(as_list(inputs.get(ENCRYPTION_CONFIGURATIONS))):
        key = value_at(configuration, "kmsKey")
        if _check_configuration(configuration, index) is None and not is_unknown(key):
            yield (ENCRYPTION_CONFIGURATIONS, index, "kmsKey"), key


def uses_kms(inputs: Mapping[str, Any]) -> bool:
    """Whether images are encrypted with a KMS key, of the customer or managed by AWS."""
    return any(value_at(each, "encryptionType") in _KMS for each in as_list(inputs.get(ENCRYPTION_CONFIGURATIONS)))


def _check_configuration(configuration: object, index: int) -> CheckResult | None:
    encryption, key = value_at(configuration, "encryptionType"), value_at(configuration, "kmsKey")
    where = (ENCRYPTION_CONFIGURATIONS, index, "encryptionType")
    if is_unknown(configuration) or is_unknown(encryption):
        return Undecided(where)
    if encryption not in _KMS:
        return Finding(f"is encrypted with {encryption or 'AES256, the default'}, without a KMS key", where)
    where = (ENCRYPTION_CONFIGURATIONS, index, "kmsKey")
    if not key:
        return Finding("is encrypted with an AWS managed key: kmsKey is not set", where)
    if not isinstance(key, str):
        return Finding(f"has a kmsKey that is not an ARN: {key!r}", where)
    return Finding(f"is encrypted with an AWS managed key: {key}", where) if _is_aws_managed(key) else None


def _is_aws_managed(key: str) -> bool:
    """Only an alias, or the ARN of one, shows it."""
    return key.rpartition(":")[2].startswith(_AWS_MANAGED_ALIAS)
