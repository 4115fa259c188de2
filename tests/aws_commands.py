"""The commands of AWS's CLI in a page, held against botocore's models, from which the CLI makes its own options.

Looked at are the operation, each option and what is required, the keys and words of values that are no variables, and
each field that `--query` reads of the answer.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

_SUBSTITUTED = "SUBSTITUTED"
_ENDS = ";|&\n"
"""What ends a command."""
_BEFORE = {"do", "else", "if", "then", "while", "!", "{"}
_COMMENT = re.compile(r"(?:^| {2,})# .*$", re.MULTILINE)
_FOR_EACH_COMMAND = {"region", "query", "output", "profile", "no-paginate", "debug"}
_FOR_PAGES = {"max-items", "page-size"}
OUTSIDE_THE_MODELS = {
    ("ecr", "get-login-password"),
    ("ecr-public", "get-login-password"),
    ("cloudformation", "deploy"),
}
"""What the CLI alone has."""
_JMESPATH = import_module("jmespath.parser")  # without types
_RENAMED = {"s3api": "s3"}
_ANY = object()
"""What a query makes by itself, and could be anything."""


class _Listed:
    """A list that a query makes."""

    def __init__(self, member: object) -> None:
        self.member = member


def aws_commands(script: str) -> Iterator[list[str]]:
    """The words of each, also of those within `$(…)`."""
    text = _COMMENT.sub("", script.replace("\\\n", " "))
    while (start := _substitution(text)) is not None:
        end = _end(text, start + 2)
        yield from aws_commands(text[start + 2 : end])
        text = f"{text[:start]}{_SUBSTITUTED}{text[end + 1 :]}"
    words = shlex.shlex(text, posix=True, punctuation_chars=_ENDS)
    words.whitespace, words.whitespace_split, words.commenters = " \t", True, ""
    command: list[str] = []
    for word in [*words, ";"]:
        if word and set(word) <= set(_ENDS):
            if command[:1] == ["aws"]:
                yield command[1:]
            command = []
        elif command or word not in _BEFORE:
            command.append(word)


def _substitution(text: str) -> int | None:
    """Where the last one begins, which has none in it; `$((` begins a sum."""
    found = [each.start() for each in re.finditer(r"\$\((?!\()", text)]
    return found[-1] if found else None


def _end(text: str, at: int) -> int:
    """Its closing parenthesis; those in quotes are none."""
    depth, quote = 1, ""
    while depth:
        each = text[at]
        if quote:
            quote = "" if each == quote else quote
        elif each in "'\"":
            quote = each
        else:
            depth += {"(": 1, ")": -1}.get(each, 0)
        at += 1
    return at - 1


def command_faults(words: Sequence[str]) -> Iterator[str]:
    """What AWS's CLI would refuse of a command, and what its answer does not have."""
    service, command, *rest = words
    service = _RENAMED.get(service, service)
    if (service, command) in OUTSIDE_THE_MODELS:
        return
    options = dict(_options(rest))
    if command == "wait":
        command, options = _waited(service, rest[0]), dict(_options(rest[1:]))
    if (model := _operations(service).get(command)) is None:
        yield f"{service} has no operation {command}"
        return
    members = model.input_shape.members if model.input_shape else {}
    named = {xform_name(name, "-"): name for name in members}
    pages = _pages(service).get(model.name)
    for option, values in options.items():
        if option in _FOR_EACH_COMMAND or (pages and option in _FOR_PAGES):
            continue
        name = named.get(option) or named.get(option.removeprefix("no-"))
        if name is None:
            yield f"{service} {command} has no option --{option}"
        else:
            yield from _value_faults(f"--{option}", members[name], values)
    required = model.input_shape.required_members if model.input_shape else ()
    given = {each.removeprefix("no-") for each in options}
    yield from (f"--{name} is missing" for each in required if (name := xform_name(each, "-")) not in given)
    for text in options.get("query", ()):
        yield from _query_faults(text, model, pages, whole="no-paginate" in options)


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    starts = [at for at, word in enumerate(words) if word.startswith("--")]
    for at, end in pairwise([*starts, len(words)]):
        yield words[at].removeprefix("--"), list(words[at + 1 : end])


@cache
def _operations(service: str) -> Mapping[str, OperationModel]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


@cache
def _pages(service: str) -> Mapping[str, Mapping[str, Any]]:
    loader = botocore.session.get_session().get_component("data_loader")
    found: Mapping[str, Mapping[str, Any]] = loader.load_service_model(service, "paginators-1")["pagination"]
    return found


def _waited(service: str, waiter: str) -> str:
    loader = botocore.session.get_session().get_component("data_loader")
    waiters = loader.load_service_model(service, "waiters-2")["waiters"]
    operation = {xform_name(name, "-"): each["operation"] for name, each in waiters.items()}.get(waiter, waiter)
    return str(xform_name(operation, "-"))


