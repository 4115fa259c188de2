"""`python -m ops adopt`: what exists already, as entries of the catalog, and what adopting it would change."""

import argparse
import sys
from pathlib import Path
from typing import TextIO

from domain.wording import listed
from ops.adopt.adoption import Adopter, AdoptionReport
from ops.adopt.cli_output import InvalidInput, read_outputs
from ops.adopt.described import gather
from ops.adopt.printed import review_text, to_json, to_yaml, totals
from ops.adopt.project_copy import NoStack, Project, read_project, stack_of_homes
from ops.adopt.writing import FileEdit, edits
from ops.adopt.yaml_members import NotWritable
from policies.pack.levels import InvalidLevels, levels_file
from render.output import print_text, refuse
from settings import InvalidSettings

_DECLINED = 1


def run(options: argparse.Namespace) -> int:
    try:
        described = gather(read_outputs(options.files))
        stack = options.stack or stack_of_homes(options.project, described.registries)
        project = read_project(options.project, stack)
        report = Adopter(project, described, options.today).report()
        changed = edits(report, project) if options.write else []
    except (InvalidInput, NoStack, InvalidSettings, InvalidLevels, NotWritable) as invalid:
        return refuse(invalid)
    shown = {"json": to_json, "yaml": review_text if options.write else to_yaml}[options.format](report)
    out = sys.stderr if options.format == "json" else sys.stdout
    print_text(shown)
    for each in changed:
        print("", *each.diff(), sep="\n", file=out, flush=True)
    for line in (*report.notes, totals(report)):
        print(line, file=sys.stderr)
    return _write(report, project, changed, out) if options.write else 0


def _write(report: AdoptionReport, project: Project, changed: list[FileEdit], out: TextIO) -> int:
    """Writes what was shown, where a person can answer once they agree."""
    if not changed:
        print("there is nothing to write", file=sys.stderr)
        return 0
    if _can_answer(out) and _answer().strip().lower() not in ("y", "yes"):
        print("nothing was written", file=sys.stderr)
        return _DECLINED
    for each in changed:
        (project.root / each.file).write_text(each.after, encoding="utf-8")
    print(f"written: {listed(each.file.as_posix() for each in changed)}", file=sys.stderr)
    levels = levels_file(Path(), project.stack)
    if any(each.file == levels for each in changed):
        print(f"Merge {levels.as_posix()} first, by itself: the gate applies the base's exceptions.", file=sys.stderr)
    for line in report.other_stacks:
        print(line, file=sys.stderr)
    return 0


def _answer() -> str:
    try:
        return input("\nWrite these? [y/N] ")
    except EOFError:  # Ctrl-D
        print()
        return ""


def _can_answer(out: TextIO) -> bool:
    return sys.stdin.isatty() and out.isatty()
