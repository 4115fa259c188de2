import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.resource_tags import REQUIRED, VALUE_MAX, required_tags, tag_value_problems
from tests.cases import cases


def test_required_tags() -> None:
    assert required_tags(owner="payments", environment="prod", project="container-registry") == {
        "owner": "payments",
        "environment": "prod",
        "project": "container-registry",
        "managed-by": "pulumi",
    }


def test_every_required_tag_is_given() -> None:
    assert tuple(required_tags(owner="a", environment="b", project="c")) == REQUIRED


@pytest.mark.parametrize("value", ["payments", "a b", "_.:/=+-@", "Zürich 東京 ٣", "x" * VALUE_MAX])
def test_values(value: str) -> None:
    assert tag_value_problems(value) == []


@cases(
    "value, word",
    ("", "blank"), (" \t", "blank"), (" a", "begins or ends"), ("a ", "begins or ends"),
    ("x" * (VALUE_MAX + 1), "257 characters"), ("a,b", "','"), ("a\tb", r"'\t'"), ("a*", "'*'"), ("🐳", "🐳"),
)  # fmt: skip
def test_no_values(value: str, word: str) -> None:
    (problem,) = tag_value_problems(value)
    assert problem.value == value
    assert word in problem.message


def test_every_problem_of_a_value_is_reported() -> None:
    assert len(tag_value_problems(" " + "*" * VALUE_MAX)) == 3


@given(st.text(alphabet="aZ9 _.:/=+-@é", min_size=1, max_size=VALUE_MAX))
def test_a_trimmed_value_of_allowed_characters_is_taken(value: str) -> None:
    assert bool(tag_value_problems(value.strip())) == (value.strip() == "")
