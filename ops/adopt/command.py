"""`python -m ops adopt`: what exists already, as entries of the catalog, and what adopting it would change."""

import argparse
import sys

from ops.adopt.inventory import gather
from ops.adopt.judge import Judge
from ops.adopt.project import NoStack, project, stack_of
from ops.adopt.reading import InvalidInput, read
from ops.adopt.text import summary, to_json, to_yaml
from policies.pack.levels import InvalidLevels
from render.output import refuse, show
from settings import InvalidSettings


def run(options: argparse.Namespace) -> int:
    try:
        inventory = gather(read(options.files))
        stack = options.stack or stack_of(options.project, inventory.registries)
        report = Judge(project(options.project, stack), inventory, options.today).report()
    except (InvalidInput, NoStack, InvalidSettings, InvalidLevels) as invalid:
        return refuse(invalid)
    show(to_json(report) if options.format == "json" else to_yaml(report))
    for line in (*report.notes, summary(report)):
        print(line, file=sys.stderr)
    return 0
