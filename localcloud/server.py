"""The loop that serves every port of the local cloud, in a thread of its own; and the signals that end a run.

A signal arrives in a queue that the main thread reads. Raised from a signal's handler, an exception can be lost in
whatever code happens to run, a weak reference's callback for one.
"""

import argparse
import asyncio
import os
import re
import signal
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from aiohttp import web

LOOPBACK = "127.0.0.1"
PORT_MAX = 65535
_PORT = re.compile("[0-9]{1,5}")
_GRACE = 0.2
"""Seconds that an open request has at the end."""

UNREAD = 128 + signal.SIGPIPE

_T = TypeVar("_T")


class PortUnavailable(OSError):
    """A port that another program has, or that we may not have."""


class Server:
    """Runs coroutines for callers that have no loop, and listens on loopback for applications."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-cloud", daemon=True)
        self._runners: list[web.AppRunner] = []

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Closes every port, open connections included, and ends the loop; again does nothing."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()
        self._loop = None

    def wait(self, coroutine: Coroutine[Any, Any, _T], timeout: float | None = None) -> _T:
        """What the coroutine returns, for a caller in any other thread."""
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("the local cloud's server is not running")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except BaseException:  # a timeout or Ctrl-C here must not leave the coroutine running there
            future.cancel()
            raise

    async def listen(self, app: web.Application, port: int = 0, *, last: int = 0) -> int:
        """The port of 127.0.0.1 at which the application answers from now on; 0 takes a free one, and with `last` the
        first free one from the port to that.

        Bodies arrive as they were sent, compressed ones included: signatures and digests are about those bytes.
        """
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=_GRACE)
        await runner.setup()
        self._runners.append(runner)
        listener = _first_bound(port, last)
        await web.SockSite(runner, listener).start()
        return port_of(listener)

    async def close(self) -> None:
        """Closes every port, and ends the requests that are still open."""
        runners, self._runners = self._runners, []
        await asyncio.gather(*(each.cleanup() for each in runners))

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._end.wait()
        await self.close()


def bound(port: int = 0) -> socket.socket:
    """A listening socket on loopback, and nowhere else."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise PortUnavailable(f"port {port} of {LOOPBACK} can't be opened: {error.strerror}") from error
    return listener


def _first_bound(port: int, last: int) -> socket.socket:
    for each in range(port, last):
        with suppress(PortUnavailable):
            return bound(each)
    return bound(max(port, last))


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def discard_output() -> int:
    """The exit code after a broken pipe, as behind `| head`; what Python flushes at its end is discarded."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for each in (1, 2):
        os.dup2(nowhere, each)
    return UNREAD


def port_argument(text: str) -> int:
    """An argument's value; 0 is a free one."""
    if _PORT.fullmatch(text) and int(text) <= PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; write 1 to {PORT_MAX}, or 0 for a free one")


@contextmanager
def signals(events: SimpleQueue[Any]) -> Iterator[None]:
    """SIGINT and SIGTERM put None; a SimpleQueue, alone among queues, may be put to by a signal's handler."""
    before = {each: signal.signal(each, lambda *_: events.put(None)) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
