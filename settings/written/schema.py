"""`python -m settings.written.schema`: what the models know, for editors and readers, written or (`--check`) compared.

The catalog's JSON Schema, and the tables of keys in pages of docs."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic_core import to_jsonable_python

from settings.files.configuration import PROJECT_FILE
from settings.written import access_tests, catalog, clusters, github_options, monitoring_options, self_hosted, stack
from settings.written.access_tests import PRINCIPALS
from settings.written.catalog import EFFECTS, SELECTORS, Catalog
from settings.written.fields import Model

FILE = Path("docs", "catalog.schema.json")
PAGES = tuple(Path("docs", f"{each}.md") for each in ("catalog", "stack", "monitoring", "self-hosted"))
_TABLE = re.compile(
    r"(<!-- The keys of (\w+), written by `make schema`: don't edit. -->\n).*?(<!-- End of the keys. -->)", re.DOTALL
)
_MODULES = (stack, clusters, github_options, monitoring_options, access_tests, self_hosted, catalog)
_PROJECT = "project"
"""In place of a model: the stack's own keys, as Pulumi.yaml declares them."""


def schema() -> str:
    """The schema's text, made from the models that read the catalog."""
    document: dict[str, Any] = Catalog.model_json_schema(mode="validation")
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
    models = document["$defs"]
    for model in models.values():
        for field in model["properties"].values():
            _without_null(field)
    models["RetentionRule"]["allOf"] = [_exactly_one(SELECTORS), _exactly_one(EFFECTS)]
    models["Push"]["allOf"] = [_exactly_one(("refs", "environment"))]
    models["TestedPrincipal"]["allOf"] = [_exactly_one(PRINCIPALS)]
    return json.dumps(document, indent=2) + "\n"


def _exactly_one(keys: tuple[str, ...]) -> dict[str, Any]:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _without_null(field: dict[str, Any]) -> None:
    """A key that may be left out is not a key that may be null."""
    choices = [choice for choice in field.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        del field["anyOf"]
        field.update(choices[0])
        field.pop("default", None)


def with_tables(text: str, root: Path = Path()) -> str:
    """A page with its tables of keys as they are now."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{_table(found[2], root)}\n\n{found[3]}", text)


def _table(name: str, root: Path) -> str:
    rows = (
        _project_rows(root)
        if name == _PROJECT
        else _model_rows(next(found for module in _MODULES if (found := getattr(module, name, None))))
    )
    lines = (f"| `{key}` | {means.replace('|', chr(92) + '|')} | {default} |" for key, means, default in rows)
    return "\n".join(("| Key | Means | Default |", "| --- | --- | --- |", *lines))


def _model_rows(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field.description or "", "required" if field.is_required() else _shown(field.default)


def _project_rows(root: Path) -> Iterator[tuple[str, str, str]]:
    declared: Mapping[str, Any] = yaml.safe_load((root / PROJECT_FILE).read_text(encoding="utf-8"))["config"]
    for key, each in declared.items():
        yield key.rpartition(":")[2], each["description"], _shown(each["default"]) if "default" in each else "required"


def _shown(default: object) -> str:
    if default in (None, (), [], {}):
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(to_jsonable_python(default))}`"


def main(arguments: list[str]) -> int:
    wanted = {FILE: schema(), **{each: with_tables(each.read_text(encoding="utf-8")) for each in PAGES}}
    if "--check" not in arguments:
        for file, text in wanted.items():
            file.write_text(text, encoding="utf-8")
        return 0
    stale = [file for file, text in wanted.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        print(f"{file} is not what the models say: run `make schema` and commit it", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
