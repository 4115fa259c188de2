"""Policy documents as a resource's inputs hold them."""

import json

from domain.iam.document import CURRENT_VERSION

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
NOT_ACTION = "(NotAction): list the allowed actions in Action"
NOT_PRINCIPAL = "allows every principal except some (NotPrincipal): list the allowed principals in Principal"
LOOSE_OPERATORS = ("StringEqualsIfExists", "StringNotEquals", "ForAllValues:StringEquals", "ForAnyValue:StringEquals")
LAMBDA = "lambda.amazonaws.com"


def policy(*statements: dict[str, object], version: str = CURRENT_VERSION) -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(**elements: object) -> dict[str, object]:
    return {"Effect": "Allow", **elements}


def deny(**elements: object) -> dict[str, object]:
    return {"Effect": "Deny", **elements}


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def to(*principals: str) -> dict[str, object]:
    return {"AWS": list(principals)}
