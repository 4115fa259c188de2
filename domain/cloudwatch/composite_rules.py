"""The rule of a composite alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html."""

import re
from collections.abc import Callable, Mapping

from domain.cloudwatch.limits import COMPOSITE_CHILDREN_MAX, COMPOSITE_ELEMENTS_MAX, COMPOSITE_RULE_MAX_LENGTH
from domain.cloudwatch.missing_data import AlarmState
from domain.cloudwatch.token_reader import NotReadError, TokenReader, read_condition
from domain.problems import Problem, unless

_TOKEN = re.compile(r'(?P<space>\s+)|(?P<parenthesis>[()])|(?P<name>"[^"]*"|[^\s()"]+)')
_SPLIT = "make a composite alarm of some, and name that"
_States = Mapping[str, str]
_Rule = Callable[[_States], bool]
_Elements = list[str | None]
"""The alarms that are named, and None for each other element that CloudWatch counts."""


def composite_state(rule: str, states: Mapping[str, str]) -> AlarmState:
    """The state by those of the alarms that the rule names, by name or ARN; KeyError where one has none."""
    return AlarmState.ALARM if _read(rule)[0](states) else AlarmState.OK


def children(rule: str) -> list[str]:
    """The alarms that a rule names."""
    return list(dict.fromkeys(name for name in _read(rule)[1] if name))


def composite_problems(rule: str) -> list[Problem]:
    """Why CloudWatch would refuse the rule."""
    if len(rule) > COMPOSITE_RULE_MAX_LENGTH:
        message = f"has {len(rule):,} characters, more than CloudWatch takes ({COMPOSITE_RULE_MAX_LENGTH:,})"
        return [Problem((), None, message, _SPLIT)]
    try:
        elements = _read(rule)[1]
    except (NotReadError, RecursionError) as error:
        fix = 'write `ALARM("name")`, joined by AND, OR and NOT'
        return [Problem((), rule, f"is not a composite alarm's rule: it {error}", fix)]
    names = {name for name in elements if name}
    children_message = f"names {len(names)} alarms, more than CloudWatch takes ({COMPOSITE_CHILDREN_MAX})"
    elements_message = f"has {len(elements)} elements, more than CloudWatch takes ({COMPOSITE_ELEMENTS_MAX})"
    return [
        *unless(len(names) <= COMPOSITE_CHILDREN_MAX, None, children_message, _SPLIT),
        *unless(len(elements) <= COMPOSITE_ELEMENTS_MAX, None, elements_message, "leave parentheses out"),
    ]


def _read(rule: str) -> tuple[_Rule, _Elements]:
    reader, elements = TokenReader(_TOKEN, rule), _Elements()
    read = _either(reader, elements)
    reader.end()
    return read, elements


def _either(reader: TokenReader, elements: _Elements) -> _Rule:
    return read_condition(reader, lambda each: _one(each, elements), either="OR", both="AND")


def _one(reader: TokenReader, elements: _Elements) -> _Rule:
    if reader.take("NOT"):
        negated = _one(reader, elements)
        return lambda states: not negated(states)
    if reader.take("("):
        rule = _either(reader, elements)
        reader.expect(")")
        elements += [None, None]
        return rule
    for word in ("TRUE", "FALSE"):
        if reader.take(word):
            elements.append(None)
            return lambda _, value=word == "TRUE": value  # type: ignore[misc]
    for state in AlarmState:
        if reader.take(state, "("):
            name = reader.next("name").strip('"')
            reader.expect(")")
            elements.append(name)
            return lambda states, name=name, state=state: states[name] == state  # type: ignore[misc]
    word = reader.next("name")
    raise NotReadError(f"has `{word}`, which is no function of it")
