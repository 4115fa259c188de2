"""The records of GitHub's types against pulumi-github's classes; and one wrong field of each kind."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pulumi
import pytest
from pulumi._types import input_type_py_to_pulumi_names, resource_types

from resources import Declaration, OnChange, ResourceType, github
from resources.github import (
    DEPLOYMENT_POLICY,
    ENVIRONMENT,
    ENVIRONMENT_VARIABLE,
    REPOSITORY_VARIABLE,
    RULESET,
)
from settings.written.stack import StackKeys
from tests.cases import cases

TYPES = {each.token: each for each in github.TYPES}
ANSWERED = {"repositoryId", "policyId", "createdAt", "updatedAt", "rulesetId", "etag", "nodeId"}
"""By GitHub; nothing here reads it."""
NUMBERED = {RULESET: r"\d+", DEPLOYMENT_POLICY: r"api:a\?\?b/c:\d+"}
"""Ids that GitHub makes up, in whole or in part."""
INPUTS = {"repository": "api", "environment": "a:b/c", "variableName": "AWS_REGION", "name": "rules"}
_SOURCE = re.compile(r"resource_github_(?P<name>\w+)\.go [0-9a-f]{7}(?:: ForceNew on (?P<attributes>[a-z_, ]+))?")


def problems(record: ResourceType) -> list[str]:
    try:
        cls = sdk_class(record.token)
    except (AttributeError, ImportError, LookupError) as unknown:
        return [f"token: {unknown}"]
    return [*_of_its_inputs(record, cls), *_of_its_id(record, cls), *_of_the_rest(record)]


def sdk_class(token: str) -> type[pulumi.CustomResource]:
    found: type[pulumi.CustomResource] = getattr(import_module("pulumi_github"), token.rpartition(":")[2])
    if f"'{token}'" not in inspect.getsource(found):
        raise LookupError(f"{found} is not {token}")
    return found


def _of_its_inputs(record: ResourceType, cls: type[pulumi.CustomResource]) -> Iterator[str]:
    inputs = set(input_type_py_to_pulumi_names(_args(cls)).values())
    known = {*record.replaces, *record.updates}
    # Another name can be the same repository's: only the provider knows.
    if known != inputs - ({"repository"} if record.token != RULESET else set()):
        yield f"updates and replaces: {known ^ inputs}"
    if outputs := set(resource_types(cls)) - inputs - ANSWERED:
        yield f"answers {outputs}"
    if not {*(record.identity or ())} <= inputs:
        yield f"identity: {record.identity}"
    words = {input_type_py_to_pulumi_names(_args(cls))[each] for each in inspect.signature(_args(cls)).parameters}
    if missing := {"repository", "environment", "variableName"} & words - {*(record.identity or ())}:
        yield f"identity: without {missing}"
    for path in record.sets:
        *blocks, name = path.replace("[]", "").split(".")
        held = (
            set(input_type_py_to_pulumi_names(_args(cls, *blocks)).values()) if inputs.issuperset(blocks[:1]) else set()
        )
        if name not in held:
            yield f"sets: {path}"


def _args(cls: type, *blocks: str) -> type:
    """Of the class, or of blocks inside its inputs, which are called in the singular there."""
    module = import_module("pulumi_github" if blocks else cls.__module__)
    inside = "".join(f"{each[0].upper()}{each[1:]}" for each in blocks)
    names = (f"{cls.__name__}{each}Args" for each in (inside, inside.removesuffix("s")))
    found: type = next(each for name in names if (each := getattr(module, name, None)))
    return found


def _of_its_id(record: ResourceType, cls: type[pulumi.CustomResource]) -> Iterator[str]:
    """As its documentation shows what to import; a colon in an environment's name is two question marks."""
    made, answered = record.answer(Declaration(name="any", inputs=INPUTS, account="1"))
    if answered:
        yield f"make_outputs: {answered}"
    if record.token in NUMBERED:
        sound = re.fullmatch(NUMBERED[record.token], made) is not None
    else:
        (imported,) = set(re.findall(r"pulumi import \S+ \S+ (\S+)", inspect.getsource(cls)))
        values = {"myrepo": "api", "myenv": "a??b/c", "myvariable": "AWS_REGION"}
        sound = made == ":".join(values[each] for each in imported.split(":"))
    if not sound:
        yield f"make_id: {made}"


