"""Every fault of a document in the words in which people read it."""

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.iam.document import InvalidDocument, parse

FAULTS: dict[str, Any] = {
    "no json": "{",
    "a list": [],
    "a version": {"Version": "2026-01-01", "Statement": {"Effect": "Deny", "Action": "*"}},
    "a version that is no text": {"Version": 2012, "Statement": {"Effect": "Deny", "Action": "*"}},
    "an element": {"Statment": []},
    "no statement": {"Statement": []},
    "a number for a statement": {"Statement": 5},
    "numbers for statements": {"Statement": [5, None, "x"]},
    "no effect": {"Statement": {"Action": "*"}},
    "an effect": {"Statement": {"Effect": "allow", "Action": "*"}},
    "an effect that is no text": {"Statement": {"Effect": ["Allow"], "Action": "*"}},
    "no action": {"Statement": {"Effect": "Allow"}},
    "both actions": {"Statement": {"Effect": "Allow", "Action": "a:b", "NotAction": "a:c"}},
    "an empty list": {"Statement": {"Effect": "Allow", "Action": []}},
    "an action": {"Statement": {"Effect": "Allow", "Action": ["ecr", "", "ecr:Get Image", 5, None, {}, [], True]}},
    "a blank": {"Statement": {"Effect": "Allow", "Action": " ecr:PutImage"}},
    "a resource": {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": ["x", "", "arn:aws", 5]}},
    "both resources": {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "NotResource": "*"}},
    "a sid twice, after a statement without one": {
        "Statement": [
            {"Effect": "Deny", "Action": "a:b"},
            *({"Sid": "Push", "Effect": effect, "Action": "a:b"} for effect in ("Allow", "Deny")),
        ]
    },
    "a sid": {"Statement": {"Effect": "Allow", "Action": "a:b", "Sid": 5}},
    "principals": {
        "Statement": {
            "Effect": "Allow",
            "Action": "a:b",
            "Principal": {"AWS": ["x", "arn:aws:iam::111122223333:role/*", "?", 5, ""], "Servce": "a", "Service": []},
        }
    },
    "a principal": {"Statement": {"Effect": "Allow", "Action": "a:b", "Principal": "111122223333"}},
    "both principals": {"Statement": {"Effect": "Allow", "Action": "a:b", "Principal": "*", "NotPrincipal": "*"}},
    "no condition": {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": []}},
    "an operator": {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": {"StringEqals": {"a:b": "c"}}}},
    "null if exists": {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": {"NullIfExists": {"a:b": "c"}}}},
    "a block": {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": {"StringEquals": "x"}}},
    "a key": {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": {"StringEquals": {"": "x", " a": "y"}}}},
    "a key twice": {
        "Statement": {"Effect": "Allow", "Action": "a:b", "Condition": {"StringEquals": {"a:b": "x", "A:B": "y"}}}
    },
    "values": {
        "Statement": {
            "Effect": "Allow",
            "Action": "a:b",
            "Condition": {"StringEquals": {"a:b": [{}, None, []], "a:c": []}},
        }
    },
    "twice": '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*"}}',
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_people_are_told(name: str, snapshot: SnapshotAssertion) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse(FAULTS[name])
    told = [
        f"{'.'.join(map(str, each.path))}: {each.value!r} {each.message} ({each.fix})" for each in caught.value.problems
    ]
    assert "\n".join(told) == snapshot
