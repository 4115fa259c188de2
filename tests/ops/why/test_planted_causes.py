"""Each cause, planted and met by a client, is named; each printed edit lets just that call pass."""

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bootstrap.template import boundaries
from domain.iam.access import Policy
from ops.__main__ import main
from ops.why.causes import CAUSES
from render.rendering import render
from render.resource import Render
from review.access.access_diff import AccessTrend, access_changes
from review.access.evaluation import access_matrix
from review.access.matrix import Matrix
from tests.ops.why import planted
from tests.ops.why.conftest import built
from tests.ops.why.planted import PLANTS, Plant
from tests.ops.why.published import PUBLISHED
from tests.ops.why.world import ACCOUNT, APP, HOME, PROD, Seen, World, project

_AFTER = {"not-deployed", "wrong-role"}
"""What is found once the settings allow the call: it is deployed next, and the role that is for it is assumed."""
_NO_ACCESS = {"tag-immutable", "claim-subject-form"}
"""Causes whose edits grant nothing that the access matrix knows."""
_ACCOUNTS = {"dev": ACCOUNT, "prod": PROD}
_RENDERED: dict[tuple[str, ...], Render] = {}
"""By stack and the texts of the settings: nothing else of a folder counts."""


def rendered(folder: Path, stack: str) -> Render:
    key = (stack, *(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yaml"))))
    if key not in _RENDERED:
        _RENDERED[key] = render(folder, stack)
    return _RENDERED[key]


_MATRICES: dict[int, Matrix] = {}
"""Of each render, all of which stay; the boundary is the same in all that are compared."""


def matrix(of: Render, boundaries: Mapping[str, Policy]) -> Matrix:
    if id(of) not in _MATRICES:
        _MATRICES[id(of)] = access_matrix(of, boundaries)
    return _MATRICES[id(of)]


def why(folder: Path, seen: Seen, tmp: Path) -> tuple[int, dict[str, Any], str]:
    """What the command prints, as JSON, and its errors."""
    given: list[str] = []
    for option, content in (("--event", seen.event), ("--claims", seen.claims), ("", seen.text or None)):
        if content is not None:
            file = tmp / f"given{option}"
            file.write_text(content if isinstance(content, str) else json.dumps(content, default=str), encoding="utf-8")
            given += [each for each in (option, str(file)) if each]
    named = ["--repository", seen.repository] if seen.repository else []
    once = (("command.render", rendered), ("finding.render", rendered), ("finding.access_matrix", matrix))
    out, err = StringIO(), StringIO()
    with ExitStack() as stack, redirect_stdout(out), redirect_stderr(err):
        for name, cached in once:
            stack.enter_context(patch(f"ops.why.{name}", cached))
        status = main(["why", "--stack", "dev", "--project", str(folder), "--format", "json", *given, *named])
    return status, json.loads(out.getvalue() or "{}"), err.getvalue()


def applied(folder: Path, edits: Sequence[Mapping[str, Any]]) -> None:
    """The edits as they are printed: lines in place of lines, the last first."""
    for each in sorted(edits, key=lambda edit: -int(edit["line"])):
        file = folder / each["file"]
        lines = file.read_text(encoding="utf-8").splitlines()
        start, end = each["line"] - 1, each["line"] - 1 + len(each["old"])
        assert lines[start:end] == each["old"]
        lines[start:end] = each["new"]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_planted(plant: Plant, world: World, tmp_path: Path) -> None:
    seen = plant.met(world)
    folder = shutil.copytree(world.folder, tmp_path / "project")
    if seen.boundary_without:
        template = folder / "bootstrap" / "account.yaml"
        template.write_text(template.read_text(encoding="utf-8").replace(seen.boundary_without, "ecr:ListImages"))
    status, found, err = why(folder, seen, tmp_path)
    assert (status, err) == (0, "")
    assert found["cause"]["id"] == plant.cause, found
    assert bool(found["edits"]) is plant.edits, found
    if plant.edits:
        _proven(folder, seen, found, tmp_path)


def _proven(folder: Path, seen: Seen, found: Mapping[str, Any], tmp: Path) -> None:
    """The matrix of this stack has the one access more, those of others nothing but what a pull gives everywhere."""
    made = {
        stack: boundaries(folder, "container-registry", stack, account, HOME) for stack, account in _ACCOUNTS.items()
    }
    before = {stack: matrix(rendered(folder, stack), each) for stack, each in made.items()}
    applied(folder, found["edits"])
    after = {stack: matrix(rendered(folder, stack), each) for stack, each in made.items()}
    changes = access_changes(before["dev"], after["dev"])
    if found["cause"]["id"] in _NO_ACCESS:
        assert changes == ()
    else:
        (change,) = changes
        (name,) = change.repositories
        assert change.trend is AccessTrend.GAINED
        assert change.access == found["call"]["access"]
        assert found["call"]["repository"].startswith(name.removesuffix("*"))
    if found["call"]["access"] == "push":
        assert access_changes(before["prod"], after["prod"]) == ()
    again = why(folder, seen, tmp)[1]
    assert again["cause"]["id"] in _AFTER, again


def test_the_line_that_decides(world: World, tmp_path: Path) -> None:
    places = (
        (planted.a_banned_role, "Pulumi.dev.yaml", ["registry_policy", "Statement", 0]),
        (planted.without_the_claims, "catalog.yaml", ["repositories", "team/app", "push", 0]),
        (planted.a_session_of_half_a_day, "Pulumi.dev.yaml", ["roles"]),
        (planted.an_archived_image, "catalog.yaml", ["retention", "archived", 0]),
        (planted.no_environment, "catalog.yaml", ["repositories", "team/gated", "push", 0]),
    )
    for met, file, path in places:
        place = why(world.folder, met(world), tmp_path)[1]["place"]
        found = [str(each).removeprefix("container-registry:") for each in place["path"]]
        assert (place["file"], [each for each in found if each != "config"]) == (file, [str(each) for each in path])
        assert place["line"] > 1


def test_an_event_has_the_path_of_the_role(world: World, tmp_path: Path) -> None:
    found = why(world.folder, planted.a_role_with_a_path_by_its_event(world), tmp_path)[1]
    assert "role: ci/nightly" in found["edits"][0]["new"][0]


_REPLAYED = (
    planted.a_publisher_in_another_repository,
    planted.a_role_that_is_not_declared,
    planted.a_namespace_in_another_repository,
    planted.a_task_in_another_repository,
    planted.a_function,
    planted.an_import_of_another_role,
    planted.a_tag_that_is_meant_to_move,
)
_STILL_REFUSED = (
    planted.a_push_of_another_account,
    planted.a_build_of_another_account,
    planted.a_banned_role,
    planted.a_misspelt_repository,
    planted.a_version_that_is_taken,
)


def test_the_edits_pass_for_real(world: World, tmp_path: Path) -> None:
    """Built with the edits of some causes in another cloud, their calls are answered, and others refused as before."""
    folder = shutil.copytree(world.folder, tmp_path / "project")
    for met in (*_REPLAYED, planted.another_branch):
        found = why(folder, met(world), tmp_path)[1]
        applied(folder, found["edits"])
    with built(folder) as mended:
        mended.pushed("team/app", "v1")
        for met in _REPLAYED:
            with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
                met(mended)
        release = replace(APP, ref="refs/heads/release")
        assert mended.session(release, found["role"]).token
        for met in _STILL_REFUSED:
            met(mended)


def test_published(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    found = {cause: why(folder, seen, tmp_path) for cause, seen in PUBLISHED.items()}
    assert {cause: (status, said.get("cause", {}).get("id")) for cause, (status, said, _) in found.items()} == {
        cause: (0, cause) for cause in PUBLISHED
    }


def test_each_cause_is_planted() -> None:
    assert {*PUBLISHED, *(each.cause for each in PLANTS)} == set(CAUSES)
    assert len({each.cause for each in PLANTS}) >= 40
