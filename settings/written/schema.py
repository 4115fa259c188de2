"""`python -m settings.written.schema`: the catalog's JSON Schema for editors, written or (`--check`) compared."""

import json
import sys
from pathlib import Path
from typing import Any

from settings.written.catalog import EFFECTS, SELECTORS, Catalog

FILE = Path("docs/catalog.schema.json")


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


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        FILE.write_text(schema(), encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == schema():
        return 0
    print(f"{FILE} is not what the models say: run `make schema` and commit it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
