"""Policy documents as a resource's inputs hold them."""

import json

from domain.iam.document import CURRENT_VERSION

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
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


DEEP = "[" * 100_000
BROKEN = {
    "": "is no policy that AWS takes: document: is no JSON",
    "{": "is no policy that AWS takes: document: is no JSON",
    "[]": "is no policy that AWS takes: document: is no policy document",
    "null": "is no policy that AWS takes: document: is no policy document",
    '"*"': "is no policy that AWS takes: document: is no policy document",
    "{}": "is no policy that AWS takes: Statement: holds no statement",
    '{"Statement": []}': "is no policy that AWS takes: Statement: holds no statement",
    '{"Statement": {"effect": "Allow"}}': "is no policy that AWS takes: Statement.effect: 'effect' is no element here",
    '{"Statement": {"Effect": "allow", "Action": "*"}}': "is no policy that AWS takes: Statement.Effect: is no effect",
    '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*"}}': (
        "is no policy that AWS takes: Statement.Effect: is written more than once"
    ),
    '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"StringEquals": {"a:b": NaN}}}}': (
        "is no policy that AWS takes: document: is no JSON"
    ),
    '{"Version": "2026-01-01", "Statement": {"Effect": "Deny", "Action": "*"}}': (
        "is no policy that AWS takes: Version: is no version"
    ),
    DEEP: "is no policy that AWS takes: document: is no JSON",
}
"""Texts that are no policy, with how each finding begins."""
