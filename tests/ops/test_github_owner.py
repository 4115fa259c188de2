"""Whose repositories the token of a job is for."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from tests.cases import cases
from tests.clusters import LAST_KEY
from tests.stacks import NO_GITHUB, copied

REGISTRY = {"owner": "acme", "registry": {"repository": "container-registry"}}


def with_github(folder: Path, **written: Any) -> Path:
    key = f"{LAST_KEY}  container-registry:github: {json.dumps(written)}\n" if written else LAST_KEY
    return copied(folder, *NO_GITHUB, ("Pulumi.dev.yaml", LAST_KEY, key))


@cases(
    "written, owner",
    ({"owner": "acme"}, "acme"),
    (REGISTRY, "acme"),
    ({**REGISTRY, "owner": "globex"}, "globex"),
    ({"owner": "acme", "repositories": []}, ""),
    ({}, ""),
)
def test_the_owner_is_printed_as_an_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: dict[str, Any], owner: str
) -> None:
    folder = with_github(tmp_path, **written)
    assert main(["github-owner", "--stack", "dev", "--project", str(folder)]) == 0
    assert capsys.readouterr().out == f"owner={owner}\n"


def test_faulty_settings_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = with_github(tmp_path, owner="a/b")
    assert main(["github-owner", "--stack", "dev", "--project", str(folder)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, "'a/b' is not the name of an owner" in printed.err) == ("", True)
