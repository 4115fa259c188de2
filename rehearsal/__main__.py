"""`python -m rehearsal`: the stack on a local cloud, every promise proven; or the local cloud alone."""

import argparse
import gc
import os
import signal
import sys
from pathlib import Path

from localcloud.command import organization, port, serve
from rehearsal.up import Options, up

UNREAD = 128 + signal.SIGPIPE


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (BrokenPipeError, SystemExit):  # nobody reads any more, as behind `| head`; rich raises the latter
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for each in (1, 2):  # Python flushes them at its end
            os.dup2(nowhere, each)
        return UNREAD


def _run(options: argparse.Namespace) -> int:
    if options.command == "cloud":
        return serve(port=options.port, organizations=options.organization)
    status = up(Options(project=options.project, stack=options.stack, once=options.once, json=options.format == "json"))
    gc.freeze()  # the process ends: nothing of it is worth collecting
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    command = commands.add_parser("up", help="build a stack, prove every promise, serve until interrupted")
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml beside Pulumi.yaml")
    command.add_argument("--once", action="store_true", help="end with the proofs")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")
    command = commands.add_parser("cloud", help="the local cloud alone, until interrupted")
    command.add_argument("--port", type=port, default=0, help="of the control endpoint (default: a free one)")
    command.add_argument(
        "--organization",
        action="append",
        default=[],
        type=organization,
        metavar="ID=ACCOUNT,ACCOUNT",
        help="an organization and its accounts, as in o-a1b2c3d4e5=111122223333,444455556666",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
