"""What is at GitHub in a render, a plan and the gate's report: all that is declared, and no token that a job has."""

import pytest
from syrupy.assertion import SnapshotAssertion

import tests.stacks
from render.as_json import to_json
from render.resource import Render
from resources.github import is_github
from resources.providers import GITHUB_PROVIDER
from review.tree import to_markdown, to_text
from tests.cases import cases
from tests.review.clones import Clone, review
from tests.stacks import NO_GITHUB, TextEdit, rendered

API_ALONE: TextEdit = ("Pulumi.prod.yaml", "    owner: acme\n", "    owner: acme\n    repositories: [payments-api]\n")
CANARY = "ghs_canary0123456789"
SECRETS = {
    "GITHUB_TOKEN": CANARY,
    "GITHUB_APP_PEM_FILE": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n",
    "GH_TOKEN": CANARY,
    "GITHUB_APP_ID": CANARY,
}
"""What a job has that runs the provider."""


def section(render: Render) -> str:
    (found,) = [each for each in to_text(render).split("\n\n") if each.startswith("GitHub ")]
    return found


def test_the_section_of_the_owner(snapshot: SnapshotAssertion) -> None:
    assert section(rendered("prod", API_ALONE)) == snapshot


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_object_is_in_the_section(stack: str) -> None:
    render = rendered(stack)
    declared = [each for each in render.resources if is_github(each.type)]
    assert {str(each.provider).split("::")[2] for each in declared} == {GITHUB_PROVIDER}
    kinds = sorted(each.type.rpartition(":")[2] for each in declared)
    found = section(render)
    lines = [line.lstrip("│ ").split("  ")[0] for line in found.splitlines()[1:]]
    assert sorted(each for each in lines if each in kinds) == kinds
    assert "SourceRepository" not in to_text(render).replace(found, "")
    assert to_markdown(render).count("<summary>GitHub acme</summary>") == 1


def test_what_is_at_github_is_of_no_account_and_no_region(prod: Render) -> None:
    declared = [each for each in prod.resources if is_github(each.type)]
    assert {each.region for each in declared} == {None}
    assert not any("tags" in each.inputs for each in declared)


@cases("stack", "dev", "prod")
def test_a_stack_without_the_key_declares_nothing(stack: str) -> None:
    assert "github:index" not in to_json(rendered(stack, *NO_GITHUB))


@cases(
    "command",
    ["render", "--format", "json"],
    ["render", "--preview"],
    ["plan", "--base", "HEAD"],
    ["plan", "--base", "HEAD", "--format", "json"],
    ["gate", "--base", "HEAD", "--format", "json"],
    ["gate", "--base", "HEAD", "--format", "markdown"],
    ["access"],
)
def test_no_token_of_a_job_is_shown(command: list[str], clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tests.stacks, "_RENDERS", {})  # else a render would be of a job without them
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    clone.edit("Pulumi.prod.yaml", "reviewers: {teams: [4201]}", "admins_bypass: true")
    ended = review(clone.folder, *command, "--stack", "prod")
    assert ended.code in (0, 1), ended.error
    assert "acme/payments-api" in ended.text
    assert CANARY not in ended.text + ended.error
