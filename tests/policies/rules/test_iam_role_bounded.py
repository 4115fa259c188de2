"""Roles have a most that they can do, a place of their own, and sessions that end."""

import pytest
from pydantic import ValidationError

from domain.document_text import SECRET, UNKNOWN
from policies.rules.iam_role_bounded import RULE
from resources.iam import ROLE
from tests.cases import case, cases
from tests.policies.conftest import Declared, told
from tests.policies.rules.texts import HOME, OTHER

BOUNDARY = f"arn:aws:iam::{HOME}:policy/container-registry-prod-boundary"
GOOD = {"permissionsBoundary": BOUNDARY, "path": "/container-registry/prod/", "maxSessionDuration": 3600}
UNBOUNDED = "has no permissions boundary: whoever may change its policy makes it do anything"
NO_PATH = "has no path: who may change the roles of one project may change this one, too"


def role(**changed: object) -> Declared:
    return Declared(type=ROLE, inputs={key: each for key, each in {**GOOD, **changed}.items() if each is not None})


@cases(
    "inputs, expected",
    case("compliant", GOOD, []),
    case(
        "violating",
        {"permissionsBoundary": "", "path": "/", "maxSessionDuration": 43200.0},
        [UNBOUNDED, NO_PATH, "has sessions of up to 12 hours: 4 are the most"],
    ),
    case("unset", {}, [UNBOUNDED, NO_PATH]),
    case(
        "unknown",
        dict.fromkeys(GOOD, UNKNOWN),
        ["undecided permissionsBoundary", "undecided path", "undecided maxSessionDuration"],
    ),
    case(
        "secret",
        dict.fromkeys(GOOD, SECRET),
        ["undecided permissionsBoundary", "undecided path", "undecided maxSessionDuration"],
    ),
)
def test_a_role(inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=ROLE, inputs=inputs)) == expected


def test_no_other_type() -> None:
    assert RULE.types == (ROLE,)


def other(boundary: object, pattern: str = "arn:*:iam::*:policy/*") -> list[str]:
    return [f"has the boundary {boundary!r}, which is not {pattern}"]


NO_BOUNDARIES: list[object] = [f"arn:aws:iam::{HOME}:role/x", f"arn:aws:iam::{HOME}:policy", "policy/x", " ", 7, []]


@cases(
    "boundary, expected",
    (f"arn:aws-cn:iam::{HOME}:policy/team/boundary", []),
    ("arn:aws:iam::aws:policy/PowerUserAccess", []),
    (
        "arn:aws:iam::aws:policy/AdministratorAccess",
        ["has the boundary AdministratorAccess, within which everything is allowed"],
    ),
    (f"arn:aws:iam::{HOME}:policy/AdministratorAccess", []),
    *((each, other(each)) for each in NO_BOUNDARIES),
    (None, [UNBOUNDED]),
)
def test_the_boundary(boundary: object, expected: list[str]) -> None:
    assert told(RULE, role(permissionsBoundary=boundary)) == expected


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
def test_a_boundary_can_be_asked_for(pattern: str, fits: bool) -> None:
    assert told(RULE, role(), boundary=pattern) == ([] if fits else other(BOUNDARY, pattern))


@cases(
    "path, expected",
    ("/x/", []),
    ("/", [NO_PATH]),
    ("", [NO_PATH]),
    (None, [NO_PATH]),
    (["/x/"], ["has no path, but ['/x/']"]),
    ("/aws-service-role/ecr.amazonaws.com/", []),
)
def test_the_path(path: object, expected: list[str]) -> None:
    assert told(RULE, role(path=path)) == expected


def test_a_services_own_role_takes_no_boundary() -> None:
    path = "/aws-service-role/replication.ecr.amazonaws.com/"
    assert told(RULE, Declared(type=ROLE, inputs={"path": path, "maxSessionDuration": 43200})) == []
    for near in ("/service-role/", "/x/aws-service-role/", "/aws-service-roles/"):
        assert told(RULE, Declared(type=ROLE, inputs={"path": near})) == [UNBOUNDED]


@cases(
    "seconds, hours, expected",
    (14_400, 4, []),
    (14_400.0, 4, []),
    (14_401, 4, ["has sessions of up to 4.00028 hours: 4 are the most"]),
    (3_600, 1, []),
    (7_200.0, 1, ["has sessions of up to 2 hours: 1 are the most"]),
    (None, 1, []),
    ("3600", 1, ["has no number of seconds for its sessions, but '3600'"]),
    (True, 1, ["has no number of seconds for its sessions, but True"]),
)
def test_the_longest_session(seconds: object, hours: int, expected: list[str]) -> None:
    assert told(RULE, role(maxSessionDuration=seconds), max_session_hours=hours) == expected


def test_four_hours_are_the_default() -> None:
    assert told(RULE, role(maxSessionDuration=14_400)) == []
    assert told(RULE, role(maxSessionDuration=14_401)) != []


@pytest.mark.parametrize("parameters", [{"max_session_hours": 0}, {"max_session_hours": 13}, {"boundary": ""}])
def test_what_can_not_be_asked_for(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RULE.parameters.model_validate(parameters)
