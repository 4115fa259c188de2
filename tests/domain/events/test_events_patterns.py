"""Event patterns, by EventBridge's own examples and by what it was seen to answer."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.events.limits import OR_COMBINATIONS_MAX, PATTERN_MAX_LENGTH
from domain.events.patterns import matches, pattern_problems
from tests.cases import case, cases

Json = dict[str, Any]

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
EC2: Json = {
    "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "source": "aws.ec2", "account": "111122223333",
    "detail-type": "EC2 Instance State-change Notification", "time": "2017-12-22T18:43:48Z", "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"},
}  # fmt: skip


def field(*values: object) -> Json:
    return {"detail": {"x": list(values)}}


def event(**detail: object) -> Json:
    return {"detail": detail}


def accepted(pattern: Json) -> Json:
    assert pattern_problems(to_json_text(pattern)) == []
    return pattern


@cases(
    "pattern, expected",
    ({"source": ["aws.ec2"], "detail-type": [EC2["detail-type"]], "detail": {"state": ["terminated"]}}, True),
    ({"detail": {"state": ["running", "terminated"]}}, True), ({"detail": {"state": ["running"]}}, False),
    ({"resources": EC2["resources"]}, True), ({"resources": [{"prefix": "arn:aws:ec2:us-west-1:"}]}, True),
    ({"source": ["aws.ec2"], "detail": {"state": ["running"]}}, False), ({"Source": ["aws.ec2"]}, False),
    ({"detail": {"state": [{"exists": True}]}, "account": ["111122223333"]}, True),
)  # fmt: skip
def test_fields_are_joined_by_and_and_their_values_by_or(pattern: Json, *, expected: bool) -> None:
    assert matches(accepted(pattern), EC2) is expected


@cases(
    "wanted, leaf, expected",
    # equal, of one type
    ("a", "a", True), ("a", "A", False), ("", "", True), (None, None, True), (None, "null", False), (None, [], False),
    (False, False, True), (False, 0, False), (1, True, False), (300, 300.0, True), (300, "300", False),
    ("300", 300, False), (3.018e2, 301.8, True), (10**400, 10**400, True), (-(10**400), 10**400, False),
    ("::1", "0:0:0:0:0:0:0:1", True), ("1.2.3.4", "1.2.3.4", True), ("1.2.3.4", "1.2.3.5", False),
    ("999.1.1.1", "999.1.1.1", True), ("::1", 1, False),
    # prefix, suffix, equals-ignore-case
    ({"prefix": "eu-"}, "eu-west-1", True), ({"prefix": "eu-"}, "us-east-1", False), ({"prefix": ""}, "x", True),
    ({"prefix": "1"}, 12, False), ({"prefix": {"equals-ignore-case": "EventB"}}, "eventbridge", True),
    ({"prefix": {"equals-ignore-case": "EventB"}}, "seventh", False), ({"suffix": ".png"}, "a.png", True),
    ({"suffix": ".png"}, "a.PNG", False), ({"suffix": {"equals-ignore-case": ".png"}}, "a.PNG", True),
    ({"equals-ignore-case": "alice"}, "ALICE", True), ({"equals-ignore-case": "alice"}, "malice", False),
    # anything-but
    ({"anything-but": "initializing"}, "pending", True), ({"anything-but": "initializing"}, "initializing", False),
    ({"anything-but": "initializing"}, None, True), ({"anything-but": "a"}, ["a"], False),
    ({"anything-but": "a"}, ["a", "b"], True), ({"anything-but": "a"}, [], False), ({"anything-but": 123}, 123, False),
    ({"anything-but": 123}, 123.0, False), ({"anything-but": 123}, "123", True), ({"anything-but": 0}, False, True),
    ({"anything-but": ["stopped", "overloaded"]}, "stopped", False), ({"anything-but": ["a", "b"]}, "c", True),
    ({"anything-but": [100, 200, 300]}, 300, False), ({"anything-but": [100, 200]}, 300, True),
    ({"anything-but": "::1"}, "0:0:0:0:0:0:0:1", True),
    ({"anything-but": {"prefix": "init"}}, "init-2", False), ({"anything-but": {"prefix": "init"}}, "post-init", True),
    ({"anything-but": {"prefix": "init"}}, 12, True), ({"anything-but": {"prefix": ["init", "post"]}}, "post", False),
    ({"anything-but": {"suffix": ".txt"}}, "a.txt", False), ({"anything-but": {"suffix": ".txt"}}, "a.txt.bak", True),
    ({"anything-but": {"suffix": [".txt", ".rtf"]}}, "a.rtf", False),
    ({"anything-but": {"equals-ignore-case": "initializing"}}, "INITIALIZING", False),
    ({"anything-but": {"equals-ignore-case": ["a", "B"]}}, "b", False),
    ({"anything-but": {"wildcard": "*/lib/*"}}, "/usr/lib/x", False),
    ({"anything-but": {"wildcard": "*/lib/*"}}, "/x", True),
    ({"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}, "/usr/bin/x", False),
    # numeric
    ({"numeric": [">", 0, "<=", 5]}, 5, True), ({"numeric": [">", 0, "<=", 5]}, 0, False),
    ({"numeric": [">", 100]}, 101.0, True), ({"numeric": [">", 100]}, "300", False),
    ({"numeric": [">", 0]}, None, False),
    ({"numeric": [">=", 5]}, 5, True), ({"numeric": ["<", 10]}, 10, False), ({"numeric": ["=", 3.018e2]}, 301.8, True),
    ({"numeric": [">", 0]}, True, False),
    # exists, of leaves only
    ({"exists": True}, None, True), ({"exists": True}, [], False), ({"exists": True}, {"y": 1}, False),
    ({"exists": False}, {"y": 1}, True), ({"exists": False}, [], True), ({"exists": False}, "x", False),
    # cidr
    ({"cidr": "10.0.0.0/24"}, "10.0.0.255", True), ({"cidr": "10.0.0.0/24"}, "10.0.1.0", False),
    ({"cidr": "10.0.0.0/24"}, "host", False), ({"cidr": "10.0.0.0/24"}, 10, False),
    ({"cidr": "0.0.0.0/0"}, "::1", False),
    ({"cidr": "10.0.0.0/24"}, "10.0.0.999", False), ({"cidr": "10.0.0.7/24"}, "10.0.0.200", True),
    ({"cidr": "10.0.0.0/31"}, "10.0.0.1", True), ({"cidr": "2001:db8::/127"}, "2001:db8::1", True),
    ({"cidr": "2001:db8::/32"}, "2001:db8::1", True), ({"cidr": "2001:db8::/32"}, "2001:db9::1", False),
    # wildcard
    ({"wildcard": "dir/*.png"}, "dir/a/b.png", True), ({"wildcard": "dir/*.png"}, "dir/a.png.txt", False),
    ({"wildcard": "*"}, "", True), ({"wildcard": ""}, "x", False), ({"wildcard": "a.c"}, "abc", False),
    ({"wildcard": r"a\*c"}, "a*c", True), ({"wildcard": r"a\*c"}, "abc", False), ({"wildcard": r"a\\*"}, "a\\b", True),
    ({"wildcard": "a*b"}, "a\nb", True), ({"wildcard": "*:*:*:*:*"}, "a:b:c:d:e", True),
)  # fmt: skip
def test_a_value(wanted: object, leaf: object, *, expected: bool) -> None:
    assert matches(accepted(field(wanted)), event(x=leaf)) is expected


def test_a_field_that_is_not_there_has_no_value_to_compare() -> None:
    operators: list[object] = [None, {"anything-but": "a"}, {"anything-but": {"prefix": "a"}}, {"prefix": ""}]
    for wanted in operators:
        assert not matches(field(wanted), event(y=1))
        assert matches(field(wanted, {"exists": False}), event(y=1))


@cases(
    "pattern, expected",
    case("keys joined by dots", {"detail": {"state.status": ["running"]}}, True),
    case("not the key itself", {"detail": {"state": ["running"]}}, False),
    case("nor a path beside", {"detail": {"status": ["running"]}}, False),
)
def test_a_leaf_is_found_by_its_whole_path(pattern: Json, *, expected: bool) -> None:
    assert matches(pattern, event(state={"status": "running"})) is expected


@cases(
    "x, y, expected",
    case("in one item", 1, 2, True), case("in two items", 1, 4, False), case("in the other", 3, 4, True),
)  # fmt: skip
def test_fields_of_a_list_of_objects_match_in_the_same_item(x: int, y: int, *, expected: bool) -> None:
    listed = event(list=[{"x": 1, "y": 2}, {"x": 3, "y": 4}], z=[1, 2])
    assert matches({"detail": {"list": {"x": [x], "y": [y]}, "z": [2]}}, listed) is expected


def test_a_field_can_be_missing_in_the_item_that_matches() -> None:
    pattern = {"detail": {"list": {"name": ["b"], "owner": [{"exists": False}]}}}
    assert matches(pattern, event(list=[{"name": "a", "owner": "x"}, {"name": "b"}]))
    assert not matches(pattern, event(list=[{"name": "a"}, {"name": "b", "owner": "x"}]))


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, Or matching
OR = {"detail": {"$or": [{"c": [{"numeric": [">", 0, "<=", 5]}]}, {"d": [{"numeric": ["<", 10]}]}, {"e": [3]}]}}


@cases("c, d, e, expected", (0, 0, 9, True), (5, 10, 9, True), (0, 10, 3, True), (0, 10, 9, False))
def test_of_or_one_alternative_has_to_match(c: int, d: int, e: int, *, expected: bool) -> None:
    assert matches(accepted(OR), event(c=c, d=d, e=e)) is expected


def test_or_stands_beside_other_fields_and_inside_itself() -> None:
    inner = {"b": ["1"], "$or": [{"c": ["1"]}, {"d": ["1"]}]}
    pattern = accepted({"source": ["s"], "detail": {"$or": [{"a": ["1"]}, inner]}})
    assert matches(pattern, {"source": "s", "detail": {"a": "1"}})
    assert matches(pattern, {"source": "s", "detail": {"b": "1", "d": "1"}})
    assert not matches(pattern, {"source": "s", "detail": {"b": "1"}})
    assert not matches(pattern, {"source": "t", "detail": {"a": "1"}})


def test_outside_of_or_a_field_can_have_an_operators_name() -> None:
    assert matches(accepted({"prefix": ["a"], "numeric": {"cidr": [1]}}), {"prefix": "a", "numeric": {"cidr": 1}})


# --- for every event

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.text("ab.*", max_size=3))
KEYS = st.text("ab", min_size=1, max_size=2)
EVENTS = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3)),
    max_size=4,
)


def own_pattern(value: object) -> Any:
    """A pattern of the event's own leaves; None where there are none."""
    if isinstance(value, dict):
        below = {key: own_pattern(each) for key, each in value.items()}
        return {key: each for key, each in below.items() if each} or None
    if isinstance(value, list):
        leaves = [each for each in value if not isinstance(each, dict | list)]
        return leaves or None
    return [value]


