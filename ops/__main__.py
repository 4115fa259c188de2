"""`python -m ops`: commands about a live registry. They read what the AWS CLI printed, and call AWS for nothing."""

import argparse
import sys
from datetime import UTC, date, datetime
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
    command.add_argument("--stack", help="dev, prod: a Pulumi.STACK.yaml (default: the one whose home is described)")
    command.add_argument("--format", choices=("yaml", "json"), default="yaml")
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    today = datetime.now(UTC).date()
    command.add_argument("--today", type=date.fromisoformat, default=today, help="judge as of this day (2027-01-31)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
