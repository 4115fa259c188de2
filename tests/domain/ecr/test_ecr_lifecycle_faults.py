"""The lifecycle grammar before any value and any number of faults."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ecr.lifecycle_grammar import validate, validate_text
from domain.ecr.retention import RetentionEffect, Rule, Selector, compile_policy
from domain.problems import Path

Json = dict[str, Any]

ONE = compile_policy([Rule(selector=Selector.ANY, effect=RetentionEffect.KEEP, count=1)])

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["any", "tagged", "expire", "transition", "archive", "sinceImageTransitioned", "days"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "rules", "rulePriority", "selection", "action", "description", "tagStatus", "countType", "countNumber",
            "tagPatternList", "tagPrefixList", "storageClass", "countUnit", "type", "targetStorageClass", "x",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip
SOME_RULES = st.lists(
    JSON
    | st.fixed_dictionaries(
        {
            "rulePriority": JSON,
            "selection": JSON
            | st.fixed_dictionaries(
                {"tagStatus": JSON, "countType": JSON, "countNumber": JSON},
                optional={"tagPatternList": JSON, "tagPrefixList": JSON, "storageClass": JSON, "countUnit": JSON},
            ),
            "action": JSON | st.fixed_dictionaries({"type": JSON}, optional={"targetStorageClass": JSON}),
        }
    ),
    max_size=4,
)


@given(JSON | st.fixed_dictionaries({"rules": SOME_RULES}))
def test_any_json_value_has_an_answer(document: object) -> None:
    for problem in validate(document):
        assert problem.message
        assert problem.fix


@given(st.text(max_size=30) | JSON.map(json.dumps))
def test_any_text_has_an_answer(text: str) -> None:
    assert validate_text(text)


def test_values_that_json_cannot_hold_have_an_answer_too() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert [problem.path for problem in validate({**ONE, "x": deep})] == [("x",), ()]
    assert validate_text("[" * 100_000)
    assert validate_text("1" * 5_000)
    huge = copy.deepcopy(SOUND)
    put(huge, ("rules", 0, "rulePriority"), 10**5_000)
    assert [problem.path for problem in validate(huge)] == [("rules", 14, "rulePriority"), ()]


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"rules": [NaN]}', "\ufeff{}"])
def test_what_is_no_json_is_one_problem(text: str) -> None:
    (problem,) = validate_text(text)
    assert problem.message.startswith("is not valid JSON: ")


def test_a_key_that_is_written_twice_is_reported_where_it_is() -> None:
    text = json.dumps(ONE).replace('"countNumber": 1', '"countNumber": 5, "countNumber": 1')
    (problem,) = validate_text(text)
    assert (problem.path, problem.message) == (("rules", 0, "selection", "countNumber"), "is written more than once")


DROPPED = object()


def put(document: Json, path: Path, value: object) -> None:
    """Drops what is there where no value is given."""
    target: Any = document
    for key in path[:-1]:
        target = target[key]
    if value is DROPPED:
        del target[path[-1]]
    else:
        target[path[-1]] = value


def tagged(pattern: str, effect: RetentionEffect = RetentionEffect.KEEP, count: int = 1) -> Rule:
    return Rule(selector=Selector.TAGGED, effect=effect, count=count, patterns=(pattern,))


SOUND = compile_policy(
    [
        *(tagged(f"p{n}") for n in range(1, 11)),
        *(tagged(each, RetentionEffect.EXPIRE_AFTER_DAYS, 3) for each in ("v*", "w*")),
        Rule(selector=Selector.UNTAGGED, effect=RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS, count=3),
        Rule(selector=Selector.ANY, effect=RetentionEffect.EXPIRE_ARCHIVED_AFTER_DAYS, count=90),
        Rule(selector=Selector.ANY, effect=RetentionEffect.KEEP, count=1),
    ]
)
# Each breaks another rule of the policy, so that they can be planted in any combination.
FAULTS: list[tuple[Path, object]] = [
    (("version",), 1),
    (("rules", 0, "rulePriority"), -1),
    (("rules", 1, "rulePriority"), "2"),
    (("rules", 2, "action"), DROPPED),
    (("rules", 3, "selection"), 7),
    (("rules", 4, "selection", "countNumber"), 0),
    (("rules", 5, "selection", "countType"), DROPPED),
    (("rules", 6, "selection", "tagPrefixList"), ["z"]),
    (("rules", 7, "action", "type"), "remove"),
    (("rules", 8, "description"), None),
    (("rules", 9, "selection", "tagPatternList", 0), False),
    (("rules", 10, "selection", "countUnit"), DROPPED),
    (("rules", 11, "selection", "tagPatternList", 0), "*****"),
    (("rules", 12, "action", "targetStorageClass"), DROPPED),
    (("rules", 13, "selection", "countNumber"), 30),
    (("rules", 14, "rulePriority"), 14),
]


@given(st.sets(st.sampled_from(range(len(FAULTS)))))
def test_every_planted_fault_is_reported(chosen: set[int]) -> None:
    document = copy.deepcopy(SOUND)
    expected: list[Path] = []
    for index in chosen:
        path, value = FAULTS[index]
        put(document, path, value)
        # A list beside another list is a fault of the selection that has both.
        expected.append(path[:-1] if path[-1] == "tagPrefixList" else path)
    assert sorted((problem.path for problem in validate(document)), key=str) == sorted(expected, key=str)
