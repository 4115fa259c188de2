"""The table of what forces a replacement: complete, and exact where a field of a block decides."""

import subprocess
import sys

import pytest

from render import Render
from render.answers import TYPES
from review.plan import replacement
from review.plan.kinds import KINDS, Effect, effect, missing
from tests.stacks import ROOT

REPOSITORY = "aws:ecr/repository:Repository"


def test_every_type_that_may_be_declared_has_its_entry() -> None:
    assert missing(TYPES) == []
    assert set(KINDS) == TYPES


def test_every_input_of_both_stacks_is_in_the_table(dev: Render, prod: Render) -> None:
    declared = [each for each in (*dev.resources, *prod.resources) if each.custom]
    assert missing(each.type for each in declared) == []
    unknown = {
        (each.type, name) for each in declared for name in each.inputs if effect(each.type, name) is Effect.UNKNOWN
    }
    assert not unknown


@pytest.mark.parametrize(
    ("path", "left_out", "expected"),
    [
        ("name", False, Effect.REPLACES),
        ("region", False, Effect.REPLACES),
        ("encryptionConfigurations[0].kmsKey", False, Effect.REPLACES),
        ("encryptionConfigurations[0].kmsKey", True, Effect.UNKNOWN),
        ("encryptionConfigurations[0].encryptionType", True, Effect.REPLACES),
        ("tags.owner", False, Effect.IN_PLACE),
        ("tags", True, Effect.IN_PLACE),
        ("imageTagMutabilityExclusionFilters[1].filter", False, Effect.IN_PLACE),
        ("novelty", False, Effect.UNKNOWN),
        ("tagsOther", False, Effect.UNKNOWN),
    ],
)
def test_what_a_changed_input_does(path: str, left_out: bool, expected: Effect) -> None:
    assert effect(REPOSITORY, path, left_out=left_out) is expected


def test_an_unknown_type_is_unknown() -> None:
    assert effect("aws:x/y:Z", "region") is Effect.UNKNOWN


def test_the_check_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["replacement", "--check"])
    assert replacement.main() == 0
    monkeypatch.setattr(replacement, "TYPES", TYPES | {"aws:sns/topic:Topic"})
    assert replacement.main() == 1
    assert "aws:sns/topic:Topic has no entry" in capsys.readouterr().err


def test_the_check_is_a_command() -> None:
    command = [sys.executable, "-m", "review.plan.replacement"]
    checked = subprocess.run([*command, "--check"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 2
