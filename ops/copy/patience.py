"""How calls wait: for their turn, and for a registry that can't answer right now."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

import urllib3

from oci.client import Refused

T = TypeVar("T")

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt."""
_LONGEST = 3600
"""Seconds that a registry can ask to be left alone for, before it counts as unavailable."""
_LATER = frozenset({408, 429, 500, 502, 503, 504})
"""The statuses of a registry that is throttling, or can't answer right now."""


class Stopped(Exception):
    """The run was interrupted."""


class Stop(threading.Event):
    """Whether the run was interrupted; it ends every wait at once."""

    def check(self) -> None:
        if self.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        self.wait(seconds)
        self.check()


@contextmanager
def stop_on_interrupt(stop: Stop) -> Iterator[None]:
    """The first Ctrl-C ends the run where nothing is half done; the second one as always."""
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Pace:
    """So many calls a second, and no more, whichever thread makes them."""

    def __init__(self, per_second: float, stop: Stop) -> None:
        self._interval = 1 / per_second
        self._stop = stop
        self._lock = threading.Lock()
        self._next = 0.0

    def turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            due = max(self._next, now)
            self._next = due + self._interval
        if due > now:
            self._stop.sleep(due - now)


def patiently(call: Callable[[], T], stop: Stop, log_in_again: Callable[[], None]) -> T:
    """The call's answer; it is made again where it was throttled, cut off, or refused for a login that has expired."""
    for at_least in WAITS:
        seconds = at_least
        stop.check()
        try:
            return call()
        except Refused as refused:
            if has_expired(refused):
                log_in_again()
                continue
            if refused.status not in _LATER:
                raise
            seconds = max(seconds, min(refused.retry_after or 0, _LONGEST))
        except urllib3.exceptions.HTTPError:
            # The connection broke, or there was no answer: the next attempt shows whether that lasts.
            stop.check()
        stop.sleep(seconds)
    return call()


def has_expired(refused: Refused) -> bool:
    """A login is good for twelve hours, and a large registry may take longer."""
    if refused.status == HTTPStatus.UNAUTHORIZED:
        return True
    return refused.status == HTTPStatus.FORBIDDEN and "expired" in refused.message.lower()
