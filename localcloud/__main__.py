"""`python -m localcloud`: a local AWS, until it is interrupted."""

import argparse
import sys
from collections.abc import Sequence
from queue import SimpleQueue
from typing import TextIO

from domain.aws import ORGANIZATION_ID, account_problems
from localcloud.clients import exports
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorDied
from localcloud.emulator_environment import NotInstalled
from localcloud.server import PortUnavailable, discard_output, port_argument, signals

DONE, DIED, FAULTY_INPUT = 0, 1, 2
_ACCOUNT, _REGION = "111122223333", "us-east-1"
_EXAMPLE = "o-a1b2c3d4e5=111122223333,444455556666"
_HOW = """\
The local cloud listens at {endpoint}, and ends with Ctrl-C.

{exports}

An account's id is its root's access key, with whatever secret: take any twelve digits, and any region.
Nothing here is AWS, and nothing of it stays. Its log: {log}
"""

Organization = tuple[str, tuple[str, ...]]
"""Its id, and its accounts."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description="A local AWS, until it is interrupted.")
    parser.add_argument(
        "--port",
        type=port_argument,
        default=0,
        help="of the control endpoint; the registries have the next (default: free ones)",
    )
    parser.add_argument(
        "--organization",
        action="append",
        default=[],
        type=organization,
        metavar="ID=ACCOUNT,ACCOUNT",
        help="an organization and its accounts, as in o-a1b2c3d4e5=111122223333,444455556666",
    )
    options = parser.parse_args(arguments)
    try:
        return serve(port=options.port, organizations=options.organization)
    except BrokenPipeError:
        return discard_output()


def organization(text: str) -> Organization:
    """An argument's value, as in o-a1b2c3d4e5=111122223333,444455556666."""
    name, equals, accounts = text.partition("=")
    members = tuple(accounts.split(","))
    if not equals or not ORGANIZATION_ID.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} starts with no organization's id; write {_EXAMPLE}")
    for each in members:
        for problem in account_problems(each):
            raise argparse.ArgumentTypeError(f"{each!r} {problem.message}; write {_EXAMPLE}")
    return name, members


def serve(*, port: int = 0, organizations: Sequence[Organization] = (), out: TextIO = sys.stdout) -> int:
    """Serves until SIGINT or SIGTERM; returns the exit code: 1 without the emulator, 2 without the port."""
    events: SimpleQueue[EmulatorDied | NotInstalled | None] = SimpleQueue()
    with signals(events):
        try:
            with LocalCloud(port=port) as cloud:
                for name, accounts in organizations:
                    for account in accounts:
                        cloud.join(account, name)
                cloud.on_failure(events.put)
                out.write(
                    _HOW.format(
                        endpoint=cloud.endpoint, exports=exports(cloud.endpoint, _ACCOUNT, _REGION), log=cloud.log
                    )
                )
                out.flush()
                failure = events.get()
        except (EmulatorDied, NotInstalled) as without:
            failure = without
        except PortUnavailable as unavailable:
            sys.stderr.write(f"{unavailable}; give another --port, or none to get a free one\n")
            return FAULTY_INPUT
    if failure is not None:
        sys.stderr.write(f"{failure}\n")
    return DONE if failure is None else DIED


if __name__ == "__main__":
    sys.exit(main())
