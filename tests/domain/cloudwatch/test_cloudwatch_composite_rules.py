"""The rules of composite alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloudwatch.composite_rules import children, composite_problems, composite_state
from domain.cloudwatch.token_reader import NotReadError
from tests.cases import cases

STATES = {"cpu": "ALARM", "disk": "OK", "net work": "INSUFFICIENT_DATA", "arn:aws:cloudwatch:r:1:alarm:a/b": "ALARM"}


@cases(
    "rule, expected",
    ("ALARM(cpu)", True), ('ALARM("cpu")', True), ("ALARM(disk)", False), ("OK(disk)", True),
    ('INSUFFICIENT_DATA("net work")', True), ("ALARM(arn:aws:cloudwatch:r:1:alarm:a/b)", True),
    ("ALARM(cpu) AND ALARM(disk)", False), ("ALARM(cpu) OR ALARM(disk)", True),
    ("ALARM(cpu) AND NOT ALARM(disk)", True),
    ("(ALARM(cpu) OR ALARM(disk)) AND OK(disk)", True), ("ALARM(cpu) OR ALARM(cpu) AND FALSE", True),
    ("(ALARM(cpu) OR ALARM(cpu)) AND FALSE", False), ("NOT FALSE AND TRUE", True), ("NOT (TRUE OR ALARM(disk))", False),
    ("TRUE", True), ("FALSE", False), ("FALSE AND TRUE OR TRUE", True),
)  # fmt: skip
def test_a_rule(rule: str, *, expected: bool) -> None:
    assert composite_problems(rule) == []
    assert composite_state(rule, STATES) == ("ALARM" if expected else "OK")


def test_an_alarm_without_a_state_is_no_quiet_one() -> None:
    with pytest.raises(KeyError):
        composite_state("ALARM(unknown)", STATES)


@cases(
    "rule",
    "", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) ALARM(b)", "ALARM(a) AND", "AND ALARM(a)", "alarm(a)", "FAILED(a)",
    "(ALARM(a)", "ALARM(a))", 'ALARM("a)', "(" * 5_000,
)  # fmt: skip
def test_what_is_no_rule(rule: str) -> None:
    (problem,) = composite_problems(rule)
    assert problem.message.startswith("is not a composite alarm's rule: it ")


def test_what_cannot_be_read_has_no_state() -> None:
    with pytest.raises(NotReadError, match="has `alarm`, which is no function"):
        composite_state("alarm(a)", {})


def any_of(count: int) -> str:
    return " OR ".join(f"ALARM(a{number})" for number in range(count))


@cases(
    "rule, messages",
    (any_of(100), []), (f"({any_of(100)}) OR TRUE", []),
    (any_of(101), ["names 101 alarms, more than CloudWatch takes (100)"]),
    (" OR ".join(["ALARM(a)"] * 500), []), (" OR ".join(["ALARM(a)"] * 501), ["has 501 elements, more than"]),
    (" AND ".join(["(TRUE)"] * 166), []), (" AND ".join(["(TRUE)"] * 167), ["has 501 elements, more than"]),
    (f'ALARM("{"a" * 10_231}")', []), (f'ALARM("{"a" * 10_232}")', ["has 10,241 characters, more than"]),
)  # fmt: skip
def test_limits(rule: str, messages: list[str]) -> None:
    found = [problem.message for problem in composite_problems(rule)]
    assert len(found) == len(messages)
    assert all(text.startswith(message) for text, message in zip(found, messages, strict=True))


def test_the_children_are_the_alarms_alone() -> None:
    assert children('(ALARM("a b") OR TRUE) AND NOT OK(c) AND ALARM("a b")') == ["a b", "c"]


@given(st.lists(st.sampled_from(list(STATES)), min_size=1, max_size=5))
def test_any_of_its_children_is_what_a_rule_joined_by_or_is_about(names: list[str]) -> None:
    rule = " OR ".join(f'ALARM("{name}")' for name in names)
    assert set(children(rule)) == set(names)
    assert (composite_state(rule, STATES) == "ALARM") is any(STATES[name] == "ALARM" for name in names)
