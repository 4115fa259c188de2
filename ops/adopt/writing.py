"""What an adoption writes: the entries, the names of ids, the exceptions, each into the file that has them."""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from domain.document_text import parse_json
from ops.adopt.adoption import AdoptionReport
from ops.adopt.project_copy import Project
from ops.adopt.yaml_members import NotWritable, with_members
from policies.pack.levels import block_lines, levels_file
from settings.files.configuration import stack_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """One file, before and after."""

    file: Path
    before: str
    after: str

    def diff(self) -> Iterator[str]:
        name, before, after = self.file.as_posix(), self.before.splitlines(), self.after.splitlines()
        return difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")


def edits(report: AdoptionReport, project: Project) -> list[FileEdit]:
    """Of each file that changes; raises NotWritable, with the file, while nothing is written yet."""
    entries = {each.name: each.entry for each in report.repositories if each.entry}
    names = {f"{project.settings.project}:{kind}": each for kind, each in report.stack_keys.items()}
    found = []
    if entries:
        edited = partial(with_members, members={"repositories": entries}, blocks=2, spaced=True)
        found.append(_edit(project, Path(report.catalog_file), edited))
    if names:
        edited = partial(with_members, members={"config": names}, blocks=3)
        found.append(_edit(project, Path(stack_file(project.stack)), edited))
    if report.exceptions:
        found.append(
            _edit(project, levels_file(Path(), project.stack), partial(_with_levels, levels=report.exceptions))
        )
    return found


def _edit(project: Project, file: Path, edited: Callable[[str], str]) -> FileEdit:
    text = (project.root / file).read_text(encoding="utf-8")
    try:
        return FileEdit(file=file, before=text, after=edited(text))
    except NotWritable as reason:
        fix = "paste what the command prints without --write"
        raise NotWritable(f"{file}: can't be edited as it is written: {reason} ({fix})") from reason


def _with_levels(text: str, levels: Mapping[str, Mapping[str, Any]]) -> str:
    """The file of levels with other values of some rules; the others keep their form."""
    before: Any = parse_json(text)
    for rule, level in levels.items():
        key = re.search(rf"^[ \t]*{re.escape(json.dumps(rule))}\s*:\s*", text, re.MULTILINE)
        if key is None:
            raise NotWritable(f"{rule} does not begin a line")
        _, end = json.JSONDecoder().raw_decode(text, key.end())
        text = text[: key.start()] + "\n".join(block_lines({rule: level})) + text[end:]
    if parse_json(text) != {**before, **levels}:
        raise NotWritable("what was written is not read as it was meant")
    return text
