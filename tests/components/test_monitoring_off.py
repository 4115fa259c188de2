"""A stack without monitoring pays nothing for it."""

import subprocess
import sys

import pytest

from tests.stacks import PROJECT, ROOT

PROGRAM = """
import sys
from pathlib import Path
from render.rendering import render
render(Path(sys.argv[1]), sys.argv[2])
print(*(each for each in sys.modules if each.startswith(
    ("pulumi_aws.chatbot.", "pulumi_aws.cloudwatch.", "pulumi_aws.sns.", "pulumi_aws.sqs.", "components.registry_m",
     "settings.declared.registry_m", "domain.monitoring.", "domain.cloudwatch.", "domain.events."))))
"""
READ_SETTINGS = {"domain.monitoring.subscribers", "domain.cloudwatch.limits"}
"""What a stack's file is checked by, whatever it says."""


@pytest.mark.parametrize(("stack", "on"), [("dev", False), ("prod", True)])
def test_nothing_is_imported_that_only_monitoring_needs(stack: str, on: bool) -> None:
    command = [sys.executable, "-c", PROGRAM, str(PROJECT), stack]
    imported = set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert imported >= READ_SETTINGS
    assert (imported != READ_SETTINGS) is on
    # The SDK loads a package at its first use, and all of its modules with it.
    packages = {each.split(".")[1] for each in imported if each.startswith("pulumi_aws.")}
    assert packages == ({"chatbot", "cloudwatch", "sns", "sqs"} if on else set())
