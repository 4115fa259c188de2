"""Runs a Pulumi program to its end in front of a monitor of ours, as the engine's Python host does."""

import asyncio
import contextvars
import gc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.stack import run_in_stack

from review.monitor import RecordingMonitor


def declared_by(
    program: Callable[[], None],
    monitor: RecordingMonitor,
    *,
    project: str,
    stack: str,
    preview: bool,
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
                project=project,
                stack=stack,
                dry_run=preview,
                organization="organization",
            )
        )
        _to_its_end(program)

    # A context of its own, since the SDK keeps its settings, root resource and configuration in context variables.
    collecting = gc.isenabled()
    try:
        contextvars.copy_context().run(run)
    finally:
        if collecting:
            gc.enable()


def _to_its_end(program: Callable[[], None]) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(program))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()
