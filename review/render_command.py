"""`python -m review render`: everything that a stack declares."""

import argparse

from render.output import refuse, show
from render.rendering import render, to_json
from render.tree import to_text
from settings import InvalidSettings


def run(options: argparse.Namespace) -> int:
    try:
        rendered = render(options.project, options.stack, preview=options.preview)
    except InvalidSettings as invalid:
        return refuse(invalid)
    show(to_json(rendered) if options.format == "json" else to_text(rendered))
    return 0
