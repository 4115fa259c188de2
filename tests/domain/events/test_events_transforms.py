"""Input transformers, by EventBridge's own examples and by what it was seen to send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events.limits import TEMPLATE_MAX_LENGTH
from domain.events.transforms import NotTransformedError, transform_problems, transformed, value_on_path
from domain.problems import Problem
from tests.cases import case, cases

Json = dict[str, Any]
ARN = "arn:aws:events:us-east-2:123456789012:rule/example"
PATHS = {
    "timestamp": "$.time", "instance": "$.detail.instance-id", "state": "$.detail.state", "detail": "$.detail",
    "resources": "$.resources", "none": "$.detail.none", "count": "$.detail.count", "flag": "$.detail.flag",
    "nothing": "$.detail.nothing",
}  # fmt: skip
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
EVENT: Json = {
    "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "source": "aws.ec2", "account": "123456789012",
    "detail-type": "EC2 Instance State-change Notification", "time": "2015-11-11T21:29:54Z", "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111", "two"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "count": 3, "flag": True, "nothing": None},
}  # fmt: skip


def sent(template: str, event: Json = EVENT) -> str:
    assert transform_problems(PATHS, template) == []
    return transformed(PATHS, template, event, rule_arn=ARN, rule_name="example", ingestion_time="2015-11-11T21:29:55Z")


@cases(
    "template, expected",
    case("string", '"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
    case("escaped quotes", r'"instance \"<instance>\" is <state>"', r'"instance \"i-0123456789\" is RUNNING"'),
    case("two lines", '"in <state>"\n"at <timestamp>"', '"in RUNNING"\n"at 2015-11-11T21:29:54Z"'),
    case("strange start", '"{[/ <state>"', '"{[/ RUNNING"'),
    case("rule", '"<aws.events.rule-name> triggered"', '"example triggered"'),
    case("nothing there", '"is <none>."', '"is ."'),
    case("list", '"of <resources>"', f'"of [{EVENT["resources"][0]},two]"'),
    case("object", '"<detail>"', '"{instance-id:i-0123456789,state:RUNNING,count:3,flag:true,nothing:null}"'),
    case("other types", '"<count> <flag> <nothing>"', '"3 true null"'),
)
def test_a_text_is_sent_with_its_quotes(template: str, expected: str) -> None:
    assert sent(template) == expected


@cases(
    "template, expected",
    case("values", '{ "instance": <instance>, "state": <state> }', {"instance": "i-0123456789", "state": "RUNNING"}),
    case("strings", '{"s": "<state>", "t": "in \\"<state>\\""}', {"s": "RUNNING", "t": 'in "RUNNING"'}),
    case("mixed", '{"a": [9, <state>, true], "b": "Yes"}', {"a": [9, "RUNNING", True], "b": "Yes"}),
    case("other types", '{"c": <count>, "f": <flag>, "n": <nothing>}', {"c": 3, "f": True, "n": None}),
    case("list and object", '{"r": <resources>, "d": <detail>}', {"r": EVENT["resources"], "d": EVENT["detail"]}),
    case("nothing there", '{"n": <none>, "m": "<none>"}', {"n": "", "m": ""}),
    case(
        "of EventBridge's own", '{"a": <aws.events.rule-arn>, "t": "<aws.events.event.ingestion-time>"}',
        {"a": ARN, "t": "2015-11-11T21:29:55Z"},
    ),
    case("the event", '{"e": <aws.events.event.json>}', {"e": EVENT}),
    case("one variable", "<detail>", EVENT["detail"]),
)  # fmt: skip
def test_an_object_is_sent_as_compact_json(template: str, expected: object) -> None:
    text = sent(template)
    assert json.loads(text) == expected
    assert text == json.dumps(expected, separators=(",", ":"))


def test_the_event_without_its_detail_has_another_name_for_its_type() -> None:
    event = json.loads(sent('{"e": <aws.events.event>}'))["e"]
    assert event["detailType"] == EVENT["detail-type"]
    assert set(event) == set(EVENT) - {"detail", "detail-type"} | {"detailType"}


@cases(
    "template, state",
    case("a quote in a string", '{"s": "is <state>"}', 'a "b"'), case("a line's end", '{"s": "is <state>"}', "a\nb"),
    case("a list in a string", '{"s": "<state>"}', ["HIGH"]),
    case("an object in a string", '{"s": "<state>"}', {"a": 1}),
    case("a backslash", '{"s": "<state>"}', "a\\b\\"),
)  # fmt: skip
def test_what_is_not_json_is_not_sent(template: str, state: object) -> None:
    with pytest.raises(NotTransformedError, match="is not JSON"):
        sent(template, {**EVENT, "detail": {"state": state}})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda below: st.lists(below, max_size=3)))
def test_outside_of_quotes_every_value_arrives_whole(value: object) -> None:
    assert json.loads(sent('{"s": <state>}', {"detail": {"state": value}})) == {"s": value}


def test_letters_are_sent_as_they_are() -> None:
    event = {"detail": {"state": "größer", "x": ["größer"]}}
    assert sent('{"s": <state>, "d": <detail>}', event) == '{"s":"größer","d":{"state":"größer","x":["größer"]}}'
    assert sent('"<detail>"', event) == '"{state:größer,x:[größer]}"'


def test_what_is_no_variable_is_left_as_it_is() -> None:
    text = transformed({}, '"<state>"', EVENT, rule_arn=ARN, rule_name="example", ingestion_time="")
    assert text == '"<state>"'


@given(st.text())
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert sent('"<state>"', {"detail": {"state": f"<instance>{value}"}}) == f'"<instance>{value}"'


@cases(
    "path, expected",
    ("$", {"a": [{"b": 1}, {"b": 2}, {}], "c/d": 3, "e-f": {"g_h": 4}}), ("$.a[1].b", 2), ("$.a[*].b", [1, 2]),
    ("$.c/d", 3), ("$.e-f.g_h", 4), ("$.e-f.*", [4]), ("$.a[9].b", ""), ("$.a.b", ""), ("$.x.y", ""), ("$.c/d.x", ""),
    ("$.e-f[0]", ""), ("$.c/d.*", []), ("$.a[3]", ""),
)  # fmt: skip
def test_a_path_leads_to_a_value_or_nowhere(path: str, expected: object) -> None:
    assert value_on_path(path, {"a": [{"b": 1}, {"b": 2}, {}], "c/d": 3, "e-f": {"g_h": 4}}) == expected


def problems(paths: dict[str, str], template: str) -> list[tuple[Any, str]]:
    found: list[Problem] = transform_problems(paths, template)
    assert all(problem.fix for problem in found)
    return [(problem.path, problem.message) for problem in found]


@cases(
    "paths, template, path, message",
    ({f"v{number}": "$" for number in range(101)}, '"x"', ("inputPaths",), "has 101 variables, more than"),
    ({"a b": "$"}, '"x"', ("inputPaths", "a b"), "is not a variable's name"),
    ({"awsRegion": "$"}, '"x"', ("inputPaths", "awsRegion"), "begins like the variables"),
    ({"a": "$['x']"}, '"x"', ("inputPaths", "a"), "is not a path that"),
    ({"a": "detail.x"}, '"x"', ("inputPaths", "a"), "is not a path that"),
    ({"a": "$.x[?(@.y)]"}, '"x"', ("inputPaths", "a"), "is not a path that"),
    ({"a": "$." + "x" * 255}, '"x"', ("inputPaths", "a"), "is longer than 256"),
    ({}, "", ("inputTemplate",), "has 0 characters"),
    ({}, '"' + "x" * TEMPLATE_MAX_LENGTH + '"', ("inputTemplate",), "has 8,194 characters"),
    ({"a": "$"}, '"is <b>"', ("inputTemplate",), "is no variable of this transformer"),
    ({"a": "$"}, '"<a> is < 3"', ("inputTemplate",), "has a `<` or `>`"),
    ({"a": "$"}, "is <a>", ("inputTemplate",), "is neither a JSON object nor in quotes"),
    ({"a": "$"}, '"one"\ntwo', ("inputTemplate",), "is neither a JSON object nor in quotes"),
    ({"a": "$"}, '{"x": <a>', ("inputTemplate",), "is not JSON once it is filled in"),
    ({"a": "$"}, '{"x": a <a>}', ("inputTemplate",), "is not JSON once it is filled in"),
    ({"a": "$"}, '{"y": [{"x<a>": 1}]}', ("inputTemplate",), "has a variable in a key"),
    ({"a": "$"}, "{<a>: 1}", ("inputTemplate",), "has a variable in a key"),
)  # fmt: skip
def test_eventbridge_refuses(paths: dict[str, str], template: str, path: tuple[str, ...], message: str) -> None:
    ((found, text),) = problems(paths, template)
    assert found == path
    assert text.startswith(message)


@cases(
    "paths, template",
    ({f"v{number}": "$" for number in range(100)}, "<v1>"), ({"v" * 256: "$." + "x" * 254}, '"x"'),
    ({}, '"' + "x" * (TEMPLATE_MAX_LENGTH - 2) + '"'), ({}, "\n"),
)  # fmt: skip
def test_at_the_limit_eventbridge_takes_it(paths: dict[str, str], template: str) -> None:
    assert problems(paths, template) == []


def test_a_template_has_a_length() -> None:
    assert [problem.fix for problem in transform_problems({}, "")] == ["write one"]
    (problem,) = transform_problems({}, '"' + "x" * TEMPLATE_MAX_LENGTH + '"')
    assert problem.fix == "write a shorter text"
    assert problems({"v" * 257: "$"}, '"x"') == [(("inputPaths", "v" * 257), "is not a variable's name")]


def test_a_misspelt_variable_is_recognised() -> None:
    (problem,) = transform_problems({"repository": "$.detail"}, '"<repositry>"')
    assert problem.instead == "repository"
