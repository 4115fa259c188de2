"""Renders the resources of a stack without an engine, plugins, network or credentials."""

import runpy
from pathlib import Path
from typing import Any

import pulumi

from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Render
from settings import InvalidSettings, Settings, load
from settings.files.configuration import Configuration, read_configuration

PROGRAM = "__main__.py"


class ProgramRefused(InvalidSettings):
    """The program can't declare these settings here, and says in one line why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(())
        self.args = (text,)


def render(root: Path, stack: str, *, preview: bool = False) -> Render:
    """All that the program under `root` declares; raises InvalidSettings where the settings are faulty."""
    configuration = sound_configuration(root, stack)
    account = home_account(configuration)
    monitor = RecordingMonitor(project=configuration.project, stack=stack, account=account, preview=preview)
    settings = run_program(root, configuration, monitor)
    return Render(
        project=configuration.project,
        stack=stack,
        preview=preview,
        resources=tuple(sorted(monitor.declared, key=lambda resource: resource.urn)),
        outputs=monitor.outputs,
        account=settings.home.account,
        home=settings.home.region,
        allow_destruction=settings.allow_destruction,
        removed={
            name: {"until": each.until.isoformat(), "reason": each.reason} for name, each in settings.removed.items()
        },
        presets={each.name: each.preset for each in settings.repositories if each.preset},
        cluster_principals=settings.cluster_principals,
        access_tests=settings.access_tests,
        provider=configuration.provider(),
    )


def sound_configuration(root: Path, stack: str) -> Configuration:
    """The stack's configuration; where it is faulty, raises with its faults and all the others."""
    configuration = read_configuration(root, stack)
    if configuration.faults:
        load(root, stack)
    return configuration


def run_program(root: Path, configuration: Configuration, monitor: RecordingMonitor) -> Settings:
    """Runs the program before the monitor, to its end; its settings."""
    names: dict[str, Any] = {}
    try:
        declared_by(
            lambda: names.update(runpy.run_path(str(root / PROGRAM), run_name="__main__")),
            monitor,
            config=configuration.as_engine_gives_it(),
            secrets=sorted(configuration.secrets),
        )
    except pulumi.RunError as error:
        if isinstance(error.__cause__, InvalidSettings):
            raise error.__cause__ from None
        raise ProgramRefused(str(error)) from None
    settings: Settings = names["settings"]
    return settings


def home_account(configuration: Configuration) -> str:
    """The account, for ids and ARNs; where it is no single one the program refuses the settings before it declares."""
    home = configuration.home()
    return home[0] if home else ""
