"""Images are encrypted with a customer key."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.pack.rule import RuleContext
from policies.rules.ecr_customer_key import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, findings

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
UNSET = "is encrypted with AES256, the default, without a KMS key"
AWS_MANAGED = "is encrypted with an AWS managed key: "
UNTYPED = "is encrypted with AES256, the default, without a KMS key"


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
    case("unknown entry", [UNKNOWN], ["undecided encryptionConfigurations.0.encryptionType"]),
    case(
        "unknown type",
        [{"encryptionType": UNKNOWN, "kmsKey": KEY_ARN}],
        ["undecided encryptionConfigurations.0.encryptionType"],
    ),
    case("no key", kms(None), [f"{AWS_MANAGED}kmsKey is not set"]),
    case("no key at all", [{"encryptionType": "KMS"}], [f"{AWS_MANAGED}kmsKey is not set"]),
    case("an empty key", kms(""), [f"{AWS_MANAGED}kmsKey is not set"]),
    case("a number", kms(7.0), ["has a kmsKey that is not an ARN: 7.0"]),
    case("an alias of AWS's", kms("alias/aws/ecr"), [f"{AWS_MANAGED}alias/aws/ecr"]),
    case(
        "its ARN",
        kms("arn:aws:kms:us-east-1:111122223333:alias/aws/ecr"),
        [f"{AWS_MANAGED}arn:aws:kms:us-east-1:111122223333:alias/aws/ecr"],
    ),
    case("an alias of one's own", kms("alias/registry/aws/ecr"), []),
    case("the ARN of one", kms("arn:aws:kms:us-east-1:111122223333:alias/awsome"), []),
    case("no type", [{"kmsKey": KEY_ARN}], [UNTYPED]),
    case("without a list", {"encryptionType": "KMS", "kmsKey": KEY_ARN}, []),
    case("a text", "KMS", [UNTYPED]),
    case("the second of two", [*kms(KEY_ARN), *kms(None)], [f"{AWS_MANAGED}kmsKey is not set"]),
)
def test_the_key(written: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"encryptionConfigurations": written})) == expected


def test_where_the_key_would_stand() -> None:
    (found,) = RULE.check(
        Declared(type=REPOSITORY, inputs={"encryptionConfigurations": kms("alias/aws/ecr")}),
        RuleContext(RULE.parameters(), TODAY),
    )
    assert found.path == ("encryptionConfigurations", 0, "kmsKey")
