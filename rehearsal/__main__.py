"""`python -m rehearsal`: the stack on a local cloud, every promise proven."""

import argparse
import gc
import sys
from pathlib import Path

from localcloud.server import discard_output
from rehearsal.up import Options, up


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (BrokenPipeError, SystemExit):  # rich raises the latter
        return discard_output()


def _run(options: argparse.Namespace) -> int:
    status = up(Options(project=options.project, stack=options.stack, once=options.once, json=options.format == "json"))
    gc.freeze()  # the process ends: nothing of it is worth collecting
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("up", help="build a stack, prove every promise, serve until interrupted")
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml")
    command.add_argument("--once", action="store_true", help="end with the proofs")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
