"""The two stacks as people run them: preview, update, nothing left to do, destroy; and all of it as the render said."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from domain.document_text import SECRET
from resources.ecr import REPOSITORY
from resources.kms import KEY
from resources.kubernetes import CLAIM, NAMESPACE
from tests.engine.conftest import Make
from tests.engine.workspace import Ran, Resource, Workspace, of_type

pytestmark = pytest.mark.engine

KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Lived:
    """One stack's life up to its destruction: each call costs seconds, so the tests share them."""

    workspace: Workspace
    planned: dict[str, set[str]]
    up: Ran
    again: Ran
    state: dict[str, Resource]
    render: dict[str, Resource]


@pytest.fixture(scope="module", params=["dev", "prod"])
def lived(request: pytest.FixtureRequest, make: Make) -> Lived:
    workspace = make(request.param)
    planned, up = workspace.steps(), workspace.up().ok()
    again = workspace.preview("--expect-no-changes")
    return Lived(workspace, planned, up, again, workspace.state(), workspace.render())


def test_a_preview_plans_to_create_what_the_update_creates(lived: Lived) -> None:
    assert lived.planned == {urn: {"create"} for urn in lived.state}


def test_a_second_preview_has_nothing_to_do(lived: Lived) -> None:
    assert lived.again.code == 0, lived.again.output


def test_every_urn_is_the_renders(lived: Lived) -> None:
    assert set(lived.state) - _stack(lived) == set(lived.render) - _stack(lived)


def test_every_parent_protection_dependency_and_input_is_the_renders(lived: Lived) -> None:
    declared = {urn: _compared(resource) for urn, resource in lived.render.items() if urn not in _stack(lived)}
    held = {urn: _compared(resource) for urn, resource in lived.state.items() if urn not in _stack(lived)}
    assert {urn: held.get(urn) for urn in declared} == declared


def test_a_destroy_is_refused_by_what_is_protected_and_complete_after_unprotect(lived: Lived) -> None:
    # Last in this file: it takes the stack down.
    workspace = lived.workspace
    protected = {urn for urn, resource in lived.state.items() if resource.get("protect")}
    assert bool(protected) == (workspace.stack == "prod")
    if protected:
        refused = workspace.destroy()
        assert refused.code != 0
        # The images' keys are protected, too, but the engine never comes to them: the repositories depend on them.
        images = {urn for urn in of_type(lived.state, KEY) if urn.rpartition("::")[2].startswith("registry@")}
        assert _named(refused, protected) == protected - images
        assert set(of_type(lived.state, REPOSITORY)) < protected - images
        assert protected <= set(workspace.state())
        workspace.pulumi("state", "unprotect", "--all", "--yes", "--stack", workspace.stack).ok()
    workspace.destroy().ok()
    assert workspace.state() == {}
    # A namespace would take all that runs in it along, and a claim the images on its volume.
    kept = [each["type"] for kind in (NAMESPACE, CLAIM) for each in of_type(lived.state, kind).values()]
    assert workspace.cloud.types() == set(kept)


def test_a_fault_in_the_catalog_is_one_clean_error(make: Make) -> None:
    def misspell(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["payments/api"]["retension"] = "services"

    workspace = make("dev", ("catalog.yaml", misspell))
    refused = workspace.preview()
    assert refused.code != 0
    assert "Traceback" not in refused.output
    diagnostics = refused.output.partition("Diagnostics:")[2]
    assert diagnostics.count("repositories.payments/api.retension") == 1
    # The engine's own line about the program's exit code follows.
    assert diagnostics.count("error:") <= 2
    assert workspace.cloud.ids(REPOSITORY) == set()


def _named(refused: Ran, protected: set[str]) -> set[str]:
    return {urn for urn in protected if f"`pulumi state unprotect '{urn}'`" in refused.output}


def _stack(lived: Lived) -> set[str]:
    return {urn for urn, resource in lived.state.items() if resource["type"] == "pulumi:pulumi:Stack"}


def _compared(resource: Resource) -> dict[str, Any]:
    """What both sides know of a resource. A component's inputs are its own affair: the engine keeps none of them, and
    adds to a provider what it is by itself."""
    is_ours = resource["type"].startswith("container-registry:")
    known = {name: value for name, value in resource.get("inputs", {}).items() if name not in {"version", "__internal"}}
    return {
        "parent": resource.get("parent"),
        "protect": bool(resource.get("protect")),
        "dependencies": sorted(resource.get("dependencies") or []),
        "inputs": {} if is_ours else _without_key_ids(known),
    }


def _without_key_ids(value: Any) -> Any:
    """A key's id is made up at its creation, so it differs, and with it the order of some; all else is equal, and 7
    equals 7.0."""
    if isinstance(value, dict):
        if "ciphertext" in value:
            return SECRET
        return {name: _without_key_ids(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_key_ids(item) for item in value]
    if isinstance(value, str) and KEY_ID.search(value):
        return sorted(re.split(r"[\[\],]", KEY_ID.sub("KEY", value)))
    return value
