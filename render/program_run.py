"""Runs a Pulumi program against a monitor of ours, as the engine's Python host does."""

import asyncio
import contextvars
import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.stack import run_in_stack

from render.monitor import RecordingMonitor

T = TypeVar("T")


def declared_by(
    program: Callable[[], None],
    monitor: RecordingMonitor,
    *,
    config: Mapping[str, str] | None = None,
    secrets: Sequence[str] = (),
) -> None:
    """Everything that the program declares is in the monitor afterwards."""

    def run() -> None:
        pulumi.runtime.set_all_config(dict(config or {}), list(secrets))
        engine: Any = MockEngine(None)
        pulumi.runtime.configure(
            pulumi.runtime.Settings(
                monitor=monitor,
                engine=engine,
                project=monitor.project,
                stack=monitor.stack,
                dry_run=monitor.preview,
                organization="organization",
            )
        )
        _to_its_end(program)

    # A context of its own, since the SDK keeps its settings, root resource and configuration in context variables.
    collecting = gc.isenabled()
    try:
        contextvars.copy_context().run(run)
        if monitor.failure is not None:
            raise monitor.failure
    finally:
        if collecting:
            gc.enable()


class _Inline(ThreadPoolExecutor):
    """Answers at once: our monitor waits for nothing, so a thread would cost time and shuffle the order."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  it is the caller's: the future raises it again
            future.set_exception(error)
        return future


def _to_its_end(program: Callable[[], None]) -> None:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        with _short_stacks():
            loop.run_until_complete(run_in_stack(program))
    except BaseException:
        _give_up(loop)
        raise
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def _give_up(loop: asyncio.AbstractEventLoop) -> None:
    """Cancels what waits for the failure: each task would only report it again, with a traceback of its own."""
    loop.set_exception_handler(lambda _loop, _context: None)
    waiting = asyncio.all_tasks(loop)
    for each in waiting:
        each.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


@contextmanager
def _short_stacks() -> Iterator[None]:
    """The SDK captures the stack of every registration, a fifth of the time; an exception still has its own in full."""
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
