"""`python -m review`: what a change to the stack would mean, told with no account at hand."""

import argparse
import gc
import re
import sys
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Each command's module by its name: a render alone should not wait for the rules' import.
    status: int = import_module(options.module).run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _command(commands, "render", "render.tree", ("text", "json"), "print everything that a stack declares")
    command.add_argument("--preview", action="store_true", help="leave unknown what only AWS could answer")

    command = _command(
        commands, "plan", "review.plan.command", ("text", "json", "markdown"), "say what a change does to what stands"
    )
    command.add_argument("--base", metavar="REV", help="the revision that stands (default: HEAD)")
    command.add_argument(
        "--from-preview", type=Path, metavar="FILE", help="what `pulumi preview --json --show-sames` wrote"
    )

    command = _command(
        commands,
        "access",
        "review.access.command",
        ("table", "json", "markdown"),
        "say who may do what, or what a change gives and takes",
    )
    command.add_argument("--repository", metavar="NAME", help="only this one (default: all)")
    command.add_argument("--base", metavar="REV", help="say only what is other than in this revision")

    formats = ("text", "json", "markdown", "sarif")
    command = _command(
        commands, "gate", "review.gate.command", formats, "say whether a change may be merged; exit 1 where it may not"
    )
    command.add_argument("--base", metavar="REV", help="the revision to compare with, whose rules judge as well")
    command.add_argument("--render", type=Path, metavar="FILE", help="judge this render (`render --format json`)")
    today = datetime.now(UTC).date()
    command.add_argument("--today", type=date.fromisoformat, default=today, help="judge as of this day (2027-01-31)")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    module: str,
    formats: tuple[str, ...],
    help_: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_)
    command.set_defaults(module=module)
    command.add_argument(
        "--stack", required=True, type=_stack, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml"
    )
    command.add_argument("--format", choices=formats, default=formats[0])
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    return command


def _stack(text: str) -> str:
    """A stack's name, which names files too."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a stack's name: write letters, digits, '.', '_' and '-'")
    return text


if __name__ == "__main__":
    # One run, then the process ends: nothing that is made here is worth collecting, not at the exit either.
    gc.disable()
    ended = main()
    gc.freeze()
    sys.exit(ended)
