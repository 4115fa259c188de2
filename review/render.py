"""Runs the program for a stack with no engine, no plugin, no network and no credentials."""

import asyncio
import contextvars
import gc
import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.stack import run_in_stack

from review.monitor import STACK_TYPE, RecordingMonitor
from review.resource import Render
from settings import InvalidSettings, Settings, load
from settings.configuration import Configuration, read_configuration

PROGRAM = "__main__.py"


def render(root: Path, stack: str, *, preview: bool = False) -> Render:
    """What the program under `root` declares for the stack; raises InvalidSettings where the settings are faulty."""
    configuration = read_configuration(root, stack)
    if configuration.faults:
        load(root, stack)  # raises with these faults and all the others
    collecting = gc.isenabled()
    try:
        # A context of its own: the SDK keeps its settings, the root resource and the configuration in context variables.
        return contextvars.copy_context().run(_run, root, stack, configuration, preview)
    finally:
        if collecting:
            gc.enable()


def _run(root: Path, stack: str, configuration: Configuration, preview: bool) -> Render:  # noqa: FBT001
    monitor = RecordingMonitor(
        project=configuration.project, stack=stack, account=_account(configuration), preview=preview
    )
    pulumi.runtime.set_all_config(configuration.as_engine_gives_it(), sorted(configuration.secrets))
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=monitor,  # type: ignore[arg-type]  # the SDK takes a monitor object too, and its own mocks give one
            engine=MockEngine(None),  # type: ignore[arg-type]
            project=configuration.project,
            stack=stack,
            dry_run=preview,
            root_directory=str(root),
            organization="organization",
        )
    )
    settings = _declare(root)
    stack_urn = monitor.make_urn("", STACK_TYPE, f"{configuration.project}-{stack}")
    return Render(
        project=configuration.project,
        stack=stack,
        preview=preview,
        resources=tuple(sorted(monitor.declared, key=lambda resource: resource.urn)),
        outputs=monitor.registered_outputs.get(stack_urn, {}),
        not_built=settings.not_built,
    )


def _declare(root: Path) -> Settings:
    """Runs the program to its end, as the engine's Python host does; returns the settings that it read."""
    names: dict[str, Any] = {}
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(
            run_in_stack(lambda: names.update(runpy.run_path(str(root / PROGRAM), run_name="__main__")))
        )
    except pulumi.RunError as error:
        if isinstance(error.__cause__, InvalidSettings):
            raise error.__cause__ from None
        raise
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()
    settings: Settings = names["settings"]
    return settings


def _account(configuration: Configuration) -> str:
    """The account, for ids and ARNs; where it is no single one the program refuses the settings before it declares."""
    accounts = configuration.values.get("aws:allowedAccountIds")
    return str(accounts[0]) if isinstance(accounts, list) and accounts else ""


def to_json(rendered: Render) -> str:
    return json.dumps(rendered.as_json(), indent=2, ensure_ascii=False)
