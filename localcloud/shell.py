"""Lines to copy into a shell: its AWS clients speak with the local cloud then, and with nothing else."""

SECRET = "local"  # noqa: S105  the local cloud takes any secret beside an account's id


def exports(endpoint: str, account: str, region: str) -> str:
    """Without comments, which an interactive zsh does not take. A profile may win over the keys, or not exist."""
    return f"""\
  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY={SECRET}
  unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"""
