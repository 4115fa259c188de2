"""`python -m tests.github.cut_schema FILE`: from GitHub's OpenAPI document, what the tests' GitHub needs of it.

To refresh it, where VERSION is a release of the package:

npm pack @octokit/openapi@VERSION
tar xzf octokit-openapi-VERSION.tgz package/generated/api.github.com.json package/LICENSE
python -m tests.github.cut_schema package/generated/api.github.com.json
cp package/LICENSE tests/github/schema.LICENSE
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.json")
Value = dict[str, Any]

_REPO, _ENVIRONMENT = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/environments/{environment_name}"
_POLICIES = f"{_ENVIRONMENT}/deployment-branch-policies"
OPERATIONS: Mapping[str, str] = {
    "/user": "get",
    "/users/{username}": "get",
    "/orgs/{org}": "get",
    "/orgs/{org}/actions/oidc/customization/sub": "get put",
    "/orgs/{org}/rulesets": "get",
    "/orgs/{org}/teams/{team_slug}": "get",
    "/rate_limit": "get",
    _REPO: "get",
    f"{_REPO}/actions/oidc/customization/sub": "get put",
    f"{_REPO}/actions/variables": "get post",
    f"{_REPO}/actions/variables/{{name}}": "get patch delete",
    f"{_REPO}/environments": "get",
    _ENVIRONMENT: "get put delete",
    _POLICIES: "get post",
    f"{_POLICIES}/{{branch_policy_id}}": "get put delete",
    f"{_ENVIRONMENT}/variables": "get post",
    f"{_ENVIRONMENT}/variables/{{name}}": "get patch delete",
    f"{_REPO}/rulesets": "get post",
    f"{_REPO}/rulesets/{{ruleset_id}}": "get put delete",
}
"""By path its methods."""
_LEFT_OUT = (
    *("description", "summary", "example", "examples", "externalDocs", "tags", "title", "operationId", "headers"),
    *("deprecated", "default", "discriminator", "readOnly", "writeOnly"),
)
_NAMED = frozenset(("properties", "schemas", "responses", "parameters", "content", "patternProperties"))
"""Below these are names, not keywords."""
_ERROR = "#/components/schemas/basic-error"
"""Of every error that an operation doesn't document."""


def cut(document: Value) -> Value:
    """The operations, and the components that they refer to, as JSON Schema has `nullable`; deterministic."""
    paths = {
        path: {
            each: document["paths"][path][each]
            for each in ("parameters", *methods.split())
            if each in document["paths"][path]
        }
        for path, methods in OPERATIONS.items()
    }
    kept: dict[str, Value] = {}
    waiting = [_ERROR, *_references(plain := _plain(paths))]
    while waiting:
        reference = waiting.pop()
        if reference not in kept:
            kept[reference] = _plain(_at(document, reference))
            waiting.extend(_references(kept[reference]))
    components: dict[str, dict[str, Value]] = {}
    for reference, value in sorted(kept.items()):
        _, _, kind, name = reference.split("/")
        components.setdefault(kind, {})[name] = value
    info = document["info"]
    return {
        "info": {"source": f"@octokit/openapi {info['version']}", "license": info["license"]["name"]},
        "paths": plain,
        "components": components,
    }


def _plain(value: Any, *, named: bool = False) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _plain(each, named=key in _NAMED and not named)
        for key, each in value.items()
        if named or not (key in _LEFT_OUT or key.startswith("x-") or key == "nullable")
    }
    return _with_null(kept) if value.get("nullable") is True and not named else kept


def _with_null(schema: Value) -> Value:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema and None not in schema["enum"] else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref" and isinstance(each, str):
                yield each
            else:
                yield from _references(each)


def _at(document: Value, reference: str) -> Value:
    value: Any = document
    for key in reference.removeprefix("#/").split("/"):
        value = value[key]
    found: Value = value
    return found


def to_text(schema: Value) -> str:
    """A line for each path and component: a refresh shows what changed."""
    lines = ["{", f' "info": {_line(schema["info"])},', ' "paths": {', *_members(schema["paths"], "  "), " },"]
    lines.append(' "components": {')
    kinds = list(schema["components"].items())
    for kind, values in kinds:
        end = "}" if kind == kinds[-1][0] else "},"
        lines += [f"  {json.dumps(kind)}: {{", *_members(values, "   "), f"  {end}"]
    return "\n".join([*lines, " }", "}", ""])


def _members(values: Value, indent: str) -> list[str]:
    last = len(values) - 1
    return [
        f"{indent}{json.dumps(key)}: {_line(value)}{',' if index < last else ''}"
        for index, (key, value) in enumerate(values.items())
    ]


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        text = to_text(cut(json.loads(Path(arguments[0]).read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError) as fault:
        print(f"{arguments[0]} is not GitHub's OpenAPI document: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    SCHEMA.write_text(text, encoding="utf-8")
    print(f"{SCHEMA.name}: {len(text):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
