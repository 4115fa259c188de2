"""Renders as they are exchanged: read back as they were written, by this code and by other revisions'."""

import json
from typing import Any

import pytest

from render.as_json import InvalidRender, from_json, to_json
from render.resource import Render
from tests.cases import cases

NEWER = ("account", "home", "allow_destruction", "removed")


def test_what_is_written_is_read(dev: Render, prod: Render, prod_preview: Render) -> None:
    for rendered in (dev, prod, prod_preview):
        assert from_json(to_json(rendered)) == rendered


def test_what_older_code_did_not_write_has_a_default(dev: Render) -> None:
    document = _document(dev)
    for name in NEWER:
        del document[name]
    read = from_json(json.dumps(document))
    assert (read.account, read.home, read.allow_destruction, read.removed) == ("", "", False, {})
    assert read.resources == dev.resources


def test_what_newer_code_adds_passes(dev: Render) -> None:
    document = _document(dev) | {"novelty": 1}
    document["resources"][0]["novelty"] = {"a": [1]}
    assert from_json(json.dumps(document)) == dev


@cases(
    "text, reason",
    ("", "is not valid JSON"),
    ("[]", "has no version"),
    ("{}", "has no version"),
    ('{"version": 2}', "is a render of version 2, and this code reads 1"),
    ('{"version": "1"}', "is a render of version '1'"),
    ('{"version": 1}', "broken form: project: field required"),
)
def test_what_is_no_render(text: str, reason: str) -> None:
    with pytest.raises(InvalidRender, match=reason):
        from_json(text)


@pytest.mark.parametrize(
    ("field", "value"), [("urn", 3), ("inputs", []), ("protect", "yes"), ("dependencies", "urn"), ("options", None)]
)
def test_a_broken_resource_is_reported_with_its_place(dev: Render, field: str, value: object) -> None:
    document = _document(dev)
    document["resources"][2][field] = value
    with pytest.raises(InvalidRender, match=rf"resources\[2\]\.{field}: "):
        from_json(json.dumps(document))


def test_of_many_faults_the_first_are_reported(dev: Render) -> None:
    document = _document(dev)
    for resource in document["resources"]:
        del resource["urn"]
    with pytest.raises(InvalidRender, match=f"and {len(dev.resources) - 5} more") as raised:
        from_json(json.dumps(document))
    assert str(raised.value).count("field required") == 5


def _document(rendered: Render) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json(rendered))
    return document
