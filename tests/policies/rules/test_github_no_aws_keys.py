"""Secrets and variables of GitHub that are, or are called, credentials of AWS; in every disguise but encryption."""

import base64
import json

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.rules.github_no_aws_keys import RULE
from resources.github import REPOSITORY_VARIABLE, SECRETS, VARIABLES
from tests.cases import cases
from tests.policies.conftest import Declared, findings, properties

KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjE" + "Aa1/" * 40
IS_ID = ["holds the id of an access key of AWS"]
IS_KEY = ["holds what looks like a secret access key of AWS"]
IS_TOKEN = ["holds a session token of AWS"]
ACTIONS_SECRET = SECRETS[0]


def variable(value: object, name: object = "SETTING", kind: str = REPOSITORY_VARIABLE) -> Declared:
    return Declared(type=kind, inputs={"repository": "payments-api", "variableName": name, "value": value})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@cases(
    "value, expected",
    (KEY_ID, IS_ID),
    (KEY_ID.replace("AKIA", "ASIA"), IS_ID),
    (SECRET_KEY, IS_KEY),
    (TOKEN, IS_TOKEN),
    # Nested, in other texts.
    (json.dumps({"aws": [{"id": KEY_ID}]}), IS_ID),
    (f"[default]\naws_secret_access_key={SECRET_KEY}\n".replace("=", " = "), IS_KEY),
    (f"{KEY_ID}:{SECRET_KEY}", IS_ID),
    (f'export KEY="{SECRET_KEY}"', IS_KEY),
    # In pieces, encoded, or in other letters.
    (f"{KEY_ID[:7]}\n{KEY_ID[7:]}", IS_ID),
    (f"{SECRET_KEY[:20]} {SECRET_KEY[20:]}", IS_KEY),
    (encoded(KEY_ID), IS_ID),
    (encoded(f"[default]\nkey = {SECRET_KEY}\n"), IS_KEY),
    (encoded(TOKEN), IS_TOKEN),
    ("".join(chr(ord(each) + 0xFEE0) for each in KEY_ID), IS_ID),
    (f"-----BEGIN X-----\na\n-----END X-----\n{KEY_ID}", IS_ID),
    # What only resembles one.
    ("", []),
    (None, []),
    (40.0, []),
    ("arn:aws:iam::111122223333:role/container-registry/dev/dev.acme.payments-api+environment-production", []),
    ("111122223333.dkr.ecr.us-east-1.amazonaws.com/payments/api 111122223333.dkr.ecr.us-east-1.amazonaws.com/web", []),
    ("3d3c42e5aac5ba805825da76410c181273ba90b1", []),
    ("3D3c42e5aac5ba805825da76410c181273ba90b1", []),
    ("abcdefghij/abcdefghij/abcdefghij/abcdefg", []),
    (SECRET_KEY.lower(), []),
    (SECRET_KEY.upper(), []),
    (f"{SECRET_KEY}A", []),
    (SECRET_KEY[1:], []),
    (f"X{KEY_ID}", []),
    ("AKIA of the north", []),
    (TOKEN[:80].replace("/", "-"), []),
    (f"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n{SECRET_KEY}\n-----END RSA PRIVATE KEY-----", []),
)
def test_values(value: object, expected: list[str]) -> None:
    assert findings(RULE, variable(value)) == expected


@cases(
    "name, is_credential",
    *((each, True) for each in (
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "aws_access_key_id",
        "AwsAccessKeyId", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID_PROD", "PROD_AWS_SECRET_ACCESS_KEY", "AWSSECRETKEY",
        "AWS_SECRET", "AWS_SECRET_KEY", "AWS__ACCESS__KEY__ID", "AWS_ACCESS_ID", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY",
        "AWS_CREDENTIALS", "AWS_KEY", "AWS_TOKEN", "AWS_DEV_ACCESS_KEY", "IAM_ACCESS_KEY", "ECR_SECRET_KEY",
        "AWS-ACCESS-KEY-ID",
    )),
    *((each, False) for each in (
        "AWS_REGION", "AWS_ROLE_ARN", "PUSH_ROLE_ARN", "AWS_ACCOUNT_ID", "AWS_ROLE_SESSION_NAME", "AWS_SECRET_ARN",
        "AWS_SECRET_NAME", "AWS_SECRETS_MANAGER_PREFIX", "AWS_KMS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_SECURITY_GROUP", "S3_KEY_PREFIX", "REGISTRY_HOST", "APP_PRIVATE_KEY", "NPM_TOKEN",
    )),
)  # fmt: skip
def test_names(name: str, is_credential: bool) -> None:
    expected = [f"is named {name}, as a credential of AWS is"] if is_credential else []
    assert findings(RULE, variable("x", name)) == expected
    hidden = Declared(type=ACTIONS_SECRET, inputs={"repository": "web", "secretName": name, "plaintextValue": SECRET})
    assert findings(RULE, hidden) == expected


@pytest.mark.parametrize("kind", VARIABLES)
def test_every_kind_of_variable(kind: str) -> None:
    assert findings(RULE, variable(KEY_ID, kind=kind)) == IS_ID


@pytest.mark.parametrize("kind", SECRETS)
def test_every_kind_of_secret(kind: str) -> None:
    """The engine shows what is secret; a render has a marker."""
    keys = properties(kind) & {"value", "plaintextValue", "encryptedValue", "valueEncrypted"}
    assert len(keys) >= 2
    for key in keys:
        assert findings(RULE, Declared(type=kind, inputs={"secretName": "SETTING", key: KEY_ID})) == IS_ID
        assert findings(RULE, Declared(type=kind, inputs={"secretName": "SETTING", key: SECRET})) == []


def test_what_is_not_known_yet() -> None:
    assert findings(RULE, variable(UNKNOWN)) == ["undecided value"]
    assert findings(RULE, variable("x", UNKNOWN)) == ["undecided variableName"]
    assert findings(RULE, variable("x", SECRET)) == ["undecided variableName"]
    assert findings(RULE, Declared(type=ACTIONS_SECRET, inputs={})) == []


def test_no_message_repeats_a_value() -> None:
    for each in (KEY_ID, SECRET_KEY, TOKEN, encoded(KEY_ID)):
        (found,) = findings(RULE, variable(each))
        assert each not in found
