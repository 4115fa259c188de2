"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

import pytest

from domain.iam.access import Context
from domain.iam.conditions import hold
from domain.iam.document import parse
from domain.iam.statement import Operator
from tests.cases import cases

ARN = "arn:aws:lambda:us-east-1:111122223333:function:resize"
FINANCE = "arn:aws:someservice:*:111122223333:finance/*"
DOCUMENT = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
NAME = {"aws:username": ("ana",)}


def holds(conditions: dict[str, object], context: Context, *, variables: bool = True) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": conditions}
    (parsed,) = parse({"Version": "2012-10-17", "Statement": [statement]}).statements
    return hold(parsed.conditions, {key.lower(): values for key, values in context.items()}, variables=variables)


def compares(operator: str, expected: object, *actual: str, context: Context | None = None) -> bool:
    return holds({operator: {"x:Key": expected}}, {"X:key": actual, **(context or {})})


def of(operator: str, result: bool, *pairs: tuple[object, str]) -> list[tuple[str, object, str, bool]]:
    """What an operator answers of each pair of the value in the policy and the one in the request."""
    return [(operator, expected, actual, result) for expected, actual in pairs]


LAMBDAS, OF_OTHERS = "arn:aws:lambda:*:111122223333:function:*", "arn:aws:lambda:*:999988887777:function:*"
# Of ARNs the page's own example: between colons a wildcard stays.
OPERATORS = [
    *of("StringEquals", True, ("a", "a"), ("a*", "a*"), (["b", "a"], "a"), ("", "")),
    *of("StringEquals", False, ("a", "A"), ("a*", "ab")),
    *of("StringNotEquals", True, ("a", "A"), (["b", "c"], "a")),
    *of("StringNotEquals", False, ("a", "a"), (["b", "a"], "a")),
    *of("StringEqualsIgnoreCase", True, ("aB", "Ab")),
    *of("StringEqualsIgnoreCase", False, ("a*", "ab")),
    *of("StringNotEqualsIgnoreCase", True, ("aB", "c")),
    *of("StringNotEqualsIgnoreCase", False, ("aB", "Ab")),
    *of("StringLike", True, ("pay*/a?i", "payments/api"), (FINANCE, DOCUMENT)),
    *of("StringLike", False, ("pay*/a?i", "payments/ai"), ("PAY*", "payments")),
    *of("StringNotLike", True, (["pay*", "web*"], "base")),
    *of("StringNotLike", False, ("pay*", "payments")),
    *of("NumericEquals", True, (10, "10.0")),
    *of("NumericEquals", False, ("10", "11")),
    *of("NumericNotEquals", True, ("10", "11")),
    *of("NumericNotEquals", False, (["10", "11"], "11")),
    *of("NumericLessThan", True, ("10", "9.5")),
    *of("NumericLessThan", False, ("10", "10")),
    *of("NumericLessThanEquals", True, ("10", "10")),
    *of("NumericLessThanEquals", False, ("10", "10.1")),
    *of("NumericGreaterThan", True, ("-1", "0")),
    *of("NumericGreaterThan", False, ("10", "10")),
    *of("NumericGreaterThanEquals", True, ("10", "10")),
    *of("NumericGreaterThanEquals", False, ("10", "9")),
    *of("DateEquals", True, ("2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00")),
    *of("DateEquals", True, ("2026-01-02", "2026-01-02T00:00:00Z"), ("2026-01", "2026-01-01T00:00Z")),
    *of("DateEquals", True, ("2026-01-02T00:00:00Z", "1767312000")),
    *of("DateEquals", False, ("2026-01-02", "2026-01-03")),
    *of("DateNotEquals", True, ("2026-01-02", "2026-01-03")),
    *of("DateNotEquals", False, ("2026-01-02", "1767312000")),
    *of("DateLessThan", True, ("2026-01-02", "2026-01-01T23:59:59.9Z")),
    *of("DateLessThan", False, ("2026-01-02", "2026-01-02")),
    *of("DateLessThanEquals", True, ("2026-01-02", "2026-01-02")),
    *of("DateLessThanEquals", False, ("2026-01-02", "2026-01-03")),
    *of("DateGreaterThan", True, ("2026-01-02", "1767312001")),
    *of("DateGreaterThan", False, ("2026-01-02", "1767312000")),
    *of("DateGreaterThanEquals", True, ("2026-01-02", "2026-01-02")),
    *of("DateGreaterThanEquals", False, ("2026-01-02", "2026-01-01")),
    *of("Bool", True, ("FALSE", "false"), ("true", "true"), ("True", "tRUE"), (True, "true")),
    *of("Bool", False, ("false", "true"), (False, "true")),
    *of("BinaryEquals", True, ("QmluYXJ5", "QmluYXJ5")),
    *of("BinaryEquals", False, ("QmluYXJ5", "QmluYXJ6")),
    *of("IpAddress", True, ("203.0.113.0/24", "203.0.113.255"), ("203.0.113.7/24", "203.0.113.9")),
    *of("IpAddress", True, ("203.0.113.7", "203.0.113.7")),
    *of("IpAddress", True, (["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1")),
    *of("IpAddress", False, ("203.0.113.0/24", "203.0.114.1"), ("203.0.113.7", "203.0.113.8")),
    *of("IpAddress", False, ("203.0.113.0/24", "2001:db8::1")),
    *of("NotIpAddress", True, (["203.0.113.0/24", "198.51.100.0/24"], "192.0.2.1"), ("203.0.113.0/24", "2001:db8::1")),
    *of("NotIpAddress", False, (["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1")),
    *of("ArnEquals", True, (LAMBDAS, ARN)),
    *of("ArnEquals", False, (FINANCE, DOCUMENT)),
    *of("ArnLike", True, (LAMBDAS, ARN), ("arn:aws:lambda:us-*-1:1111222233??:function:res*", ARN)),
    *of("ArnLike", False, (OF_OTHERS, ARN), ("arn:aws:LAMBDA:*:*:*", ARN), (FINANCE, DOCUMENT)),
    *of("ArnNotLike", True, (FINANCE, DOCUMENT), (OF_OTHERS, ARN)),
    *of("ArnNotLike", False, (["arn:aws:lambda:*:999988887777:*", "arn:aws:lambda:*:111122223333:*"], ARN)),
    *of("ArnNotEquals", True, (FINANCE, DOCUMENT)),
    *of("ArnNotEquals", False, (LAMBDAS, ARN)),
]


@pytest.mark.parametrize(("operator", "expected", "actual", "result"), OPERATORS)
def test_one_value(operator: str, expected: object, actual: str, result: bool) -> None:
    assert compares(operator, expected, actual) is result
    assert compares(f"{operator}IfExists", expected, actual) is result
    assert compares(f"ForAnyValue:{operator}", expected, actual) is (result and actual != "")


def test_every_operator_is_in_the_table() -> None:
    assert {operator for operator, *_ in OPERATORS} == {each.value for each in Operator if each is not Operator.NULL}


UNREADABLE = [
    ("NumericEquals", "ten", "10"), ("NumericEquals", "10", "ten"), ("NumericEquals", "10", ""),
    ("NumericEquals", "1_0", "10"), ("NumericNotEquals", "10", "NaN"), ("NumericNotEquals", "Infinity", "10"),
    ("NumericLessThan", "10", "1e0"), ("DateEquals", "today", "2026-01-02"), ("DateNotEquals", "2026-01-02", "today"),
    ("DateNotEquals", "2026-13-02", "2026-01-02"), ("DateNotEquals", "2026-01-02", "9" * 30),
    ("DateLessThan", "2026-W01-1", "2020-01-02"), ("DateLessThan", "2026-01-02", "2020-01-02T00:00:00"),
    ("Bool", "yes", "yes"), ("Bool", "${aws:username}", "true"), ("BinaryEquals", "?", "?"),
    ("BinaryEquals", "é", "QmluYXJ5"), ("BinaryEquals", "QmluYXJ5", "é"),
    ("IpAddress", "203.0.113.0/33", "203.0.113.1"), ("NotIpAddress", "203.0.113.0/24", "somewhere"),
    ("NotIpAddress", "anywhere", "203.0.113.1"), ("ArnLike", "*", ARN), ("ArnLike", "arn:aws:lambda:*", ARN),
    ("ArnNotLike", "arn:aws:lambda:*:*:*:*", "resize"), ("StringEquals", "${aws:username}", "ana"),
    ("StringNotEquals", "${aws:username}", "ana"), ("StringNotEquals", ["${aws:username}", "b"], "ana"),
    ("StringEqualsIgnoreCase", "${aws:username}", "ana"), ("StringNotEqualsIgnoreCase", "${aws:username}", "ana"),
    ("StringNotLike", "${aws:username}*", "ana"),
    ("ArnNotLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::111122223333:user/ana"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "expected", "actual"), UNREADABLE)
def test_what_cannot_be_read_fits_nothing(operator: str, expected: object, actual: str) -> None:
    assert not compares(operator, expected, actual)


def test_one_unreadable_value_leaves_the_others() -> None:
    assert compares("StringEquals", ["${aws:username}", "b"], "b")


VARIABLES = [
    ("StringEquals", "${aws:username}", "ana", True),
    ("StringEquals", "${AWS:UserName}", "ana", True),
    ("StringEquals", "${aws:username}", "${aws:username}", False),
    ("StringEquals", "${aws:username, 'bob'}", "ana", True),
    ("StringEquals", "${aws:PrincipalTag/team, 'bob'}", "bob", True),
    ("StringEquals", "${aws:PrincipalTag/team, ''}x", "x", True),
    ("StringEquals", "${*}", "*", True),
    ("StringNotEquals", "${aws:username}", "bob", True),
    ("StringEqualsIgnoreCase", "${aws:username}", "ANA", True),
    ("StringLike", "${aws:username}/${*}${?}${$}/*", "ana/*?$/x", True),
    ("StringLike", "${aws:username}/${*}", "ana/x", False),
    ("StringLike", "${?}", "x", False),
    ("ArnLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::111122223333:user/ana", True),
    ("Bool", "${aws:PrincipalTag/on, 'True'}", "true", True),
    ("Bool", "${aws:PrincipalTag/on, 'false'}", "true", False),
    ("Bool", "${aws:username}", "ana", False),
    # "You can't use a policy variable with other operators, such as Numeric, Date, Boolean, Binary, IP Address, or
    # Null operators." reference_policies_variables.html; of Boolean the operators' own page says the opposite.
    ("NumericEquals", "${x:number}", "10", False),
    ("DateEquals", "${x:date}", "2026-01-02", False),
    ("IpAddress", "${x:address}", "203.0.113.1", False),
]


@pytest.mark.parametrize(("operator", "expected", "actual", "result"), VARIABLES)
def test_variables(operator: str, expected: str, actual: str, result: bool) -> None:
    keys = {**NAME, "x:number": ("10",), "x:date": ("2026-01-02",), "x:address": ("203.0.113.1",)}
    assert compares(operator, expected, actual, context=keys) is result


def test_a_key_of_several_values_is_no_variable() -> None:
    assert not compares("StringEquals", "${x:many, 'a'}", "a", context={"x:many": ("a", "b")})


def test_the_old_version_has_no_variables() -> None:
    conditions: dict[str, object] = {"StringEquals": {"x:key": "${aws:username}"}}
    assert holds(conditions, {**NAME, "x:key": ("${aws:username}",)}, variables=False)
    assert not holds(conditions, {**NAME, "x:key": ("ana",)}, variables=False)


# "If the key that you specify in a policy condition is not present in the request context, the values do not match and
# the condition is false. If the policy condition requires that the key is not matched [...] the condition is true."
ABSENT = [
    ("StringEquals", False), ("StringNotEquals", True), ("StringNotEqualsIgnoreCase", True), ("StringNotLike", True),
    ("NumericNotEquals", True), ("DateNotEquals", True), ("NotIpAddress", True), ("ArnNotEquals", True),
    ("ArnNotLike", True), ("Bool", False), ("NumericLessThan", False), ("ArnLike", False),
    ("StringEqualsIfExists", True), ("StringNotEqualsIfExists", True), ("BoolIfExists", True),
    ("ForAllValues:StringEquals", True), ("ForAllValues:StringNotEquals", True), ("ForAnyValue:StringEquals", False),
    ("ForAnyValue:StringNotEquals", False), ("ForAnyValue:StringEqualsIfExists", True), ("Null", True),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "result"), ABSENT)
def test_a_key_that_is_absent_or_has_no_value(operator: str, result: bool) -> None:
    assert holds({operator: {"x:key": "true"}}, {}) is result
    assert holds({operator: {"x:key": "true"}}, {"x:key": ()}) is result


# reference_policies_condition-single-vs-multi-valued-context-keys.html and
# reference_policies_condition_examples-multi-valued-context-keys.html
SETS = [
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("b",), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], ("a", "c"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), False),
    ("ForAllValues:StringNotLike", ["key1*"], ("key1:hr", "key1:personnel"), False),
    ("ForAllValues:StringNotLike", ["key1*"], ("key2:audit",), True),
    ("ForAllValues:StringNotLike", ["key1*", "key2*"], ("key2:audit", "key3:x"), False),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "c"), True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "b"), False),
    # A key whose values are all empty is a null data set.
    ("ForAllValues:StringEquals", ["a"], ("",), True),
    ("ForAllValues:StringEquals", ["a"], ("", "c"), False),
    ("ForAnyValue:StringNotEquals", ["a"], ("",), False),
    # "Multivalued context keys require a condition set operator."
    ("StringEquals", ["a", "b"], ("a", "b"), False),
    ("StringNotEquals", ["c"], ("a", "b"), False),
    ("StringEqualsIfExists", ["a", "b"], ("a", "b"), False),
    ("Null", "false", ("a", "b"), True),
    ("Null", "true", ("a",), False),
    ("Null", "true", (), True),
    ("Null", "false", (), False),
    ("Null", "TRUE", ("",), True),
    ("Null", "false", ("",), False),
    ("Null", ["true", "false"], ("a",), True),
]


