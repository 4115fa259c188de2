"""Which key encrypts a repository's images, as a repository's and a creation template's inputs say it alike."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.problems import Path
from policies.checks.input_values import entries, entry, is_unknown
from policies.pack.rule import Finding, Undecided, Verdict

CONFIGURATIONS = "encryptionConfigurations"
_KMS = ("KMS", "KMS_DSSE")
_AWS_MANAGED = "alias/aws/"
"""How the aliases of all keys begin that AWS manages.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html"""


def without_customer_key(inputs: Mapping[str, Any]) -> Iterator[Verdict]:
    """What keeps the images from being encrypted with a key whose policy is the company's own."""
    written = inputs.get(CONFIGURATIONS)
    if is_unknown(written):
        yield Undecided((CONFIGURATIONS,))
        return
    configurations = entries(written)
    if not configurations:
        yield Finding("has no key: it says nothing of encryption, and AES256 is the default", (CONFIGURATIONS,))
    for index, configuration in enumerate(configurations):
        if (verdict := _verdict(configuration, index)) is not None:
            yield verdict


def customer_keys(inputs: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The customer keys that are known, each with its place in the inputs."""
    for index, configuration in enumerate(entries(inputs.get(CONFIGURATIONS))):
        key = entry(configuration, "kmsKey")
        if _verdict(configuration, index) is None and not is_unknown(key):
            yield (CONFIGURATIONS, index, "kmsKey"), key


def wants_kms(inputs: Mapping[str, Any]) -> bool:
    """Whether any key of KMS is to encrypt, AWS's own or another."""
    return any(entry(each, "encryptionType") in _KMS for each in entries(inputs.get(CONFIGURATIONS)))


def _verdict(configuration: object, index: int) -> Verdict | None:
    kind, key = entry(configuration, "encryptionType"), entry(configuration, "kmsKey")
    where = (CONFIGURATIONS, index, "encryptionType")
    if is_unknown(configuration) or is_unknown(kind):
        return Undecided(where)
    if kind not in _KMS:
        return Finding(f"has no key: encryptionType is {kind or 'not given, and AES256 the default'}", where)
    where = (CONFIGURATIONS, index, "kmsKey")
    if not key:
        return Finding("is encrypted with the key that AWS manages: no kmsKey is given", where)
    if not isinstance(key, str):
        return Finding(f"is encrypted with no key, but {key!r}", where)
    return Finding(f"is encrypted with the key that AWS manages: {key}", where) if _is_aws_managed(key) else None


def _is_aws_managed(key: str) -> bool:
    """By an alias or an alias's ARN; nothing else tells."""
    return key.rpartition(":")[2].startswith(_AWS_MANAGED)
