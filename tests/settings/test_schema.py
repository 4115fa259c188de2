"""The catalog's JSON Schema says what the models say."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from settings.written.schema import FILE, PAGES, main, schema
from tests.stacks import ROOT

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
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("decisions"))
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "docs" / "catalog.md"
    for file, text in (
        (tmp_path / FILE, "{}"),
        (page, page.read_text(encoding="utf-8").replace("becomes a tag", "a tag")),
    ):
        assert main(["--check"]) == 0
        file.write_text(text, encoding="utf-8")
        assert main(["--check"]) == 1
        assert f"{file.relative_to(tmp_path)} is not what the models say: run `make schema`" in capsys.readouterr().err
        assert main([]) == 0
    assert main(["--check"]) == 0


def test_every_key_of_a_table_says_what_it_means() -> None:
    rows = [
        row for page in PAGES for row in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", page.read_text(), re.MULTILINE)
    ]
    assert len(rows) > 60
    assert [key for key, means, default in rows if not means.strip() or not default.strip()] == []
    assert ("owner", "the team that answers for the images", "required") in rows
    assert ("protect", "Whether the engine refuses to delete repositories and keys", "`true`") in rows
