"""Images are encrypted with a customer key."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import REPOSITORY
from policies.pack.rule import Given
from policies.rules.ecr_customer_key import RULE
from tests.policies.conftest import TODAY, Declared, Judge

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
UNSET = "has no key: it says nothing of encryption, and AES256 is the default"
AWS_MANAGED = "is encrypted with the key that AWS manages: "
UNTYPED = "has no key: encryptionType is not given, and AES256 the default"


def kms(key: object, kind: str = "KMS") -> list[dict[str, Any]]:
    return [{"encryptionType": kind, "kmsKey": key}]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(kms(KEY_ARN), [], id="compliant"),
        pytest.param(kms(KEY_ARN, "KMS_DSSE"), [], id="twice encrypted"),
        pytest.param([{"encryptionType": "AES256"}], ["has no key: encryptionType is AES256"], id="violating"),
        pytest.param(
            kms(KEY_ARN, "AES256"), ["has no key: encryptionType is AES256"], id="a key that is of no consequence"
        ),
        pytest.param(None, [UNSET], id="unset"),
        pytest.param([], [UNSET], id="empty"),
        pytest.param(kms(UNKNOWN), [], id="unknown key"),
        pytest.param(kms(SECRET), [], id="secret key"),
        pytest.param(UNKNOWN, ["undecided encryptionConfigurations"], id="unknown"),
        pytest.param([UNKNOWN], ["undecided encryptionConfigurations.0.encryptionType"], id="unknown entry"),
        pytest.param(
            [{"encryptionType": UNKNOWN, "kmsKey": KEY_ARN}],
            ["undecided encryptionConfigurations.0.encryptionType"],
            id="unknown type",
        ),
        pytest.param(kms(None), [f"{AWS_MANAGED}no kmsKey is given"], id="no key"),
        pytest.param([{"encryptionType": "KMS"}], [f"{AWS_MANAGED}no kmsKey is given"], id="no key at all"),
        pytest.param(kms(""), [f"{AWS_MANAGED}no kmsKey is given"], id="an empty key"),
        pytest.param(kms(7.0), ["is encrypted with no key, but 7.0"], id="a number"),
        pytest.param(kms("alias/aws/ecr"), [f"{AWS_MANAGED}alias/aws/ecr"], id="an alias of AWS's"),
        pytest.param(
            kms("arn:aws:kms:us-east-1:111122223333:alias/aws/ecr"),
            [f"{AWS_MANAGED}arn:aws:kms:us-east-1:111122223333:alias/aws/ecr"],
            id="its ARN",
        ),
        pytest.param(kms("alias/registry/aws/ecr"), [], id="an alias of one's own"),
        pytest.param(kms("arn:aws:kms:us-east-1:111122223333:alias/awsome"), [], id="the ARN of one"),
        pytest.param([{"kmsKey": KEY_ARN}], [UNTYPED], id="no type"),
        pytest.param({"encryptionType": "KMS", "kmsKey": KEY_ARN}, [], id="without a list"),
        pytest.param("KMS", [UNTYPED], id="a text"),
        pytest.param([*kms(KEY_ARN), *kms(None)], [f"{AWS_MANAGED}no kmsKey is given"], id="the second of two"),
    ],
)
def test_the_key(told: Judge, written: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"encryptionConfigurations": written})) == expected


def test_it_is_about_repositories() -> None:
    assert RULE.types == (REPOSITORY,)


def test_where_the_key_would_stand() -> None:
    (found,) = RULE.check(
        Declared(type=REPOSITORY, inputs={"encryptionConfigurations": kms("alias/aws/ecr")}),
        Given(RULE.parameters(), TODAY),
    )
    assert found.path == ("encryptionConfigurations", 0, "kmsKey")
