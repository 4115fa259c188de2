"""Policy documents as a resource's inputs hold them."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

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


Part = st.SearchStrategy[dict[str, Any]]


def statement_lists(*parts: Part, most: int = 2) -> st.SearchStrategy[list[dict[str, Any]]]:
    """One statement or more, each with the elements of all parts."""
    merged = st.builds(lambda *found: {key: value for part in found for key, value in part.items()}, *parts)
    return st.lists(merged, min_size=1, max_size=most)


def listing(keys: Sequence[str], names: Sequence[str]) -> Part:
    """One of the elements, with one or two of the names."""
    some = st.lists(st.sampled_from(names), min_size=1, max_size=2)
    return st.builds(lambda key, found: {key: found}, st.sampled_from(keys), some)


def under(conditions: Part) -> Part:
    """Up to two of the conditions."""
    blocks = st.lists(conditions, max_size=2)
    return blocks.map(lambda found: {"Condition": {name: block for each in found for name, block in each.items()}})
