"""The live settings, which are the company's own, as they are today: no other test reads them."""

import pytest

from review.__main__ import main
from settings.files.configuration import stacks
from tests.stacks import ROOT

STACKS = stacks(ROOT)


def test_there_is_a_stack() -> None:
    assert STACKS


@pytest.mark.parametrize("command", [["render"], ["gate", "--alone"]], ids=" ".join)
@pytest.mark.parametrize("stack", STACKS)
def test_it_renders_and_passes_the_gate(stack: str, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    # The gate runs in process for the project that its code belongs to.
    ended = main([*command, "--stack", stack, "--project", str(ROOT)])
    assert ended == 0, "".join(capsys.readouterr())
