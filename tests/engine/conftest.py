"""What every engine test starts from: a real `pulumi`, or a clear reason why there is none."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.engine.workspace import Edit, Workspace
from tests.github.acme import acme
from tests.github.server import served

Make = Callable[..., Workspace]


class AbortedError(Exception):
    """What a stand-in's refusal says to the engine."""


class Context:
    """A call's context that raises its refusal."""

    def abort(self, _code: object, message: str) -> None:
        raise AbortedError(message)


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make a workspace for a stack, with edits to the copy's files, and a GitHub of its own."""
    missing = [program for program in ("pulumi", "pulumi-language-python") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"the engine tests need {' and '.join(missing)} on PATH: https://www.pulumi.com/docs/install/")

    with ExitStack() as servers:

        def make_workspace(stack: str, *edits: tuple[str, Edit]) -> Workspace:
            github = servers.enter_context(served(acme()))
            return Workspace.create(tmp_path_factory.mktemp(stack), stack, github, *edits)

        yield make_workspace
