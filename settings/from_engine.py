"""The settings, from the configuration that the engine, or a render in its place, gave this program."""

from pathlib import Path

import pulumi
from pulumi.runtime import config

from settings.declared.settings import Settings
from settings.faults import InvalidSettings
from settings.loading import load


def engine_settings(root: Path) -> Settings:
    """Raises one pulumi.RunError with every fault."""
    try:
        return load(root, pulumi.get_stack(), engine_values())
    except InvalidSettings as invalid:
        raise pulumi.RunError(str(invalid)) from invalid


def engine_values() -> dict[str, str]:
    """All keys of all namespaces, since `pulumi.Config` only answers for names and a misspelt one must be seen."""
    return dict(config.CONFIG.get() or config.get_config_env())
