"""The cut of GitHub's document: what is kept, what is left out, and that the file is what the command writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.github import cut_schema
from tests.github.cut_schema import OPERATIONS, SCHEMA, cut, main, to_text

THING = {"$ref": "#/components/schemas/thing"}
DOCUMENT: dict[str, Any] = {
    "info": {"version": "1.2.3", "license": {"name": "MIT"}},
    "paths": {
        path: {
            method: {"summary": "s", "x-github": {}, "responses": {"200": {"description": "d", "headers": {}}}}
            for method in ("get", "put", "post", "patch", "delete", "head")
        }
        for path in OPERATIONS
    },
    "components": {
        "schemas": {
            "basic-error": {"type": "object", "title": "E"},
            "unused": {"type": "object"},
            "thing": {
                "type": "object",
                "description": "d",
                "properties": {
                    "description": {"type": "string", "nullable": True, "example": "x"},
                    "kind": {"type": "string", "nullable": True, "enum": ["a"]},
                    "other": {"nullable": True, "allOf": [THING]},
                    "nullable": {"type": "boolean"},
                    "properties": {"type": "object", "title": "t"},
                },
            },
        }
    },
}
DOCUMENT["paths"]["/user"]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": THING}}


def test_the_cut() -> None:
    made = cut(DOCUMENT)
    assert set(made["components"]["schemas"]) == {"basic-error", "thing"}
    assert made["paths"]["/user"] == {
        "get": {"responses": {"200": {"content": {"application/json": {"schema": THING}}}}}
    }
    assert {path: " ".join(value) for path, value in made["paths"].items()} == dict(OPERATIONS)
    assert made["info"] == {"source": "@octokit/openapi 1.2.3", "license": "MIT"}
    assert made["components"]["schemas"]["thing"] == {
        "type": "object",
        "properties": {
            "description": {"type": ["string", "null"]},
            "kind": {"type": ["string", "null"], "enum": ["a", None]},
            "other": {"anyOf": [{"allOf": [THING]}, {"type": "null"}]},
            "nullable": {"type": "boolean"},
            "properties": {"type": "object"},
        },
    }
    assert json.loads(to_text(made)) == made


def test_the_command_writes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document, schema = tmp_path / "api.json", tmp_path / "schema.json"
    monkeypatch.setattr(cut_schema, "SCHEMA", schema)
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    assert main([str(document)]) == 0
    assert schema.read_text(encoding="utf-8") == to_text(cut(DOCUMENT))
    assert "schema.json: " in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "no JSON", "{}"])
def test_another_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None) -> None:
    document = tmp_path / "api.json"
    if text is not None:
        document.write_text(text, encoding="utf-8")
    assert main([str(document)]) == 2
    assert "api.json is not GitHub's OpenAPI document" in capsys.readouterr().err
    assert main([]) == 2


def test_the_committed_file_is_of_these_operations_and_small() -> None:
    text = SCHEMA.read_text(encoding="utf-8")
    schema = json.loads(text)
    assert {
        path: " ".join(each for each in value if each != "parameters") for path, value in schema["paths"].items()
    } == (dict(OPERATIONS))
    assert to_text(schema) == text
    assert len(text) < 120_000
    assert '"nullable":' not in text
    assert "Octokit contributors" in SCHEMA.with_suffix(".LICENSE").read_text(encoding="utf-8")
