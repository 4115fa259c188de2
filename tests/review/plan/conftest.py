"""The small project's stacks as they stand, rendered once."""

import pytest

from render import Render, render
from tests.review.plan.changed import written


@pytest.fixture(scope="session")
def stands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Render]:
    folder = written(tmp_path_factory.mktemp("stands"))
    return {stack: render(folder, stack) for stack in ("dev", "prod")}
