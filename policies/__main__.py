"""The entry point of the pack; the engine runs it with this folder as working directory and first on the path."""

import sys
from datetime import UTC, datetime
from pathlib import Path

here = Path(__file__).resolve().parent
_HOW = f"""\
This is a policy pack: Pulumi's engine runs it, and by itself it would only wait.
  make preview STACK=dev    has the engine apply the rules
  make gate STACK=dev       applies them without an engine or an account
Elsewhere: pulumi preview --stack STACK --policy-pack {here}
"""
if sys.stdout.isatty():  # the engine reads the pack's port from a pipe
    sys.stderr.write(_HOW)
    sys.exit(2)

# The packages are beside this folder in the project, and inside it in a bundle.
sys.path[0] = str(here if (here / "policies").is_dir() else here.parent)

from policies.pack import engine  # noqa: E402  found by the line above

engine.serve_pack(lambda: datetime.now(UTC).date())
