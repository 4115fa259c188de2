"""`python -m review`: reviews a change to a stack without an AWS account."""

import argparse
import gc
import re
import sys
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

_Parser = argparse.ArgumentParser
DEFAULT_BASE = "HEAD"
"""What a change is compared with: the last commit."""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Each command's module is imported by name: a render should not import the rules.
    status: int = import_module(options.module).run(options)
    return status


_COMMANDS = {
    "render": ("review.tree", "print all resources that a stack declares", ("text", "json", "markdown")),
    "plan": ("review.plan.command", "print what a change does to the deployed resources", ("text", "json", "markdown")),
    "deletions": (
        "review.plan.deletions",
        "print what of an engine's preview takes the destroy role, one URN a line; exit 2 where it can't be deleted",
        ("text",),
    ),
    "access": (
        "review.access.command",
        "print which principals can access each repository, or what a change grants and revokes",
        ("text", "json", "markdown", "table"),
    ),
    "show": (
        "review.show.command",
        "print what a team needs to know of its repository, with the lines to copy",
        ("text", "json", "html"),
    ),
    "gate": (
        "review.gate.command",
        "check a change against the policies, and print what it does; exit 1 where it violates one",
        ("text", "json", "markdown", "sarif", "html"),
    ),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    commands = {name: subparsers.add_parser(name, help=text) for name, (_, text, _) in _COMMANDS.items()}
    for name, command in commands.items():
        module, _, formats = _COMMANDS[name]
        command.set_defaults(module=module)
        stacks = "dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml"
        command.add_argument("--stack", required=True, type=_stack, help=stacks)
        command.add_argument("--format", choices=formats, default=formats[0])
        command.add_argument(
            "--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)"
        )
    _add_options(**commands)
    return parser


def _add_options(**commands: _Parser) -> None:
    render, plan, deletions, access, show, gate = commands.values()
    render.add_argument("--repository", metavar="NAME", help="only this one (default: all)")
    render.add_argument("--preview", action="store_true", help="leave outputs unknown, as in a preview")
    _add_base(plan, f"compare with this revision (default: {DEFAULT_BASE})")
    preview = "the output of `pulumi preview --json --show-sames --stack STACK`"
    plan.add_argument("--from-preview", type=Path, metavar="FILE", help=preview)
    deletions.add_argument("--from-preview", type=Path, metavar="FILE", required=True, help=preview)
    access.add_argument("--repository", metavar="NAME", help="only this one (default: all)")
    _add_base(access, f"print only the changes from this revision (without REV: {DEFAULT_BASE})")
    show.add_argument("--repository", metavar="NAME", required=True)
    compared = gate.add_mutually_exclusive_group()
    _add_base(compared, f"compare with this revision, whose rules apply as well (default: {DEFAULT_BASE})")
    compared.add_argument("--alone", action="store_true", help="compare with nothing: only this code's rules judge")
    gate.add_argument("--render", type=Path, metavar="FILE", help="judge this render (`render --format json`) alone")
    today = datetime.now(UTC).date()
    gate.add_argument("--today", type=date.fromisoformat, default=today, help="the date to judge by (2027-01-31)")


def _add_base(command: argparse._ActionsContainer, text: str) -> None:
    command.add_argument("--base", metavar="REV", nargs="?", const=DEFAULT_BASE, help=text)
    command.set_defaults(default_base=DEFAULT_BASE)


def _stack(text: str) -> str:
    """A stack's name, which is part of file names."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a stack's name: write letters, digits, '.', '_' and '-'")
    return text


if __name__ == "__main__":
    # One run, then the process ends: collecting garbage would only cost time, at exit too.
    gc.disable()
    ended = main()
    gc.freeze()
    sys.exit(ended)
