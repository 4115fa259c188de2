"""What of a preview takes the destroy role, and what neither role can do."""

import json
from pathlib import Path
from typing import Any

import pytest

from resources import PROVIDER
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.kms import ALIAS, KEY
from resources.sns import TOPIC
from review.__main__ import main

RETIRED = {"project": "p", "retire-until": "2027-01-31"}
STACK = "urn:pulumi:prod::p::pulumi:pulumi:Stack::p-prod"


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:prod::p::{type}::{name}"


REPOSITORY_URN, KEY_URN = urn(REPOSITORY, "web"), urn(KEY, "k")
COMPONENT, ELSEWHERE = urn("container-registry:index:ImageRepository", "web"), urn(PROVIDER, "555566667777")


def step(type: str, name: str, op: str = "delete", **state: Any) -> dict[str, Any]:
    inputs = {"region": "us-east-1", "name": name, **state.pop("inputs", {})}
    old = {"urn": urn(type, name), "type": type, "custom": True, "inputs": inputs, "parent": STACK, **state}
    return {"op": op, "urn": urn(type, name), "oldState": old, **({} if op == "delete" else {"newState": old})}


def deletions(folder: Path, *steps: dict[str, Any]) -> int:
    file = folder / "preview.json"
    file.write_text(json.dumps({"config": {}, "steps": steps}), encoding="utf-8")
    return main(["deletions", "--stack", "prod", "--from-preview", str(file)])


def repository(op: str = "delete", **state: Any) -> dict[str, Any]:
    return step(REPOSITORY, "web", op, parent=COMPONENT, inputs={"tags": RETIRED}, **state)


def test_a_repository_goes_with_what_is_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deletions(
        tmp_path,
        repository(provider=f"{ELSEWHERE}::id"),
        step(LIFECYCLE_POLICY, "web", dependencies=[REPOSITORY_URN]),
        step(REPOSITORY_POLICY, "web", dependencies=[REPOSITORY_URN]),
        step("container-registry:index:ImageRepository", "web"),
        step(PROVIDER, "555566667777"),
        # By the deploy role: of a repository that stays, and of no repository.
        step(LIFECYCLE_POLICY, "api", dependencies=[urn(REPOSITORY, "api")]),
        step(TOPIC, "t", dependencies=[KEY_URN]),
    ) == 0  # fmt: skip
    found = {REPOSITORY_URN, urn(LIFECYCLE_POLICY, "web"), urn(REPOSITORY_POLICY, "web"), COMPONENT, ELSEWHERE}
    assert capsys.readouterr().out.split() == sorted(found)


def test_a_key_goes_with_its_alias_and_not_with_what_it_encrypts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = step(KEY, "k", inputs={"tags": RETIRED})
    topic, alias = step(TOPIC, "t", dependencies=[KEY_URN]), step(ALIAS, "k", dependencies=[KEY_URN])
    assert deletions(tmp_path, key, topic, alias, step(ALIAS, "moved")) == 0
    assert capsys.readouterr().out.split() == sorted([KEY_URN, urn(ALIAS, "k")])


@pytest.mark.parametrize("steps", [[], [step(TOPIC, "t")], [repository(retainOnDelete=True)], [repository("update")]])
def test_everything_else_is_the_deployments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: list[dict[str, Any]]
) -> None:
    assert deletions(tmp_path, *steps) == 0
    assert capsys.readouterr().out == ""


def test_what_neither_role_can_do_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = step(REPOSITORY, "api", inputs={"tags": {"project": "p"}})
    assert deletions(tmp_path, bare, step(KEY, "k"), repository("replace"), repository("delete-replaced")) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        (
            "repository web in us-east-1: is replaced, which deletes it without a retirement "
            "(revert the change, or create another one beside it and migrate)"
        ),
        "repository api in us-east-1: is deleted without the tag retire-until (first deploy a change that retires it)",
        "key k in us-east-1: is deleted without the tag retire-until (first deploy a change that retires it)",
    ]


def test_a_file_that_is_no_preview_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deletions", "--stack", "prod", "--from-preview", str(tmp_path / "none")]) == 2
    assert "none: can't be read" in capsys.readouterr().err
    assert deletions(tmp_path, {**repository(), "urn": REPOSITORY_URN.replace("prod", "dev")}) == 2
    assert "is a preview of stack dev (write --stack dev)" in capsys.readouterr().err
