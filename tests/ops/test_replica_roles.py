"""The role by which a state deletes in another account, there and back."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from resources import PROVIDER
from resources.ecr import REPOSITORY

ROLE = "arn:aws:iam::555566667777:role/container-registry-prod-deploy"


def state(role: str = ROLE) -> dict[str, Any]:
    assumed = {"assumeRoles": json.dumps([{"roleArn": role, "sessionName": "s"}]), "region": "eu-west-1"}
    other = {"urn": "urn:pulumi:prod::p::t::555566667777", "type": PROVIDER, "inputs": assumed, "outputs": {**assumed}}
    home = {"urn": "urn:pulumi:prod::p::t::default", "type": PROVIDER, "inputs": {"region": "us-east-1"}}
    named = {"urn": "urn", "type": REPOSITORY, "inputs": {"description": ROLE}, "outputs": {}}
    return {"version": 3, "deployment": {"resources": [other, home, named]}}


def change(folder: Path, content: object, role: str) -> int:
    (folder / "state.json").write_text(json.dumps(content), encoding="utf-8")
    return main(["replica-roles", "--state", str(folder / "state.json"), "--role", role])


def test_both_sides_of_the_provider_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    destroy = ROLE.replace("-deploy", "-destroy")
    assert change(tmp_path, state(), "destroy") == 0
    assert capsys.readouterr().out == "changed\n"
    changed = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))
    assert changed == state(destroy)
    assert change(tmp_path, changed, "deploy") == 0
    assert json.loads((tmp_path / "state.json").read_text(encoding="utf-8")) == state()


@pytest.mark.parametrize("content", [state(), {"deployment": {}}, {"deployment": {"resources": None}}])
def test_what_is_so_already_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: dict[str, Any]
) -> None:
    assert change(tmp_path, content, "deploy") == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "state.json").read_text(encoding="utf-8") == json.dumps(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            state("arn:aws:iam::555566667777:role/admin"),
            "555566667777: arn:aws:iam::555566667777:role/admin is none of",
        ),
        ([], "is not an exported state (write it with `pulumi stack export --stack STACK --file FILE`)"),
        ({"deployment": {"resources": [{}]}}, "is not an exported state"),
    ],
)
def test_what_it_can_not_change_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, said: str
) -> None:
    assert change(tmp_path, content, "destroy") == 2
    assert said in capsys.readouterr().err
    assert main(["replica-roles", "--state", str(tmp_path / "none"), "--role", "deploy"]) == 2
    assert "none: can't be read" in capsys.readouterr().err
