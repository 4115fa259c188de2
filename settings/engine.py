"""The configuration that the engine, or a render in its place, gave this program."""

from pulumi.runtime import config


def engine_values() -> dict[str, str]:
    """All keys of all namespaces, since `pulumi.Config` only answers for names and a misspelt one must be seen."""
    return dict(config.CONFIG.get() or config.get_config_env())