def _value_faults(where: str, shape: Shape, values: Sequence[str]) -> Iterator[str]:
    for value in values:
        if value.startswith("file://"):
            continue
        if value.startswith(("{", "[")) and isinstance(shape, ListShape | StructureShape):
            yield from _json_faults(where, shape, json.loads(value))
        elif isinstance(shape, ListShape) and isinstance(shape.member, StructureShape):
            yield from _shorthand_faults(where, shape.member, value)
        elif isinstance(shape, StructureShape):
            yield from _shorthand_faults(where, shape, value)
        else:
            yield from _word_faults(where, shape.member if isinstance(shape, ListShape) else shape, value)


def _shorthand_faults(where: str, shape: StructureShape, text: str) -> Iterator[str]:
    for pair in text.split(","):
        key, _, value = pair.partition("=")
        if key not in shape.members:
            yield f"{where} has no key {key}"
        else:
            yield from _word_faults(f"{where} {key}", shape.members[key], value)


def _json_faults(where: str, shape: Shape, value: object) -> Iterator[str]:
    if isinstance(shape, ListShape) and isinstance(value, list):
        for each in value:
            yield from _json_faults(where, shape.member, each)
    elif isinstance(shape, StructureShape) and isinstance(value, dict):
        for key, each in value.items():
            if key not in shape.members:
                yield f"{where} has no key {key}"
            else:
                yield from _json_faults(f"{where}.{key}", shape.members[key], each)
    elif isinstance(value, list | dict) and not isinstance(shape, MapShape):
        yield f"{where} is a {shape.type_name}"
    elif not isinstance(value, list | dict):
        yield from _word_faults(where, shape, str(value))


def _word_faults(where: str, shape: Shape, value: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed and "$" not in value:
        yield f"{where} can't be {value}"
    if shape.type_name in {"integer", "long"} and not re.fullmatch(r"\d+|.*\$.*|.*SUBSTITUTED.*", value):
        yield f"{where} is a number, not {value}"


def _query_faults(text: str, model: OperationModel, pages: Mapping[str, Any] | None, *, whole: bool) -> Iterator[str]:
    """`whole` where the CLI prints the answer of one call, and does not put pages together."""
    try:
        parsed = _JMESPATH.Parser().parse(text).parsed
        _read(parsed, model.output_shape)
    except (ValueError, LookupError) as fault:
        yield f"--query {text}: {fault}"
        return
    if pages and not whole:
        keys = [pages["result_key"]] if isinstance(pages["result_key"], str) else pages["result_key"]
        kept = {each.partition(".")[0] for each in [*keys, *pages.get("non_aggregate_keys", [])]}
        first = set(_first_fields(parsed))
        yield from (f"--query {text}: {each} is lost where there are pages" for each in sorted(first - kept))


def _first_fields(node: Mapping[str, Any]) -> Iterator[str]:
    """Those that are read of the answer itself."""
    if node["type"] == "field":
        yield node["value"]
    elif node["type"] in {"multi_select_list", "multi_select_dict", "function_expression", "key_val_pair"}:
        for child in node["children"]:
            yield from _first_fields(child) if child["type"] != "expref" else ()
    elif node["children"]:
        yield from _first_fields(node["children"][0])


def _member(of: object) -> object:
    if isinstance(of, ListShape | _Listed):
        return of.member
    return of.value if isinstance(of, MapShape) else _ANY


def _read(node: Mapping[str, Any], of: object) -> object:
    """What an expression gives of a shape; LookupError where it reads a field that is not there."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        of = _field(node["value"], of)
    elif kind in {"subexpression", "index_expression", "pipe"}:
        for child in children:
            of = _read(child, of)
    elif kind == "index":
        of = _member(of)
    elif kind in {"projection", "value_projection", "filter_projection"}:
        each = _member(_read(children[0], of))
        for condition in children[2:]:
            _read(condition, each)
        of = _Listed(_read(children[1], each))
    elif kind == "flatten":
        within = _member(_read(children[0], of))
        of = _Listed(_member(within) if isinstance(within, ListShape | _Listed) else within)
    elif kind not in {"slice", "current", "identity"}:
        of = _made(node, of)
    return of


def _field(name: str, of: object) -> object:
    if isinstance(of, StructureShape):
        if name not in of.members:
            raise LookupError(f"{of.name} has no {name}")
        return of.members[name]
    if isinstance(of, MapShape):
        return of.value
    if of is _ANY:
        return _ANY
    raise LookupError(f"{name} of what is no object")


def _made(node: Mapping[str, Any], of: object) -> object:
    """Of a function, a list or an object in the expression, and what is compared."""
    first: object = _ANY
    for at, child in enumerate(node["children"]):
        if child["type"] == "expref":
            _read(child["children"][0], _member(first))
            continue
        found = _read(child, of)
        first = found if at == 0 else first
    keeps = node["type"] == "function_expression" and node["value"] in {"sort_by", "reverse"}
    return first if keeps else _ANY
