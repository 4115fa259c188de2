"""What ends a run from outside: a signal, or the emulator's death.

Both arrive in a queue that the main thread reads. Raised from a signal's handler, an exception can be lost in whatever
code happens to run, a weak reference's callback for one.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

UNREAD = 128 + signal.SIGPIPE


def unread() -> int:
    """The exit code where nobody reads any more, as behind `| head`; what Python flushes at its end goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for each in (1, 2):
        os.dup2(nowhere, each)
    return UNREAD


@contextmanager
def signals(ends: SimpleQueue[Any]) -> Iterator[None]:
    """SIGINT and SIGTERM put None; a SimpleQueue, alone among queues, may be put to by a signal's handler."""
    before = {each: signal.signal(each, lambda *_: ends.put(None)) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
