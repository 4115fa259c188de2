"""An edit is printed only where it lets just this call pass: one that does more, or something else, is not."""

from pathlib import Path

import pytest

from bootstrap.template import boundaries
from ops.why.finding import SettingsChange, obstacle, proven
from ops.why.refused_call import RefusedCall
from ops.why.signals import read_text
from render.rendering import render
from settings import load
from tests.cases import case, cases
from tests.ops.why.test_why_command import denied
from tests.ops.why.world import ACCOUNT, HOME, project


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> RefusedCall:
    """The role builder of the account workloads pulls team/app."""
    folder = project(tmp_path_factory.mktemp("why") / "project")
    return RefusedCall(
        project=folder,
        settings=load(folder, "dev"),
        rendered=render(folder, "dev"),
        boundaries=boundaries(folder, "container-registry", "dev", ACCOUNT, HOME),
        signal=read_text(denied("builder", "team/app")),
        claims={},
    )


def pull(value: object, repository: str = "team/app", file: str = "catalog.yaml") -> SettingsChange:
    return SettingsChange(file=file, path=("repositories", repository, "pull"), value=value)


BUILDER = {"account": "workloads", "role": "builder"}
MORE = "the line would do more: "


def test_an_edit_that_lets_just_this_call_pass(call: RefusedCall, tmp_path: Path) -> None:
    found = proven(obstacle("pull-not-declared", "", "fix", None, pull(BUILDER)), call)
    (edit,) = found.edits
    assert (edit.file, edit.path, edit.old) == ("catalog.yaml", ("repositories", "team/app", "pull"), ())
    assert edit.new == ("      - {account: workloads, role: builder}",)
    assert found.fix == "fix"
    assert not list(tmp_path.iterdir())


@cases(
    "changes, reason",
    case("its whole account", [pull({"account": "workloads"})], "account 444455556666 can now pull"),
    case("another role, too", [pull(BUILDER), pull({**BUILDER, "role": "other"})], "role other of account"),
    case("another repository, too", [pull(BUILDER), pull(BUILDER, "team/named")], "`team/app` and `team/named`"),
    case("another role alone", [pull({**BUILDER, "role": "other"})], "role other of account"),
    case("another repository alone", [pull(BUILDER, "team/named")], "can now pull `team/named`"),
    case("a role that has it", [pull({**BUILDER, "role": "reader"})], "with the line it is denied: "),
    case("an account without a name", [pull({**BUILDER, "account": "nowhere"})], "the settings would be faulty"),
    case("a place that is no list", [pull(BUILDER, "team/app/owner")], "the settings would be faulty"),
)
def test_an_edit_that_is_not_printed(changes: list[SettingsChange], reason: str, call: RefusedCall) -> None:
    found = proven(obstacle("pull-not-declared", "", "fix", None, *changes), call)
    assert (found.edits, found.changes) == ((), ())
    assert reason in found.fix
    assert (MORE in found.fix) is not reason.startswith(("the settings", "with the line"))


def test_an_edit_that_was_to_grant_nothing(call: RefusedCall) -> None:
    found = proven(obstacle("tag-immutable", "", "fix", None, pull(BUILDER), grants=False), call)
    assert found.edits == ()
    assert "role builder of account 444455556666 can now pull `team/app`" in found.fix
