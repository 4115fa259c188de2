from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.iam.patterns import matches, matches_arn, matches_resource, pattern, resource_pattern, variable_names
from tests.cases import cases
from tests.conftest import examples

TEXTS = st.text("ab:", max_size=8)
PATTERNS = st.text("ab:*?", max_size=8)
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"


def fits(expected: str, text: str) -> bool:
    read = pattern(expected, None)
    assert read is not None
    return matches(read, text)


def is_resource(expected: str, resource: str) -> bool:
    read = resource_pattern(expected, None)
    assert read is not None
    return matches_resource(read, resource)


def naive(expected: str, text: str) -> bool:
    if not expected:
        return not text
    if expected[0] == "*":
        return any(naive(expected[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and expected[0] in ("?", text[0]) and naive(expected[1:], text[1:])


@settings(max_examples=examples(500))
@given(PATTERNS, TEXTS)
def test_it_matches_as_a_naive_matcher_does(expected: str, text: str) -> None:
    assert fits(expected, text) is naive(expected, text)


@cases(
    "expected, text",
    # No part of the text counts for two parts of the pattern, nor for a middle and the end.
    ("*ab*ab*", "ab"), ("*ab*ab*", "abab"), ("*ab*b", "ab"), ("*ab*b", "abb"), ("a*a*a", "aa"), ("a*ba*a", "aba"),
    ("*a?*a?*", "ab"), ("*a?*a?*", "abab"), ("*?b*b", "ab"), ("*?b*", "ab"), ("*?b*", "aab"), ("a*?b*", "ab"),
    ("a*?b*a", "aaba"),
)  # fmt: skip
def test_parts_follow_one_another(expected: str, text: str) -> None:
    assert fits(expected, text) is naive(expected, text)


@cases("expected, text", ("*" + "a*" * 2_000 + "b*", "a" * 20_000), ("*" + "a" * 2_000 + "b*", "a" * 20_000))
def test_it_takes_no_longer_than_the_text_is_long(expected: str, text: str) -> None:
    start = process_time()
    assert not fits(expected, text)
    assert process_time() - start < 0.5


# reference_policies_elements_resource.html, "Using wildcards in resource ARNs"
RESOURCES = [
    (f"{BUCKET}/*/test/*", f"{BUCKET}/1/test/object.jpg", True),
    (f"{BUCKET}/*/test/*", f"{BUCKET}/1/2/test/3/object.jpg", True),
    (f"{BUCKET}/*/test/*", f"{BUCKET}//test/object.jpg", True),
    (f"{BUCKET}/*/test/*", f"{BUCKET}/1/test/", True),
    (f"{BUCKET}/*/test/*", f"{BUCKET}/1-test/object.jpg", False),
    (f"{BUCKET}/*/test/*", f"{BUCKET}/test/object.jpg", False),
    ("*", "*", True),
    ("*", "arn:aws:ecr:us-east-1:111122223333:repository/a", True),
    # "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
    # boundaries."
    ("arn:aws:logs:*:*:log-group:/ecr:*", "arn:aws:logs:us-east-1:111122223333:log-group:/ecr:log-stream:x", True),
    ("arn:aws:logs:*:log-stream:x:y", "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:x:y", True),
    ("arn:aws:ecr:us-*1:111122223333:repository/a", "arn:aws:ecr:us-east-1:111122223333:repository/a", True),
    ("arn:aws:ecr:us-*1:repository/a:b", "arn:aws:ecr:us-east-1:1:repository/a:b", False),
    ("arn:aws:ecr:us-east-1:?:repository/a", "arn:aws:ecr:us-east-1:111122223333:repository/a", False),
    ("arn:aws:ecr:us-east-1?111122223333:repository/a:b", "arn:aws:ecr:us-east-1:111122223333:repository/a:b", False),
    ("arn:aws:ecr:us-east-1:111122223333:repository/a", "*", False),
    ("arn:aws:ecr:us-east-1:111122223333:repository/a", "arn:aws:ecr:us-east-1:111122223333:repository/a:b", False),
    ("arn:aws:ecr:us-east-1:111122223333:repository/a:b", "arn:aws:ecr:us-east-1:111122223333:repository/a", False),
]


@pytest.mark.parametrize(("expected", "resource", "result"), RESOURCES)
def test_resources(expected: str, resource: str, result: bool) -> None:
    assert is_resource(expected, resource) is result


@cases(
    "expected, arn, result",
    ("arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a/b:c", True),
    ("arn:aws:iam::*:role/*", "arn:aws:iam:x:111122223333:role/a", False),
    ("arn:aws:iam::*", "arn:aws:iam::111122223333:role/a", None),
    ("arn:aws:iam::*:role/*", "role/a", None),
)
def test_arns(expected: str, arn: str, result: bool | None) -> None:
    read = pattern(expected, None)
    assert read is not None
    assert matches_arn(read, arn) is result


@pytest.mark.parametrize("text", ["${", "${a", "$a}", "$", "{}"])
def test_what_is_no_variable_is_text(text: str) -> None:
    assert pattern(text, {}) == tuple(text)


@cases(
    "text, names",
    ("repository/${aws:PrincipalTag/Team}/${ a }", ["aws:principaltag/team", "a"]), ("${*}${?}${$}", []),
    ("${a, 'b'}", []), ("${a, b}", ["a, b"]), ("$a {b} *", []),
)  # fmt: skip
def test_the_variables_that_need_a_value(text: str, names: list[str]) -> None:
    assert list(variable_names(text)) == names


@pytest.mark.parametrize("text", ["${}", "${a}", "${a, b}", "${a,'b'}", "${*x}"])
def test_a_variable_without_a_value_makes_no_pattern(text: str) -> None:
    assert pattern(text, {"b": ("x",)}) is None
