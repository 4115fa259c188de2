"""Which stack is meant where nobody names one."""

import json
from pathlib import Path

from tests.conftest import Edit
from tests.ops.conftest import Adopt
from tests.ops.outputs import DEV, NAME, PROD, described, repository


def test_the_stack_whose_home_is_described(adopt: Adopt) -> None:
    for stack, account in (("dev", DEV), ("prod", PROD)):
        adopted = adopt([described(repository(NAME, account=account))], stack=None)
        assert (adopted.code, json.loads(adopted.text)["stack"]) == (0, stack)


def test_an_account_that_the_file_gives_as_text(adopt: Adopt, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", '["111122223333"]', "'[\"111122223333\"]'")
    adopted = adopt([described(repository(NAME, account=DEV))], stack=None)
    assert json.loads(adopted.text)["stack"] == "dev"


def test_no_stack_has_its_home_there(adopt: Adopt) -> None:
    adopted = adopt([described(repository(NAME, "eu-west-1"))], stack=None)
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.told == "the home of no stack is described: say which is meant with --stack (dev, prod)\n"


def test_several_stacks_have_their_home_there(adopt: Adopt, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", DEV, PROD)
    adopted = adopt([described(repository(NAME))], stack=None)
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.told == "the homes of dev and prod are described: say which is meant with --stack (dev, prod)\n"


def test_no_stack_at_all(adopt: Adopt, project: Path) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        file.unlink()
    adopted = adopt([described(repository(NAME))], stack=None)
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.told == f"{project} has no stack: there is no Pulumi.STACK.yaml beside Pulumi.yaml (see --project)\n"