@given(EVENTS)
@example({"a": {"b": [1, None]}, "b": False})
def test_a_pattern_of_its_own_leaves_matches_an_event(own: Json) -> None:
    pattern = own_pattern(own)
    if pattern:
        assert matches(accepted(pattern), own)


@given(LEAVES, st.lists(st.text("ab", max_size=2), min_size=1, max_size=3) | st.lists(st.integers(-3, 3), min_size=1))
def test_anything_but_is_the_complement_where_the_field_is_there(leaf: object, values: list[Any]) -> None:
    assert matches(field({"anything-but": values}), event(x=leaf)) is not matches(field(*values), event(x=leaf))


@given(LEAVES, st.text("ab*", max_size=3).filter(lambda text: "**" not in text and text))
def test_anything_but_an_operator_is_the_complement_of_the_operator(leaf: object, text: str) -> None:
    for operator in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        excluded = matches(field({"anything-but": {operator: text}}), event(x=leaf))
        assert excluded is not matches(field({operator: text}), event(x=leaf))


@given(EVENTS)
def test_a_field_is_there_or_not(own: Json) -> None:
    there = {"a": [{"exists": True}]}
    assert matches(there, own) is not matches({"a": [{"exists": False}]}, own)


# --- what EventBridge refuses


@cases(
    "pattern, path, message",
    ("[]", (), "is not an object"), ("{", (), "is not JSON"), ("[" * 2_000, (), "is not JSON"), ("{}", (), "no field"),
    ({"detail": {}}, ("detail",), "no field"), ({"x": 42}, ("x",), "is not a list"),
    ({"x": "v"}, ("x",), "is not a list"),
    ({"x": []}, ("x",), "is an empty list"), ({"x": [["a"]]}, ("x", 0), "is not a value"),
    ({"x": [{"EXISTS": True}]}, ("x", 0, "EXISTS"), "is not an operator"),
    ({"x": [{}]}, ("x", 0), "has no operator"), ({"x": [{"prefix": "a", "suffix": "b"}]}, ("x", 0), "has 2 operators"),
    ({"x": [{"exists": "yes"}]}, ("x", 0, "exists"), "neither true nor false"),
    ({"x": [{"prefix": ["a"]}]}, ("x", 0, "prefix"), "is not a string"),
    ({"x": [{"suffix": {"prefix": "a"}}]}, ("x", 0, "suffix"), "is not a string"),
    ({"x": [{"prefix": {"equals-ignore-case": 1}}]}, ("x", 0, "prefix", "equals-ignore-case"), "is not a string"),
    ({"x": [{"equals-ignore-case": ["a"]}]}, ("x", 0, "equals-ignore-case"), "is not a string"),
    ({"x": [{"wildcard": 123}]}, ("x", 0, "wildcard"), "is not a string"),
    ({"x": [{"wildcard": "a**"}]}, ("x", 0, "wildcard"), "two wildcards"),
    ({"x": [{"wildcard": "*:*:*:*:*:x/*"}]}, ("x", 0, "wildcard"), "more than 5 wildcards"),
    ({"x": [{"wildcard": "a\\b"}]}, ("x", 0, "wildcard"), "backslash"),
    ({"x": [{"numeric": 10}]}, ("x", 0, "numeric"), "is not a list"),
    ({"x": [{"numeric": [">", 0, ">", 0]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": [">", 0, "<"]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": ["<", 5, ">", 0]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": [">", 5, "<", 5]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": ["<", "5"]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": [">", 1, "<", "5"]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": [">", 1, "!", 5]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": ["!=", 5]}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"numeric": []}]}, ("x", 0, "numeric"), "is not a range"),
    ({"x": [{"cidr": "10.0.0.0"}]}, ("x", 0, "cidr"), "is not a block"),
    ({"x": [{"cidr": "10.0.0.0/33"}]}, ("x", 0, "cidr"), "is not a block"),
    ({"x": [{"cidr": "10.0.0.0/255.0.0.0"}]}, ("x", 0, "cidr"), "is not a block"),
    ({"x": [{"cidr": "10.0.0.1/32"}]}, ("x", 0, "cidr"), "is one address only"),
    ({"x": [{"cidr": "::1/128"}]}, ("x", 0, "cidr"), "is one address only"),
    ({"x": [{"cidr": 1}]}, ("x", 0, "cidr"), "block"),
    ({"x": [{"anything-but": None}]}, ("x", 0, "anything-but"), "can't be excluded"),
    ({"x": [{"anything-but": []}]}, ("x", 0, "anything-but"), "can't be excluded"),
    ({"x": [{"anything-but": ["a", 1]}]}, ("x", 0, "anything-but"), "can't be excluded"),
    ({"x": [{"anything-but": [True]}]}, ("x", 0, "anything-but"), "can't be excluded"),
    ({"x": [{"anything-but": {"cidr": "::/1"}}]}, ("x", 0, "anything-but", "cidr"), "can't be excluded"),
    ({"x": [{"anything-but": {}}]}, ("x", 0, "anything-but"), "is not one operator"),
    ({"x": [{"anything-but": {"prefix": []}}]}, ("x", 0, "anything-but", "prefix"), "is an empty list"),
    ({"x": [{"anything-but": {"prefix": ""}}]}, ("x", 0, "anything-but", "prefix"), "excludes every string"),
    ({"x": [{"anything-but": {"suffix": ["a", ""]}}]}, ("x", 0, "anything-but", "suffix"), "excludes every string"),
    ({"x": [{"anything-but": {"suffix": [1]}}]}, ("x", 0, "anything-but", "suffix"), "is not a string"),
    ({"x": [{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]}, ("x", 0, "anything-but", "prefix"), "string"),
    ({"x": [{"anything-but": {"wildcard": "a**"}}]}, ("x", 0, "anything-but", "wildcard"), "two wildcards"),
    ({"$or": [{"x": ["a"]}]}, ("$or",), "is not a list of alternatives"),
    ({"$or": {"x": ["a"]}}, ("$or",), "is not a list of alternatives"),
    ({"$or": [{"x": ["a"]}, 1]}, ("$or", 1), "object"),
    ({"$or": [{"x": ["a"]}, {}]}, ("$or", 1), "no field"),
    ({"$or": [{"numeric": ["a"]}, {"x": [1]}]}, ("$or", 0, "numeric"), "is no name"),
    ('{"x":["a"],"x":["b"]}', ("x",), "is there twice"),
    ('{"$or":[{"x":["a"],"x":["b"]},{"y":[1]}]}', ("$or", 0, "x"), "is there twice"),
)  # fmt: skip
def test_eventbridge_refuses(pattern: Json | str, path: tuple[Any, ...], message: str) -> None:
    problems = pattern_problems(pattern if isinstance(pattern, str) else json.dumps(pattern))
    assert [(problem.path, message in problem.message) for problem in problems] == [(path, True)]
    assert all(problem.fix for problem in problems)


def test_a_pattern_has_a_length() -> None:
    text = to_json_text({"x": ["a" * (PATTERN_MAX_LENGTH - 10)]})
    assert len(text) == PATTERN_MAX_LENGTH
    assert pattern_problems(text) == []
    (problem,) = pattern_problems(text + " ")
    assert problem.message == "has 2,049 characters, more than EventBridge takes (2,048)"


@pytest.mark.parametrize("more", [0, 1])
def test_or_has_a_number_of_combinations(more: int) -> None:
    tens = [{"x": [1]}] * 10
    pattern = {"$or": tens, "a": {"$or": tens}, "b": {"$or": [{"y": [1]}] * (10 + more)}}
    assert OR_COMBINATIONS_MAX == 10 * 10 * 10
    assert len(pattern_problems(to_json_text(pattern))) == more
    nested = {"$or": [{"x": [1]}, {"$or": [{"y": [1]}] * 25, "z": {"$or": [{"y": [1]}] * (20 + more)}}]}
    assert len(pattern_problems(to_json_text(nested))) == more
