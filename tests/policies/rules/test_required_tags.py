"""Resources carry the required tags."""

from typing import Any

import pytest

from domain.document_text import UNKNOWN
from domain.resource_tags import REQUIRED, required_tags
from policies.kinds import KEY, LIFECYCLE_POLICY, MANAGED_POLICY, PUBLIC_REPOSITORY, REPOSITORY, ROLE
from policies.rules.required_tags import RULE
from tests.policies.conftest import Declared, Judge

ALL = required_tags(owner="payments", environment="prod", project="container-registry")
NONE = [f"has no tag {each}" for each in REQUIRED]


@pytest.mark.parametrize("kind", [REPOSITORY, PUBLIC_REPOSITORY, KEY, ROLE, MANAGED_POLICY])
@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(ALL, [], id="compliant"),
        pytest.param({**ALL, "more": ""}, [], id="more"),
        pytest.param({**ALL, "owner": ""}, ["has a blank tag owner"], id="empty"),
        pytest.param({**ALL, "owner": " \t"}, ["has a blank tag owner"], id="blank"),
        pytest.param({**ALL, "owner": None}, ["has no tag owner"], id="null"),
        pytest.param({**ALL, "owner": UNKNOWN, "project": UNKNOWN}, [], id="unknown values"),
        pytest.param({"Owner": "payments", **{k: ALL[k] for k in REQUIRED[1:]}}, ["has no tag owner"], id="case"),
        pytest.param(None, NONE, id="unset"),
        pytest.param({}, NONE, id="none"),
        pytest.param("owner", NONE, id="a text"),
        pytest.param(UNKNOWN, ["undecided tags"], id="unknown"),
    ],
)
def test_each_required_tag_is_there(told: Judge, kind: str, tags: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=kind, inputs={"tags": tags})) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"), [({"tags": ["cost-center"]}, ["has no tag cost-center"]), ({"tags": []}, [])]
)
def test_which_are_required_can_be_told(told: Judge, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REPOSITORY, inputs={"tags": ALL}), **parameters) == expected


def test_it_is_about_what_can_carry_tags() -> None:
    assert LIFECYCLE_POLICY not in RULE.types
    assert set(RULE.types) == {REPOSITORY, PUBLIC_REPOSITORY, KEY, ROLE, MANAGED_POLICY}
