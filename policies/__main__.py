"""The entry point of the pack; the engine runs it with this folder as working directory and first on the path."""

import sys
from datetime import UTC, datetime
from pathlib import Path

# The packages are beside this folder in the project, and inside it in a bundle.
here = Path(__file__).resolve().parent
sys.path[0] = str(here if (here / "policies").is_dir() else here.parent)

from policies.pack import engine  # noqa: E402  found by the line above

engine.serve_pack(lambda: datetime.now(UTC).date())
