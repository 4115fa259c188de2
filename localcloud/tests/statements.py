"""Policies, as the tests write them."""

import json
from collections.abc import Mapping
from typing import Any

from domain.iam.access import Policy
from domain.iam.document import CURRENT_VERSION, parse

Statement = Mapping[str, Any]


def allow(*actions: str, resource: object = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions: str, **more: Any) -> Statement:
    return {**allow(*actions, **more), "Effect": "Deny"}


def trusts(principal: Mapping[str, str], *actions: str, **more: Any) -> Statement:
    """Of a role's trust policy, which names no resource; assuming the role, where no actions are given."""
    return {"Effect": "Allow", "Principal": principal, "Action": actions or ["sts:AssumeRole"], **more}


def text(*statements: Statement) -> str:
    return json.dumps({"Version": CURRENT_VERSION, "Statement": statements})


def policy(name: str, *statements: Statement) -> Policy:
    return Policy(name=name, document=parse(text(*statements)))
