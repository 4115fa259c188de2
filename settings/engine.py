"""The configuration that the engine, or a render in its place, gave this program."""

from pulumi.runtime import config


def engine_values() -> dict[str, str]:
    """All keys of all namespaces: a misspelt one must be seen, and `pulumi.Config` only answers for names it is asked."""
    return {**config.get_config_env(), **config.CONFIG.get()}
