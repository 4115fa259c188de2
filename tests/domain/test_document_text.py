import json
import time

import pytest

from domain.document_text import line_of, parse_json, repeated_keys
from tests.cases import cases


def test_each_repeated_key_is_reported_once_and_where() -> None:
    problems = repeated_keys(parse_json('{"a": 1, "b": [{"c": 1, "d": 2, "c": 3, "c": 4}], "a": 2}'))
    assert [(each.path, each.value) for each in problems] == [(("a",), 2), (("b", 0, "c"), 4)]


def test_without_a_repeated_key_there_is_no_problem() -> None:
    assert repeated_keys(parse_json('{"a": 1, "b": {"a": 1}}')) == []


@cases(
    "text, words",
    ("NaN", "NaN is not a JSON number"),
    ("-Infinity", "is not a JSON number"),
    ("{", "Expecting"),
    ("", "Expecting"),
)
def test_what_is_no_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_json(text)


def test_many_keys_of_which_one_is_repeated_take_no_longer_than_many_keys() -> None:
    members = ",".join(f"{json.dumps(str(number))}:1" for number in range(30_000))
    started = time.process_time()
    value = parse_json(f'{{"0":2,{members}}}')
    assert time.process_time() - started < 1
    assert [each.path for each in repeated_keys(value)] == [("0",)]


TEXT = """\
{"one": 1,
 "two": [
   {"x": "},[", "y": []},
   "\\"two\\": [", {
     "x": {"deep": true}}
 ],
 "three": {"two": [1,
   2]}}
"""


@cases(
    "path, line",
    ((), 1), (("one",), 1), (("two",), 2), (("two", 0), 3), (("two", 0, "y"), 3), (("two", 1), 4), (("two", 2, "x"), 5),
    (("two", 2, "x", "deep"), 5), (("three",), 7), (("three", "two", 1), 8), (("three", "no", 1), 7), (("no",), 1),
)  # fmt: skip
def test_the_line_of_a_path(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line
