"""The tests' own project: copies of it with other settings, and its stacks rendered, once a session for equal edits."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from render.rendering import render
from render.resource import Render

ROOT = Path(__file__).parent.parent
"""The code."""
PROJECT = ROOT / "tests" / "project"
"""The tests' own settings; the program and Pulumi.yaml in it are links to the code's."""
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "catalog.yaml", "__main__.py")

TextEdit = tuple[str, str, str]
"""A file, a text that it must hold, and the text in its place."""
_PROD = (PROJECT / "Pulumi.prod.yaml").read_text(encoding="utf-8")
NO_CLUSTERS: TextEdit = ("Pulumi.prod.yaml", _PROD[_PROD.index("  # Clusters whose namespaces") :], "")
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


@cache
def rendered(stack: str, *edits: TextEdit, preview: bool = False) -> Render:
    """The stack as the project with these edits declares it; it is shared and must not be changed."""
    with tempfile.TemporaryDirectory() as folder:
        return render(copied(Path(folder), *edits), stack, preview=preview)
