"""The tests' own project: copies of it with other settings, and its stacks rendered, once a session for equal edits."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from render.rendering import PROGRAM, render
from render.resource import Render

ROOT = Path(__file__).parent.parent
"""The code."""
PROJECT = ROOT / "tests" / "project"
"""The tests' own settings; the program and Pulumi.yaml in it are links to the code's."""
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "catalog.yaml", "__main__.py")

TextEdit = tuple[str, str, str]
"""A file, a text that it must hold, and the text in its place."""


def _without(file: str, start: str, end: str = "") -> TextEdit:
    """What the file has between two texts is left out; all of the rest, where no end is given."""
    text = (PROJECT / file).read_text(encoding="utf-8")
    begin = text.index(start)
    return file, text[begin : text.index(end, begin) if end else None], ""


NO_GITHUB: tuple[TextEdit, ...] = (
    _without("Pulumi.prod.yaml", "  # Who approves a job", "  # Clusters whose"),
    _without("Pulumi.dev.yaml", "  # Variables by which"),
)
NO_SOURCES: tuple[TextEdit, ...] = (
    _without("catalog.yaml", "# What must pass", "repositories:\n"),
    _without("catalog.yaml", ',\n         admits: [refs/heads/main, "refs/tags/v*"]', "}\n    pull"),
)
"""Of the catalog, without which a project that declares nothing at GitHub does as well."""
NO_MONITORING: tuple[TextEdit, ...] = (("Pulumi.prod.yaml", "    enabled: true", "    enabled: false"),)
AWS_ALONE: tuple[TextEdit, ...] = (*NO_GITHUB, *NO_MONITORING, _without("Pulumi.prod.yaml", "  # Clusters whose"))
"""For goldens that a reader can take in."""


def copied(folder: Path, *edits: TextEdit) -> Path:
    """The project's settings and program in a folder, with edits."""
    folder.mkdir(exist_ok=True)
    for name in PROJECT_FILES:
        shutil.copy(PROJECT / name, folder / name)
    return edited(folder, *edits)


def edited(folder: Path, *edits: TextEdit) -> Path:
    for file, old, new in edits:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


_RENDERS: dict[tuple[object, ...], Render] = {}


def render_once(root: Path, stack: str, *, preview: bool = False) -> Render:
    """As `render`, once a session for equal files: for tests of what is made of a render."""
    key = stack, preview, *((file.name, file.read_bytes()) for file in sorted([*root.glob("*.yaml"), root / PROGRAM]))
    if key not in _RENDERS:
        _RENDERS[key] = render(root, stack, preview=preview)
    return _RENDERS[key]


def rendering_once(patch: pytest.MonkeyPatch) -> None:
    """Commands that this process runs render equal files once a session."""
    for command in ("review.gate.command", "review.plan.command", "review.access.page", "review.access.command",
                    "review.tree", "review.show.command", "ops.adopt.project_copy"):  # fmt: skip
        patch.setattr(f"{command}.render", render_once)


@cache
def rendered(stack: str, *edits: TextEdit, preview: bool = False) -> Render:
    """The stack as the project with these edits declares it; it is shared and must not be changed."""
    with tempfile.TemporaryDirectory() as folder:
        return render_once(copied(Path(folder), *edits), stack, preview=preview)