@pytest.mark.parametrize(("operator", "expected", "actual", "result"), SETS)
def test_several_values(operator: str, expected: object, actual: tuple[str, ...], result: bool) -> None:
    assert compares(operator, expected, *actual) is result


@pytest.mark.parametrize("qualifier", ["ForAllValues", "ForAnyValue"])
def test_variables_are_filled_in_for_several_values(qualifier: str) -> None:
    team: dict[str, object] = {f"{qualifier}:StringEquals": {"aws:TagKeys": "${aws:PrincipalTag/team}"}}
    assert holds(team, {"aws:TagKeys": ("red",), "aws:PrincipalTag/team": ("red",)})
    assert not holds(team, {"aws:TagKeys": ("red",), "aws:PrincipalTag/team": ("blue",)})


def test_no_value_is_fitted_by_nothing() -> None:
    assert not compares("StringEquals", [], "a")
    assert compares("StringNotEquals", [], "a")


@cases(
    "context, result",
    ({"x:a": ("1",), "x:b": ("2",)}, True),
    ({"x:a": ("1",), "x:b": ("3",)}, False),
    ({"x:a": ("9",), "x:b": ("2",)}, False),
    ({"x:a": ("1",)}, False),
)
def test_all_conditions_must_hold(context: Context, result: bool) -> None:
    assert holds({"StringEquals": {"x:a": "1", "x:b": "2"}, "StringNotEquals": {"x:a": "9"}}, context) is result


def test_the_same_key_under_two_operators() -> None:
    conditions: dict[str, object] = {"StringLike": {"x:a": "pay*"}, "StringNotLike": {"x:a": "*/private"}}
    assert holds(conditions, {"x:a": ("payments/api",)})
    assert not holds(conditions, {"x:a": ("payments/private",)})
