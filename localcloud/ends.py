"""What ends a run from outside: a signal, or the emulator's death.

Both arrive in a queue that the main thread reads. Raised from a signal's handler, an exception can be lost in whatever
code happens to run, a weak reference's callback for one.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any


@contextmanager
def signals(ends: SimpleQueue[Any]) -> Iterator[None]:
    """SIGINT and SIGTERM put None; a SimpleQueue, alone among queues, may be put to by a signal's handler."""
    before = {each: signal.signal(each, lambda *_: ends.put(None)) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
