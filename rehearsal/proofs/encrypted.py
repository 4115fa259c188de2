"""The declared key encrypts."""

from domain.ecr.repository import Encryption
from domain.iam import document
from domain.kms import key_policy
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "images are encrypted with the declared key"


def prove(case: Case) -> str:
    found = case.described()["encryptionConfiguration"]
    match case.copy.encryption:
        case Encryption.AES256:
            return _expect(found, "AES256", None)
        case Encryption.AWS_MANAGED:
            _expect(found, "KMS", None)
            if _is_customers(case, found["kmsKey"]):
                raise Broken(f"declared the key that AWS manages, and there is {found['kmsKey']}")
            return "KMS, the key that AWS manages"
        case Encryption.CUSTOMER if case.copy.key_arn is not None:
            return _expect(found, "KMS", case.copy.key_arn)
        case Encryption.CUSTOMER:
            key = case.own_key()
            found_key = _expect(found, "KMS", key)
            _require_sound(case, key)
            return found_key


def _expect(found: dict[str, str], kind: str, key: str | None) -> str:
    if found["encryptionType"] != kind or (key is not None and found.get("kmsKey") != key):
        actual = f"{found['encryptionType']} {found.get('kmsKey', '')}".strip()
        raise Broken(f"declared {kind} {key or ''}, and there is {actual}")
    return f"{kind} {key.rpartition('/')[2][:8]}" if key else kind


def _is_customers(case: Case, key: str) -> bool:
    """Whether it is a key of the account's own; the local KMS has no key that AWS manages."""
    kms = case.api("kms")
    try:
        return bool(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] == "CUSTOMER")
    except kms.exceptions.NotFoundException:
        return False


def _require_sound(case: Case, key: str) -> None:
    """The stack's own key rotates, and its policy is the tight one."""
    kms = case.api("kms")
    if not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]:
        raise Broken(f"{key} does not rotate")
    actual = document.parse(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    declared = document.parse(key_policy(account=case.registry.account, region=case.registry.region))
    if not document.same(actual, declared):
        raise Broken(f"the policy of {key} is {actual.to_json()}")
