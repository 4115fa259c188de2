"""Images are encrypted with a customer key."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_customer_key import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
UNSET = "is encrypted with AES256, the default, without a KMS key"
AWS_MANAGED = "is encrypted with an AWS managed key: "
UNKNOWN_TYPE = "undecided encryptionConfigurations.0.encryptionType"
ALIAS_ARN = "arn:aws:kms:us-east-1:111122223333:alias/aws/ecr"


def kms(key: object, kind: str = "KMS") -> list[dict[str, Any]]:
    return [{"encryptionType": kind, "kmsKey": key}]


@cases(
    "written, expected",
    case("compliant", kms(KEY_ARN), []),
    case("twice encrypted", kms(KEY_ARN, "KMS_DSSE"), []),
    case("violating", [{"encryptionType": "AES256"}], ["is encrypted with AES256, without a KMS key"]),
    case("a key that is of no consequence", kms(KEY_ARN, "AES256"), ["is encrypted with AES256, without a KMS key"]),
    case("unset", None, [UNSET]),
    case("empty", [], [UNSET]),
    case("unknown key", kms(UNKNOWN), []),
    case("secret key", kms(SECRET), []),
    case("unknown", UNKNOWN, ["undecided encryptionConfigurations"]),
    case("unknown entry", [UNKNOWN], [UNKNOWN_TYPE]),
    case("unknown type", kms(KEY_ARN, UNKNOWN), [UNKNOWN_TYPE]),
    case("no key", kms(None), [f"{AWS_MANAGED}kmsKey is not set"]),
    case("no key at all", [{"encryptionType": "KMS"}], [f"{AWS_MANAGED}kmsKey is not set"]),
    case("an empty key", kms(""), [f"{AWS_MANAGED}kmsKey is not set"]),
    case("a number", kms(7.0), ["has a kmsKey that is not an ARN: 7.0"]),
    case("an alias of AWS's", kms("alias/aws/ecr"), [f"{AWS_MANAGED}alias/aws/ecr"]),
    case("its ARN", kms(ALIAS_ARN), [f"{AWS_MANAGED}{ALIAS_ARN}"]),
    case("an alias of one's own", kms("alias/registry/aws/ecr"), []),
    case("the ARN of one", kms("arn:aws:kms:us-east-1:111122223333:alias/awsome"), []),
    case("no type", [{"kmsKey": KEY_ARN}], [UNSET]),
    case("without a list", {"encryptionType": "KMS", "kmsKey": KEY_ARN}, []),
    case("a text", "KMS", [UNSET]),
    case("the second of two", [*kms(KEY_ARN), *kms(None)], [f"{AWS_MANAGED}kmsKey is not set"]),
)
def test_the_key(written: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"encryptionConfigurations": written})) == expected


def test_where_the_key_is() -> None:
    repository = Declared(type=REPOSITORY, inputs={"encryptionConfigurations": kms("alias/aws/ecr")})
    assert paths(RULE, repository) == [("encryptionConfigurations", 0, "kmsKey")]
