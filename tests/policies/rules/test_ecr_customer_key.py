"""Images are encrypted with a customer key."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.pack.rule import Given
from policies.rules.ecr_customer_key import RULE
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, told

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
UNSET = "has no key: it says nothing of encryption, and AES256 is the default"
AWS_MANAGED = "is encrypted with the key that AWS manages: "
UNTYPED = "has no key: encryptionType is not given, and AES256 the default"


def kms(key: object, kind: str = "KMS") -> list[dict[str, Any]]:
    return [{"encryptionType": kind, "kmsKey": key}]


@cases(
    "written, expected",
    case("compliant", kms(KEY_ARN), []),
    case("twice encrypted", kms(KEY_ARN, "KMS_DSSE"), []),
    case("violating", [{"encryptionType": "AES256"}], ["has no key: encryptionType is AES256"]),
    case("a key that is of no consequence", kms(KEY_ARN, "AES256"), ["has no key: encryptionType is AES256"]),
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
    case("no key", kms(None), [f"{AWS_MANAGED}no kmsKey is given"]),
    case("no key at all", [{"encryptionType": "KMS"}], [f"{AWS_MANAGED}no kmsKey is given"]),
    case("an empty key", kms(""), [f"{AWS_MANAGED}no kmsKey is given"]),
    case("a number", kms(7.0), ["is encrypted with no key, but 7.0"]),
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
    case("the second of two", [*kms(KEY_ARN), *kms(None)], [f"{AWS_MANAGED}no kmsKey is given"]),
)
def test_the_key(written: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"encryptionConfigurations": written})) == expected


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)


def test_where_the_key_would_stand() -> None:
    (found,) = RULE.check(
        Declared(type=REPOSITORY, inputs={"encryptionConfigurations": kms("alias/aws/ecr")}),
        Given(RULE.parameters(), TODAY),
    )
    assert found.path == ("encryptionConfigurations", 0, "kmsKey")
