"""Resources carry the required tags."""

from typing import Any

import pytest

from domain.document_text import UNKNOWN
from domain.resource_tags import REQUIRED, required_tags
from policies.rules.required_tags import RULE
from resources.ecr import PUBLIC_REPOSITORY, REPOSITORY
from resources.iam import MANAGED_POLICY, ROLE
from resources.kms import KEY
from resources.secretsmanager import SECRET
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

ALL = required_tags(owner="payments", environment="prod", project="container-registry")
NONE = [f"has no tag {each}" for each in REQUIRED]


@pytest.mark.parametrize("kind", [REPOSITORY, PUBLIC_REPOSITORY, KEY, ROLE, MANAGED_POLICY, SECRET])
@cases(
    "tags, expected",
    case("compliant", ALL, []),
    case("more", {**ALL, "more": ""}, []),
    case("empty", {**ALL, "owner": ""}, ["has a blank tag owner"]),
    case("blank", {**ALL, "owner": " \t"}, ["has a blank tag owner"]),
    case("null", {**ALL, "owner": None}, ["has no tag owner"]),
    case("unknown values", {**ALL, "owner": UNKNOWN, "project": UNKNOWN}, []),
    case("case", {"Owner": "payments", **{k: ALL[k] for k in REQUIRED[1:]}}, ["has no tag owner"]),
    case("unset", None, NONE),
    case("none", {}, NONE),
    case("a text", "owner", NONE),
    case("unknown", UNKNOWN, ["undecided tags"]),
)
def test_each_required_tag_is_there(kind: str, tags: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=kind, inputs={"tags": tags})) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"), [({"tags": ["cost-center"]}, ["has no tag cost-center"]), ({"tags": []}, [])]
)
def test_which_are_required_is_a_parameter(parameters: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY, inputs={"tags": ALL}), **parameters) == expected
