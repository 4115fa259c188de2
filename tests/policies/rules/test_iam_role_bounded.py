"""Roles have a most that they can do, a place of their own, and sessions that end."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.document_text import SECRET, UNKNOWN
from policies.rules.iam_role_bounded import RULE
from resources.iam import ROLE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import HOME, OTHER

BOUNDARY = f"arn:aws:iam::{HOME}:policy/container-registry-prod-boundary"
GOOD = {"permissionsBoundary": BOUNDARY, "path": "/container-registry/prod/", "maxSessionDuration": 3600}
UNBOUNDED = "has no permissions boundary: anyone who can edit its policies can grant it any permission"
NO_PATH = "has no path: permissions to manage roles can't be limited to one project"


def role(**changed: object) -> Declared:
    return Declared(type=ROLE, inputs={key: each for key, each in {**GOOD, **changed}.items() if each is not None})


@cases(
    "inputs, expected",
    case("compliant", GOOD, []),
    case(
        "violating",
        {"permissionsBoundary": "", "path": "/", "maxSessionDuration": 43200.0},
        [UNBOUNDED, NO_PATH, "has sessions of up to 12 hours: at most 4 are allowed"],
    ),
    case("unset", {}, [UNBOUNDED, NO_PATH]),
    case("unknown", dict.fromkeys(GOOD, UNKNOWN), [f"undecided {each}" for each in GOOD]),
    case("secret", dict.fromkeys(GOOD, SECRET), [f"undecided {each}" for each in GOOD]),
)
def test_a_role(inputs: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=ROLE, inputs=inputs)) == expected


def other(boundary: object, pattern: str = "arn:*:iam::*:policy/*") -> list[str]:
    return [f"has the permissions boundary {boundary!r}: it must be {pattern}"]


ADMINISTRATOR, EVERYTHING = "AdministratorAccess", "which allows everything"
NO_BOUNDARIES: list[object] = [f"arn:aws:iam::{HOME}:role/x", f"arn:aws:iam::{HOME}:policy", "policy/x", " ", 7, []]


@cases(
    "boundary, expected",
    (f"arn:aws-cn:iam::{HOME}:policy/team/boundary", []),
    ("arn:aws:iam::aws:policy/PowerUserAccess", []),
    (f"arn:aws:iam::aws:policy/{ADMINISTRATOR}", [f"has the permissions boundary {ADMINISTRATOR}, {EVERYTHING}"]),
    (f"arn:aws:iam::{HOME}:policy/AdministratorAccess", []),
    *((each, other(each)) for each in NO_BOUNDARIES),
    (None, [UNBOUNDED]),
)
def test_the_boundary(boundary: object, expected: list[str]) -> None:
    assert findings(RULE, role(permissionsBoundary=boundary)) == expected


@cases(
    "pattern, fits",
    (BOUNDARY, True),
    (f"arn:aws:iam::{HOME}:policy/*-boundary", True),
    ("arn:aws:iam::????????????:policy/container-registry-*", True),
    (f"arn:aws:iam::{OTHER}:policy/*", False),
    (f"arn:aws:iam::{HOME}:policy/boundary", False),
    # Parts of an ARN are compared one by one.
    ("arn:aws:iam:*-boundary", False),
    ("*", False),
)
def test_the_boundary_is_a_parameter(pattern: str, fits: bool) -> None:
    assert findings(RULE, role(), boundary=pattern) == ([] if fits else other(BOUNDARY, pattern))


@cases(
    "path, expected",
    ("/x/", []),
    ("/", [NO_PATH]),
    ("", [NO_PATH]),
    (None, [NO_PATH]),
    (["/x/"], ["has a path that is not a string: ['/x/']"]),
    ("/aws-service-role/ecr.amazonaws.com/", []),
)
def test_the_path(path: object, expected: list[str]) -> None:
    assert findings(RULE, role(path=path)) == expected


def test_a_service_linked_role_has_no_boundary() -> None:
    path = "/aws-service-role/replication.ecr.amazonaws.com/"
    assert findings(RULE, Declared(type=ROLE, inputs={"path": path, "maxSessionDuration": 43200})) == []
    for near in ("/service-role/", "/x/aws-service-role/", "/aws-service-roles/"):
        assert findings(RULE, Declared(type=ROLE, inputs={"path": near})) == [UNBOUNDED]


@cases(
    "seconds, hours, expected",
    (14_400, None, []),
    (14_400.0, 4, []),
    (14_401, None, ["has sessions of up to 4.00028 hours: at most 4 are allowed"]),
    (3_600, 1, []),
    (7_200.0, 1, ["has sessions of up to 2 hours: at most 1 are allowed"]),
    (None, 1, []),
    ("3600", 1, ["has a maxSessionDuration that is not a number: '3600'"]),
    (True, 1, ["has a maxSessionDuration that is not a number: True"]),
)
def test_the_longest_session(seconds: object, hours: int | None, expected: list[str]) -> None:
    parameters: dict[str, Any] = {"max_session_hours": hours} if hours else {}
    assert findings(RULE, role(maxSessionDuration=seconds), **parameters) == expected


@pytest.mark.parametrize("parameters", [{"max_session_hours": 0}, {"max_session_hours": 13}, {"boundary": ""}])
def test_invalid_parameters(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RULE.parameters.model_validate(parameters)
