"""What both stacks declare, in a form that shows in a diff what a change means."""

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from render import Render
from render.resource import Resource
from render.tree import to_text

_DOCUMENTS = ("policy", "assumeRolePolicy")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_tree(stack: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion) -> None:
    assert to_text(request.getfixturevalue(stack)) == snapshot


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_resources(stack: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion) -> None:
    rendered: Render = request.getfixturevalue(stack)
    assert "\n".join(_lines(resource) for resource in rendered.resources if resource.custom) == snapshot


def test_the_outputs(dev: Render, snapshot: SnapshotAssertion) -> None:
    assert json.dumps(dev.outputs, indent=2) == snapshot


def _lines(resource: Resource) -> str:
    """One resource: its URN, then an input a line; a document is laid out, not one long string."""
    lines = [resource.urn.partition("::")[2].partition("::")[2]]
    if resource.protect:
        lines.append("  (protected)")
    for key, value in resource.inputs.items():
        document = key in _DOCUMENTS and isinstance(value, str)
        lines.append(f"  {key}: {_shown(json.loads(value)) if document else _shown(value)}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else json.dumps(value, indent=2).replace("\n", "\n  ")
