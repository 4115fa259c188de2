"""Input transformers: what a target is sent in place of the event.

By https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html, "Common issues with
transforming input", and what EventBridge was recorded to send (github.com/localstack/localstack,
tests/aws/services/events/test_events_inputs.snapshot.json): a template is a JSON object or quoted lines. Outside of
quotes a variable is a JSON value, whose quotes EventBridge writes; inside quotes it is the bare text, *not* escaped;
a list or an object there loses its quotes in a line, but not in an object. A path that leads nowhere gives an empty
string. Where an object isn't JSON once it is filled in, the target gets nothing; that the event then goes to the
target's dead-letter queue is inferred from the queue's error code.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain.events.limits import (
    TEMPLATE_MAX_LENGTH,
    VARIABLE_MAX_LENGTH,
    VARIABLE_PATH_MAX_LENGTH,
    VARIABLE_PATTERN,
    VARIABLES_MAX,
)  # fmt: skip
from domain.problems import Problem, unknown, unless

INVALID_JSON = "INVALID_JSON"
"""What the dead-letter queue's message has as its ERROR_CODE."""
PREDEFINED = (
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
    "aws.events.event.json",
)  # fmt: skip
_TOKEN = re.compile(r'\\.|"|<(?P<name>[^<>]*)>', re.DOTALL)
_STEP = re.compile(r"\.(?P<key>[\w/-]+)|\[(?P<index>\d+)\]|(?P<each>\.\*|\[\*\])")
_PATH = re.compile(r"\$(?:\.[\w/-]+|\[\d+\]|\.\*|\[\*\])*")
_MISSING = object()
_MARK = "\ue000"


class NotTransformedError(ValueError):
    """The filled-in template is not JSON, so that nothing is sent."""


def transformed(
    paths: Mapping[str, str],
    template: str,
    event: Mapping[str, Any],
    *,
    rule_arn: str,
    rule_name: str,
    ingestion_time: str,
) -> str:
    """What the target is sent; NotTransformedError where that would not be JSON."""
    predefined = (
        rule_arn, rule_name, ingestion_time,
        {"detailType" if key == "detail-type" else key: value for key, value in event.items() if key != "detail"},
        event,
    )  # fmt: skip
    values = {name: value_on_path(path, event) for name, path in paths.items()}
    values.update(zip(PREDEFINED, predefined, strict=True))
    text = _filled(template, values)
    if not is_json_template(template):
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError as error:
        raise NotTransformedError(f"{text} is not JSON: {error}") from error


def is_json_template(template: str) -> bool:
    """Whether it is an object, or one variable by itself: the others are quoted lines, which are sent as they are."""
    text = template.strip()
    return text.startswith("{") or re.fullmatch(r"<[^<>]*>", text) is not None


def value_on_path(path: str, event: object) -> object:
    """What a path of an input transformer leads to; an empty string where it leads nowhere."""
    value = _at(event, list(_STEP.finditer(path)))
    return "" if value is _MISSING else value


def _at(value: Any, steps: list[re.Match[str]]) -> object:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step["each"]:
        items = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        found = [_at(item, rest) for item in items]
        return [each for each in found if each is not _MISSING]
    if step["key"] is not None:
        return _at(value[step["key"]], rest) if isinstance(value, Mapping) and step["key"] in value else _MISSING
    index = int(step["index"])
    return _at(value[index], rest) if isinstance(value, list) and index < len(value) else _MISSING


def _filled(template: str, values: Mapping[str, object]) -> str:
    quoted, parts, end, lines = False, [], 0, not is_json_template(template)
    for token in _TOKEN.finditer(template):
        parts.append(template[end : token.start()])
        end = token.end()
        if token["name"] is not None and token["name"] in values:
            value = values[token["name"]]
            parts.append(_bare(value, lines=lines) if quoted else json.dumps(value, ensure_ascii=False))
        else:
            parts.append(token[0])
        quoted ^= token[0] == '"'
    return "".join([*parts, template[end:]])


def _bare(value: object, *, lines: bool) -> str:
    """A value inside quotes, as it is: EventBridge escapes nothing."""
    if isinstance(value, str):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"', "") if lines and isinstance(value, list | Mapping) else text


def transform_problems(paths: Mapping[str, str], template: str) -> list[Problem]:
    """Why EventBridge would refuse the transformer, or could never send anything by it."""
    message = f"has {len(paths)} variables, more than EventBridge takes ({VARIABLES_MAX})"
    problems = unless(len(paths) <= VARIABLES_MAX, None, message, "leave some out")
    problems += [problem for name, path in paths.items() for problem in _variable_problems(name, path)]
    return [
        *(problem.under("inputPaths") for problem in problems),
        *(problem.under("inputTemplate") for problem in _template_problems(paths, template)),
    ]


def _variable_problems(name: str, path: str) -> Iterator[Problem]:
    if not re.fullmatch(VARIABLE_PATTERN, name) or len(name) > VARIABLE_MAX_LENGTH:
        yield Problem((name,), None, "is not a variable's name", "write letters, digits, `-` and `_`")
    if name.lower().startswith("aws"):
        yield Problem((name,), None, "begins like the variables of EventBridge's own", "choose another name")
    if not _PATH.fullmatch(path):
        yield Problem((name,), path, "is not a path that EventBridge reads", "write keys and indices: `$.detail.x[0]`")
    if len(path) > VARIABLE_PATH_MAX_LENGTH:
        yield Problem((name,), path, f"is longer than {VARIABLE_PATH_MAX_LENGTH} characters", "begin nearer to it")


def _template_problems(paths: Mapping[str, str], template: str) -> Iterator[Problem]:
    if not 1 <= len(template) <= TEMPLATE_MAX_LENGTH:
        message = f"has {len(template):,} characters; EventBridge takes 1 to {TEMPLATE_MAX_LENGTH:,}"
        yield Problem((), None, message, "write a shorter text" if template else "write one")
        return
    known = [*paths, *PREDEFINED]
    strange = [name for name in re.findall(r"<([^<>]*)>", template) if name not in known]
    yield from (unknown((), name, "is no variable of this transformer", known) for name in dict.fromkeys(strange))
    if re.search(r"[<>]", re.sub(r"<[^<>]*>", "", template)):
        yield Problem((), None, "has a `<` or `>` that is no variable's", "leave it out: it can't be escaped")
    if not strange:
        yield from _shape_problems(known, template)


def _shape_problems(known: list[str], template: str) -> Iterator[Problem]:
    if not is_json_template(template):
        if not all(re.fullmatch(r'\s*("(\\.|[^"\\])*")?\s*', line) for line in template.splitlines()):
            yield Problem((), template, "is neither a JSON object nor in quotes", "put quotes around each line")
        return
    try:
        filled = json.loads(_filled(template, dict.fromkeys(known, _MARK)))
    except ValueError as error:
        fix = "write a JSON object, with variables as values or inside strings"
        yield Problem((), template, f"is not JSON once it is filled in: {error}", fix)
        return
    if any(_MARK in key for key in _keys(filled)):
        yield Problem((), template, "has a variable in a key", "write the key out: EventBridge fills in values only")


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _keys(each)
