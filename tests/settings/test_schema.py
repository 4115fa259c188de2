"""The catalog's JSON Schema says what the models say."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from settings.written.schema import main, schema

BAD = [
    {"repositories": {"a/b": {}}},
    {"repositories": {"a/b": {"owner": "x", "retenton": "y"}}},
    {"repositories": {"a/b": {"owner": "x", "retention": [{"tag": "v*", "untagged": True, "keep": 1}]}}},
    {"repositories": {"a/b": {"owner": "x", "retention": [{"tag": "v*"}]}}},
    {"repositories": {"a/b": {"owner": "x", "push": [{"github": "acme/x"}]}}},
    {"repositories": {"a/b": {"owner": "x", "description": None}}},
    {"repositories": {"a/b": {"owner": "x", "pull": [{"service": "eks"}]}}},
]


def validator() -> Any:
    document = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def test_a_sound_catalog_is_valid(root: Path) -> None:
    validator().validate(yaml.safe_load((root / "catalog.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("catalog", BAD)
def test_what_the_models_refuse_the_schema_refuses(catalog: object) -> None:
    assert not validator().is_valid(catalog)


def test_a_stale_schema_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert "make schema" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
