"""`python -m rehearsal cloud`: the local cloud until it is interrupted."""

import argparse
import sys
from collections.abc import Sequence
from queue import SimpleQueue
from typing import TextIO

from domain.aws import ORGANIZATION_ID, account_problems
from rehearsal.cloud.emulator import EmulatorDied
from rehearsal.cloud.ends import signals
from rehearsal.cloud.local import LocalCloud

DONE = 0
DIED = 1
_EXAMPLE = "o-a1b2c3d4e5=111122223333,444455556666"
_HOW = """\
The local cloud listens at {endpoint}, and ends with Ctrl-C.

  export AWS_ENDPOINT_URL={endpoint}
  export AWS_ACCESS_KEY_ID=111122223333     # an account's id is its root's key: take any twelve digits
  export AWS_SECRET_ACCESS_KEY=anything
  export AWS_DEFAULT_REGION=us-east-1
  unset AWS_SESSION_TOKEN AWS_PROFILE

Nothing here is AWS, and nothing of it stays. Its log: {log}
"""

Organization = tuple[str, tuple[str, ...]]
"""Its id, and its accounts."""


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
    """Serves until SIGINT or SIGTERM; returns the exit code, 1 where the emulator died first."""
    ends: SimpleQueue[EmulatorDied | None] = SimpleQueue()
    with signals(ends):
        try:
            with LocalCloud(port=port) as cloud:
                for name, accounts in organizations:
                    for account in accounts:
                        cloud.join(account, name)
                cloud.on_failure(ends.put)
                out.write(_HOW.format(endpoint=cloud.endpoint, log=cloud.log))
                out.flush()
                failure = ends.get()
        except EmulatorDied as died:
            failure = died
    if failure is not None:
        sys.stderr.write(f"{failure}\n")
    return DONE if failure is None else DIED
