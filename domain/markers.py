"""What stands in plain data for a value that can't be shown."""

UNKNOWN = "[unknown]"
"""Only AWS could answer it."""
SECRET = "[secret]"  # noqa: S105  what is shown in a secret's place