def _of_the_rest(record: ResourceType) -> Iterator[str]:
    said = _SOURCE.fullmatch(record.source)
    words = [each.split("_") for each in ((said and said["attributes"]) or "").split(", ") if each]
    forced = {"".join([first, *(each.capitalize() for each in rest)]) for first, *rest in words}
    if said is None or forced != {*record.replaces}:
        yield f"source and replaces: {forced ^ set(record.replaces)}"
    elif said["name"].replace("_", "") != record.token.rpartition(":")[2].lower():
        yield f"source: {said['name']}"
    if record.exclusive != (record.token in (ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE)):
        yield "exclusive: GitHub refuses a second variable, and changes an environment"
    if record.undecided != (("branchPattern", "tagPattern") if record.token == DEPLOYMENT_POLICY else ()):
        yield f"undecided: {record.undecided}"
    if record.regional or record.deletes_first or record.settings_key not in StackKeys.model_fields:
        yield f"regional, deletes_first, settings_key: {record.settings_key}"


WRONG: list[tuple[str, str, Any]] = [
    (ENVIRONMENT, "token", "github:index/repositoryEnvironment:Environment"),
    (ENVIRONMENT_VARIABLE, "source", TYPES[REPOSITORY_VARIABLE].source),
    (ENVIRONMENT_VARIABLE, "source", TYPES[ENVIRONMENT_VARIABLE].source.removesuffix(", variable_name")),
    (ENVIRONMENT_VARIABLE, "identity", ("repository", "variableName")),
    (DEPLOYMENT_POLICY, "identity", ("repository", "environment", "pattern")),
    (ENVIRONMENT, "make_id", lambda made: f"{made.inputs['repository']}:{made.inputs['environment']}"),
    (RULESET, "make_id", None),
    (RULESET, "make_outputs", lambda _made, number: {"rulesetId": number}),
    (REPOSITORY_VARIABLE, "exclusive", False),
    (ENVIRONMENT, "exclusive", True),
    (ENVIRONMENT, "replaces", ("environment", "repository")),
    (RULESET, "replaces", ("name",)),
    (ENVIRONMENT, "updates", TYPES[ENVIRONMENT].updates[1:]),
    (DEPLOYMENT_POLICY, "undecided", ()),
    (ENVIRONMENT, "sets", ("reviewers[].groups",)),
    (RULESET, "sets", ("rules.requiredChecks",)),
    (ENVIRONMENT, "regional", True),
    (ENVIRONMENT, "settings_key", "source"),
]  # fmt: skip


@pytest.mark.parametrize("token", TYPES)
def test_each_is_right(token: str) -> None:
    assert problems(TYPES[token]) == []


@pytest.mark.parametrize(("token", "field", "value"), WRONG)
def test_a_wrong_field_is_found(token: str, field: str, value: Any) -> None:
    assert problems(replace(TYPES[token], **{field: value}))


@cases(
    "token, path, left_out, expected",
    (ENVIRONMENT, "environment", False, OnChange.REPLACES),
    (ENVIRONMENT, "repository", False, OnChange.UNKNOWN),
    (ENVIRONMENT, "reviewers[0].teams[0]", False, OnChange.IN_PLACE),
    (ENVIRONMENT, "reviewers", True, OnChange.IN_PLACE),
    (DEPLOYMENT_POLICY, "branchPattern", False, OnChange.IN_PLACE),
    (DEPLOYMENT_POLICY, "branchPattern", True, OnChange.UNKNOWN),
    (REPOSITORY_VARIABLE, "value", False, OnChange.IN_PLACE),
    (REPOSITORY_VARIABLE, "variableName", False, OnChange.REPLACES),
    (RULESET, "rules.requiredStatusChecks.requiredChecks[0].context", False, OnChange.IN_PLACE),
    (RULESET, "region", False, OnChange.UNKNOWN),
)
def test_what_a_changed_input_does(token: str, path: str, left_out: bool, expected: OnChange) -> None:
    assert TYPES[token].on_change(path, left_out=left_out) is expected
