"""`python -m ops adopt`: what exists already, as entries of the catalog, and what adopting it would change."""

import argparse
import sys

from ops.adopt.adoption import Adopter
from ops.adopt.cli_output import InvalidInput, read_outputs
from ops.adopt.described import gather
from ops.adopt.printed import to_json, to_yaml, totals
from ops.adopt.project_copy import NoStack, read_project, stack_of_homes
from policies.pack.levels import InvalidLevels
from render.output import print_text, refuse
from settings import InvalidSettings


def run(options: argparse.Namespace) -> int:
    try:
        described = gather(read_outputs(options.files))
        stack = options.stack or stack_of_homes(options.project, described.registries)
        report = Adopter(read_project(options.project, stack), described, options.today).report()
    except (InvalidInput, NoStack, InvalidSettings, InvalidLevels) as invalid:
        return refuse(invalid)
    print_text(to_json(report) if options.format == "json" else to_yaml(report))
    for line in (*report.notes, totals(report)):
        print(line, file=sys.stderr)
    return 0
