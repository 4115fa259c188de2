"""`python -m ops`: commands about a live registry. They read what the AWS CLI printed, and call AWS for nothing."""

import argparse
import sys
from importlib import import_module
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    status: int = import_module(options.module).run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("adopt", help="write catalog entries for repositories that exist already")
    command.set_defaults(module="ops.adopt.command")
    command.add_argument(
        "files", nargs="+", type=Path, metavar="DESCRIBE.json", help="what `aws ecr describe-repositories` printed"
    )
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml")
    command.add_argument("--format", choices=("yaml", "json"), default="yaml")
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
