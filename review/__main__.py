"""`python -m review`: what a change to the stack would mean, told with no account at hand."""

import argparse
import gc
import os
import sys
from pathlib import Path

from review.render import render, to_json
from review.text import to_text
from settings import InvalidSettings

FAULTY_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # One run, then the process ends: nothing that is made here is worth collecting, not at the exit either.
    gc.disable()
    status = _render(options)
    gc.freeze()
    return status


def _render(options: argparse.Namespace) -> int:
    try:
        rendered = render(options.project, options.stack, preview=options.preview)
    except InvalidSettings as invalid:
        print(invalid, file=sys.stderr)
        return FAULTY_INPUT
    try:
        print(to_json(rendered) if options.format == "json" else to_text(rendered), flush=True)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough: what is still buffered must not go into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("render", help="print everything that a stack declares")
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml")
    command.add_argument("--preview", action="store_true", help="leave unknown what only AWS could answer")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
