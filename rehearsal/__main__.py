"""`python -m rehearsal`: the stack on a local cloud, every promise proven."""

import argparse
import gc
import re
import sys
from pathlib import Path

from localcloud.server import discard_output, port_argument
from rehearsal.up import Options, up


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (BrokenPipeError, SystemExit):  # rich raises the latter
        return discard_output()


def _run(options: argparse.Namespace) -> int:
    status = up(
        Options(
            project=options.project,
            stack=options.stack,
            once=options.once,
            json=options.format == "json",
            verbose=options.verbose,
            repository=options.repository,
            port=options.port,
            token=options.token,
        )
    )
    gc.freeze()  # the process ends: nothing of it is worth collecting
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("up", help="build a stack, prove every promise, serve until interrupted")
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml")
    command.add_argument("--once", action="store_true", help="end with the proofs")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--verbose", action="store_true", help="print every promise and what happened")
    command.add_argument("--repository", metavar="NAME", help="prove this one and its publishers only (default: all)")
    port = "of the control endpoint; the registries have the next ones, home first (default: free ones)"
    command.add_argument("--port", type=port_argument, default=0, help=port)
    own = "a password for the served registries, to log in once for every run (default: made anew)"
    command.add_argument("--token", type=_token, help=own)
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    return parser


def _token(text: str) -> str:
    """A password that a shell takes as it is, since it is printed in lines to copy."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{8,128}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a token: write 8 to 128 letters, digits, '.', '_' and '-'")
    return text


if __name__ == "__main__":
    sys.exit(main())
