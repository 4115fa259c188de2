"""GitHub's published schema as a judge of requests and answers."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.github.cut_schema import SCHEMA, Value

_URI = "urn:github"
_ENVIRONMENT = "/repos/{owner}/{repo}/environments/{environment_name}"


@dataclass(frozen=True)
class Deviation:
    """A member of a request's body that the schema refuses and GitHub takes."""

    schema: Value
    reason: str


DEVIATIONS: Mapping[tuple[str, str], Mapping[str, Deviation]] = {
    ("put", _ENVIRONMENT): {
        "can_admins_bypass": Deviation(
            {"type": "boolean"},
            "the schema has additionalProperties: false without it; terraform-provider-github always sends it "
            "(createUpdateEnvironmentData), and GitHub's pages about environments have the setting",
        )
    }
}


@dataclass(frozen=True)
class Operation:
    """One method of one path, with the values of the path's parameters."""

    method: str
    template: str
    parameters: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.template}"


@cache
def _document() -> Value:
    document: Value = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return document


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(_document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    return registry


@cache
def _templates() -> Sequence[tuple[re.Pattern[str], str]]:
    """Each with a pattern of the paths that it means; a name with a slash is escaped."""
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(each))), each) for each in _document()["paths"]
    ]


def operation_of(method: str, path: str) -> Operation | None:
    for pattern, template in _templates():
        if (match := pattern.fullmatch(path)) and method.lower() in _document()["paths"][template]:
            parameters = {name: unquote(value) for name, value in match.groupdict().items()}
            return Operation(method.lower(), template, parameters)
    return None


def request_faults(operation: Operation, query: Mapping[str, str], body: object) -> list[str]:
    """`body` is None where there is none."""
    described = _described(operation)
    faults = []
    declared = [_resolved(each) for each in described.get("parameters", [])]
    values = {"path": operation.parameters, "query": query}
    for each in declared:
        value, schema = values.get(each["in"], {}).get(each["name"]), each.get("schema", {})
        if value is not None:
            faults += [f"{each['name']}: {fault}" for fault in _faults(_typed(value, schema), schema)]
    known = {each["name"] for each in declared if each["in"] == "query"}
    faults += [f"{name} is no parameter of {operation.name}" for name in query if name not in known]
    wanted = _resolved(described.get("requestBody", {}))
    if body is None:
        return [*faults, "a body is required"] if wanted.get("required") else faults
    if not wanted:
        return [*faults, f"{operation.name} takes no body"]
    return faults + _faults(*_without_deviations(operation, body, wanted["content"]["application/json"]["schema"]))


def _typed(value: str, schema: Value) -> object:
    """Of a path or a query, where all is text."""
    if schema.get("type") == "integer" and value.isdecimal():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def answer_faults(operation: Operation, status: int, body: object) -> list[str]:
    """A redirect or an error that the operation does not document has the shape of every error."""
    documented = _described(operation)["responses"].get(str(status))
    if documented is None:
        if status < 300:
            return [f"{operation.name} answers no {status}"]
        return _faults(body, {"$ref": "#/components/schemas/basic-error"})
    content = _resolved(documented).get("content", {}).get("application/json")
    if content is None:
        # A 404 or a 303 that is documented without a shape has one in practice.
        return [f"{operation.name} {status} has no body"] if body is not None and status < 300 else []
    return _faults(body, content["schema"])


def filled(schema: str, given: Value) -> Value:
    """What is given, and of each required member that is left out the least that the component's schema takes."""
    value = _least({"$ref": f"#/components/schemas/{schema}"})
    return {**value, **given}


def _least(schema: Value) -> Any:
    schema = _resolved(schema)
    if "anyOf" in schema or "oneOf" in schema:
        return _least((schema.get("anyOf") or schema["oneOf"])[0])
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {name: _least(schema["properties"][name]) for name in schema.get("required", [])}
    return {"integer": 0, "number": 0, "boolean": False, "array": [], "string": ""}[kind]


def _described(operation: Operation) -> Value:
    described: Value = _document()["paths"][operation.template][operation.method]
    return described


def _resolved(value: Value) -> Value:
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = _document()["components"][kind][name]
    return value


def _without_deviations(operation: Operation, body: object, schema: Value) -> tuple[object, Value]:
    allowed = DEVIATIONS.get((operation.method, operation.template), {})
    if not allowed:
        return body, schema
    schema = _resolved(schema)
    more = {name: each.schema for name, each in allowed.items()}
    return body, {**schema, "properties": {**schema["properties"], **more}}


def _faults(value: object, schema: Value) -> list[str]:
    """References in a schema are to the whole document."""
    validator = Draft202012Validator(_anchored(schema), registry=_registry())
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(value)]


def _anchored(value: Any) -> Any:
    if isinstance(value, list):
        return [_anchored(each) for each in value]
    if isinstance(value, dict):
        return {
            key: f"{_URI}{each}"
            if key == "$ref" and isinstance(each, str) and each.startswith("#")
            else _anchored(each)
            for key, each in value.items()
        }
    return value
